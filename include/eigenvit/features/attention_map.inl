#ifndef EIGENVIT_FEATURES_ATTENTION_MAP_INL
#define EIGENVIT_FEATURES_ATTENTION_MAP_INL

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/attention_map.hpp>
#include <eigenvit/features/matrix_product.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `ShapeError` unless the output holds the attention of that image in that tap.
EIGENVIT_INLINE void check_attention(const VitOutput<float>& output, std::size_t tap, Index image) {
  if (tap >= output.attention.size()) {
    raise<ShapeError>({"attention map: expected one of ", output.attention.size(),
                       " blocks that were asked for, found number ", tap});
  }
  if (image < 0 || image >= output.images) {
    raise<ShapeError>(
        {"attention map: expected one of ", output.images, " images, found number ", image});
  }
}

/// The row, `[1, T]`, whose products with attention matrices are the query's attention.
EIGENVIT_INLINE Matrix<double> query_row(const VitOutput<float>& output, AttentionQuery query) {
  const Index patches = output.grid_height * output.grid_width;
  Matrix<double> row = Matrix<double>::Zero(1, output.tokens_per_image);
  if (query == AttentionQuery::cls) {
    if (output.prefix_tokens < 1) {
      raise<ShapeError>({"attention map: expected a class token, found a model without one"});
    }
    row(0, 0) = 1;
  } else {
    row.middleCols(output.prefix_tokens, patches).setConstant(1.0 / static_cast<double>(patches));
  }
  return row;
}

/// The patches' part of a row over the tokens `[1, T]`, as a picture `[h, w]`.
EIGENVIT_INLINE Matrix<float> picture_of(const VitOutput<float>& output,
                                         const Matrix<double>& row) {
  return ConstMatrixView<double>(row.data() + output.prefix_tokens, output.grid_height,
                                 output.grid_width)
      .cast<float>();
}

}  // namespace detail

EIGENVIT_INLINE Matrix<float> attention_map(const VitOutput<float>& output, std::size_t tap,
                                            Index image, Index head, AttentionQuery query) {
  detail::check_attention(output, tap, image);
  if (head < 0 || head >= output.heads) {
    detail::raise<ShapeError>(
        {"attention map: expected one of ", output.heads, " heads, found number ", head});
  }
  const Matrix<double> row = detail::query_row(output, query);
  return detail::picture_of(
      output, detail::product(row, output.attention_of(tap, image, head).cast<double>()));
}

EIGENVIT_INLINE Matrix<float> mean_attention_map(const VitOutput<float>& output, std::size_t tap,
                                                 Index image, AttentionQuery query) {
  detail::check_attention(output, tap, image);
  const Matrix<double> row = detail::query_row(output, query);
  Matrix<double> sum = Matrix<double>::Zero(1, output.tokens_per_image);
  for (Index head = 0; head < output.heads; ++head) {
    sum += detail::product(row, output.attention_of(tap, image, head).cast<double>());
  }
  return detail::picture_of(output, sum / static_cast<double>(output.heads));
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
