/// A convolution of each channel by itself.
#ifndef EIGENVIT_LAYERS_DEPTHWISE_CONVOLUTION_HPP
#define EIGENVIT_LAYERS_DEPTHWISE_CONVOLUTION_HPP

#include <algorithm>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/feature_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Convolution of each channel by itself, of stride 1, with zeros around the map so that its size
/// stays, and without bias: `y(row, column) = Σ W_ij ⊙ x(row + i - k / 2, column + j - k / 2)` over
/// `i, j < k`.
///
/// Shapes: weight `[k * k, C]`, `x, y [H, W, C]`. Cost: `2 k² H W C` flops.
/// Source: PyTorch's `Conv2d` with as many groups as channels.
template <class Scalar>
class DepthwiseConvolution {
 public:
  DepthwiseConvolution() = default;

  /// Throws `ShapeError` unless `kernel` is odd and `weight [kernel * kernel, channels]`.
  DepthwiseConvolution(AlignedBuffer<Scalar> weight, Index kernel, Index channels)
      : weight_(std::move(weight)), kernel_(kernel), channels_(channels) {
    if (kernel < 1 || kernel % 2 == 0 || channels < 1 ||
        static_cast<Index>(weight_.size()) != kernel * kernel * channels) {
      raise<ShapeError>({"depthwise convolution: expected weights of an odd kernel and ", channels,
                         " channels, found ", weight_.size(), " of a kernel of ", kernel});
    }
  }

  Index kernel() const noexcept { return kernel_; }
  Index channels() const noexcept { return channels_; }
  Index parameters() const noexcept { return static_cast<Index>(weight_.size()); }

  /// The pixels `[first, first + count)` of row `row` of the result, `y [count, C]`, `y_stride`
  /// from one to the next; `product` has room for `C` values.
  void forward(const FeatureMap<Scalar>& x, Index row, Index first, Index count, Scalar* y,
               Index y_stride, Scalar* product) const {
    const Index reach = kernel_ / 2;
    for (Index column = first; column < first + count; ++column, y += y_stride) {
      std::fill_n(y, channels_, Scalar(0));
      for (Index i = std::max<Index>(0, reach - row);
           i < std::min(kernel_, x.size.height + reach - row); ++i) {
        for (Index j = std::max<Index>(0, reach - column);
             j < std::min(kernel_, x.size.width + reach - column); ++j) {
          ops::gate(Activation::none, x.pixel(row + i - reach, column + j - reach),
                    weight_.data() + (i * kernel_ + j) * channels_, channels_, product);
          ops::add_row(product, channels_, y);
        }
      }
    }
  }

 private:
  AlignedBuffer<Scalar> weight_;
  Index kernel_ = 1;
  Index channels_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
