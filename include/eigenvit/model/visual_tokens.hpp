/// The tokens of one image, with names for their parts.
#ifndef EIGENVIT_MODEL_VISUAL_TOKENS_HPP
#define EIGENVIT_MODEL_VISUAL_TOKENS_HPP

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

namespace detail {

/// Numbers that somebody else owns.
struct ConstFloats {
  const float* begin = nullptr;
  std::size_t count = 0;

  const float* data() const noexcept { return begin; }
  std::size_t size() const noexcept { return count; }
};

}  // namespace detail

/// The tokens of one image, `[T, D]`: the prefix tokens (CLS, distillation token, registers, in
/// this order), then the patches row by row of the grid, then detection tokens or queries. Where a
/// patch lies in the image, and how a map `[h, w]` over the patches becomes a picture of the
/// image's size, tells `PatchMap`.
///
///     const eigenvit::VisualTokens tokens = model.tokens(image);
///     const float similarity = tokens.patch(0, 0).dot(tokens.patch(3, 5));
///
/// `VisualTokens` owns the values; what its members give stays valid as long as it does.
/// `VisualTokensView` refers to values that somebody else owns, for example those of one image in
/// the result of a batch, and is what functions take.
template <class Values>
class BasicVisualTokens {
 public:
  /// One value of each patch, `[h, w]`.
  using ChannelView =
      Eigen::Map<const Matrix<float>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

  /// Takes over `values [T, D]`. Throws `ShapeError` unless there are `prefix + height * width +
  /// detections` rows.
  BasicVisualTokens(Values values, Index prefix, bool class_token, Index grid_height,
                    Index grid_width, Index width, Index detections = 0)
      : values_(std::move(values)),
        prefix_(prefix),
        class_token_(class_token),
        grid_height_(grid_height),
        grid_width_(grid_width),
        width_(width),
        detections_(detections) {
    if (detections < 0 || prefix < (class_token ? 1 : 0) || grid_height < 0 || grid_width < 0 ||
        width < 1 ||
        static_cast<Index>(values_.size()) !=
            (prefix + grid_height * grid_width + detections) * width) {
      detail::raise<ShapeError>(
          {"visual tokens: expected ", prefix, " + ", grid_height, " x ", grid_width,
           (detections == 0 ? std::string() : " + " + std::to_string(detections)), " tokens of ",
           width, " values, found ", values_.size(), " values"});
    }
  }

  /// A view of tokens that another object owns.
  template <class Owner, class = std::enable_if_t<!std::is_same_v<Owner, Values> &&
                                                  std::is_same_v<Values, detail::ConstFloats>>>
  BasicVisualTokens(const BasicVisualTokens<Owner>& tokens)
      : BasicVisualTokens({tokens.all().data(), static_cast<std::size_t>(tokens.all().size())},
                          tokens.prefix_tokens(), tokens.has_cls(), tokens.grid_height(),
                          tokens.grid_width(), tokens.width(), tokens.detections().rows()) {}

  Index size() const noexcept { return prefix_ + grid_height_ * grid_width_ + detections_; }  ///< T
  Index width() const noexcept { return width_; }                                             ///< D
  Index prefix_tokens() const noexcept { return prefix_; }                                    ///< P
  Index grid_height() const noexcept { return grid_height_; }                                 ///< h
  Index grid_width() const noexcept { return grid_width_; }                                   ///< w
  bool has_cls() const noexcept { return class_token_; }

  /// All tokens, `[T, D]`.
  ConstMatrixView<float> all() const {
    return ConstMatrixView<float>(values_.data(), size(), width_);
  }

  /// The CLS token, `[D]`. Throws `UnsupportedError` when the model has none.
  ConstVectorView<float> cls() const {
    if (!class_token_) {
      detail::raise<UnsupportedError>(
          {"visual tokens: expected a class token, found a model without one"});
    }
    return ConstVectorView<float>(values_.data(), width_);
  }

  /// Prefix tokens other than CLS: the distillation token and the registers, `[P, D]` less
  /// the CLS token, where there is one.
  ConstMatrixView<float> registers() const {
    const Index first = class_token_ ? 1 : 0;
    return ConstMatrixView<float>(values_.data() + first * width_, prefix_ - first, width_);
  }

  /// The patches, `[h*w, D]`.
  ConstMatrixView<float> patches() const {
    return ConstMatrixView<float>(values_.data() + prefix_ * width_, grid_height_ * grid_width_,
                                  width_);
  }

  /// The detection tokens, `[Q, D]`; none in most models.
  ConstMatrixView<float> detections() const {
    return ConstMatrixView<float>(values_.data() + (size() - detections_) * width_, detections_,
                                  width_);
  }

  /// One patch, `[D]`. Throws `ShapeError` when it lies outside the grid.
  ConstVectorView<float> patch(Index row, Index col) const {
    if (row < 0 || row >= grid_height_ || col < 0 || col >= grid_width_) {
      detail::raise<ShapeError>({"visual tokens: expected a patch in a grid of ", grid_height_,
                                 " x ", grid_width_, ", found row ", row, ", column ", col});
    }
    return ConstVectorView<float>(values_.data() + (prefix_ + row * grid_width_ + col) * width_,
                                  width_);
  }

  /// One value of each patch, as a picture `[h, w]`. Throws `ShapeError` unless the channel is in
  /// `[0, D)`.
  ChannelView channel(Index channel) const {
    if (channel < 0 || channel >= width_) {
      detail::raise<ShapeError>(
          {"visual tokens: expected a channel below ", width_, ", found ", channel});
    }
    return ChannelView(values_.data() + prefix_ * width_ + channel, grid_height_, grid_width_,
                       Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(grid_width_ * width_, width_));
  }

  /// The product of each patch with `direction [D]`, as a picture `[h, w]`. Throws `ShapeError`
  /// where the direction has another size.
  Matrix<float> project(const ConstVectorRef<float>& direction) const {
    if (direction.size() != width_) {
      detail::raise<ShapeError>(
          {"visual tokens: expected a direction of ", width_, " values, found ", direction.size()});
    }
    Matrix<float> map(grid_height_, grid_width_);
    VectorView<float>(map.data(), map.size()).noalias() = patches() * direction;
    return map;
  }

 private:
  Values values_;
  Index prefix_;
  bool class_token_;
  Index grid_height_;
  Index grid_width_;
  Index width_;
  Index detections_;
};

using VisualTokens = BasicVisualTokens<AlignedBuffer<float>>;
using VisualTokensView = BasicVisualTokens<detail::ConstFloats>;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
