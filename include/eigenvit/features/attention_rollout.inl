#ifndef EIGENVIT_FEATURES_ATTENTION_ROLLOUT_INL
#define EIGENVIT_FEATURES_ATTENTION_ROLLOUT_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/attention_map.inl>
#include <eigenvit/features/attention_rollout.hpp>
#include <eigenvit/features/matrix_product.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The heads of a block as one matrix.
EIGENVIT_INLINE Matrix<double> fuse_heads(const VitOutput<float>& output, std::size_t tap,
                                          Index image, HeadFusion fusion) {
  Matrix<double> fused = output.attention_of(tap, image, 0).cast<double>();
  for (Index head = 1; head < output.heads; ++head) {
    const auto next = output.attention_of(tap, image, head).cast<double>();
    switch (fusion) {
      case HeadFusion::mean:
        fused += next;
        break;
      case HeadFusion::max:
        fused = fused.cwiseMax(next).eval();
        break;
      case HeadFusion::min:
        fused = fused.cwiseMin(next).eval();
        break;
    }
  }
  if (fusion == HeadFusion::mean) fused /= static_cast<double>(output.heads);
  return fused;
}

/// Sets the smallest entries to 0, but not the very first.
EIGENVIT_INLINE void discard_smallest(Matrix<double>& matrix, double share) {
  const auto count = static_cast<std::ptrdiff_t>(static_cast<double>(matrix.size()) * share);
  if (count == 0) return;
  std::vector<Index> order(static_cast<std::size_t>(matrix.size()));
  std::iota(order.begin(), order.end(), Index{0});
  // Numbers that are not negative are ordered as their bits are, and bits also where one is NaN.
  const auto bits = [&matrix](Index entry) {
    std::int64_t value;
    std::memcpy(&value, matrix.data() + entry, sizeof value);
    return value;
  };
  std::nth_element(order.begin(), order.begin() + count, order.end(), [&bits](Index a, Index b) {
    const auto left = bits(a), right = bits(b);
    return left < right || (left == right && a < b);
  });
  for (auto entry = order.begin(); entry != order.begin() + count; ++entry) {
    if (*entry != 0) matrix.data()[*entry] = 0;
  }
}

/// `rows [n, T]` times the rollout.
EIGENVIT_INLINE Matrix<double> roll_out(const VitOutput<float>& output, Index image,
                                        const RolloutOptions& options, Matrix<double> rows) {
  check_attention(output, 0, image);
  if (!(options.discard >= 0 && options.discard < 1)) {
    raise<ConfigError>({"attention rollout: expected a share to discard from 0 to below 1"});
  }
  for (std::size_t tap = output.attention.size(); tap-- > 0;) {
    Matrix<double> mixing = fuse_heads(output, tap, image, options.heads);
    discard_smallest(mixing, options.discard);
    mixing.diagonal().array() += 1;
    // Halves cancel where rows are scaled.
    mixing.array().colwise() /= mixing.rowwise().sum().array().eval();
    rows = product(rows, mixing);
  }
  return rows;
}

}  // namespace detail

EIGENVIT_INLINE Matrix<float> attention_rollout(const VitOutput<float>& output, Index image,
                                                const RolloutOptions& options) {
  const Index tokens = output.tokens_per_image;
  return detail::roll_out(output, image, options, Matrix<double>::Identity(tokens, tokens))
      .cast<float>();
}

EIGENVIT_INLINE Matrix<float> attention_rollout_map(const VitOutput<float>& output, Index image,
                                                    AttentionQuery query,
                                                    const RolloutOptions& options) {
  return detail::picture_of(
      output, detail::roll_out(output, image, options, detail::query_row(output, query)));
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
