/// A convolution of a feature map.
#ifndef EIGENVIT_LAYERS_CONVOLUTION_HPP
#define EIGENVIT_LAYERS_CONVOLUTION_HPP

#include <algorithm>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Kernel, stride and padding with zeros of a convolution, the same in height and width.
struct ConvolutionShape {
  Index kernel = 1;
  Index stride = 1;
  Index padding = 0;
};

/// Convolution, the field's `nn.Conv2d`: a product over windows,
/// `y(row, column) = W · window(row, column) + b`, the window in the order row, column, channel.
///
/// Shapes: weight `[O, kernel * kernel * C]`, bias `[O]` or none, `x [H, W, C]`, `y [h, w, O]` with
/// `h = (H + 2 padding - kernel) / stride + 1`.
/// Cost: `2 h w O C kernel²` flops. Windows are copied for as many pixels as a task takes, never
/// for the whole map. Source: PyTorch's `Conv2d`.
template <class Scalar>
class Convolution {
 public:
  Convolution() = default;

  /// Throws `ShapeError` when weight, bias and channels do not fit together.
  Convolution(Linear<Scalar> window, Index channels, const ConvolutionShape& shape)
      : window_(std::move(window)), channels_(channels), shape_(shape) {
    if (shape.kernel < 1 || shape.stride < 1 || shape.padding < 0 || channels < 1 ||
        window_.in_features() != shape.kernel * shape.kernel * channels) {
      raise<ShapeError>({"convolution: expected a weight of ", channels, " x ", shape.kernel, " x ",
                         shape.kernel, " inputs, found ", window_.in_features()});
    }
  }

  Index in_channels() const noexcept { return channels_; }
  Index out_channels() const noexcept { return window_.out_features(); }
  Index parameters() const noexcept { return window_.parameters(); }
  /// The linear layer from a window to its pixel.
  const Linear<Scalar>& window() const noexcept { return window_; }

  /// Of the result; no pixels where the map with its padding is smaller than a window.
  MapSize output_size(const MapSize& input) const noexcept {
    const auto of = [&](Index size) {
      const Index room = size + 2 * shape_.padding - shape_.kernel;
      return room < 0 ? Index{0} : room / shape_.stride + 1;
    };
    return {of(input.height), of(input.width)};
  }

  /// Rows of the map, from the first to past the last, that the rows `[begin, end)` of the result
  /// read.
  std::pair<Index, Index> rows_read(const MapSize& input, Index begin, Index end) const noexcept {
    return {std::max<Index>(begin * shape_.stride - shape_.padding, 0),
            std::min((end - 1) * shape_.stride - shape_.padding + shape_.kernel, input.height)};
  }

  /// Copies the windows of the pixels `[first, first + count)` of the result, each a row of
  /// `windows`; with `relu` of `max(x, 0)`.
  void flatten(const FeatureMap<Scalar>& x, Index first, Index count, bool relu, Scalar* windows,
               Index windows_stride) const {
    const Index columns = output_size(x.size).width;
    for (Index i = 0; i < count; ++i) {
      const Index top = (first + i) / columns * shape_.stride - shape_.padding;
      const Index left = (first + i) % columns * shape_.stride - shape_.padding;
      const Index begin = std::max<Index>(left, 0);
      const Index end = std::min(left + shape_.kernel, x.size.width);
      Scalar* to = windows + i * windows_stride;
      for (Index row = top; row < top + shape_.kernel; ++row) {
        if (row < 0 || row >= x.size.height || begin >= end) {
          to = std::fill_n(to, shape_.kernel * channels_, Scalar(0));
          continue;
        }
        to = std::fill_n(to, (begin - left) * channels_, Scalar(0));
        const Scalar* const from = x.pixel(row, begin);
        const Index size = (end - begin) * channels_;
        if (relu) {
          ops::activate(Activation::relu, from, size, to);
          to += size;
        } else {
          to = std::copy_n(from, size, to);
        }
        to = std::fill_n(to, (left + shape_.kernel - end) * channels_, Scalar(0));
      }
    }
  }

  /// The map `[h * w, O]` of `x [H * W, C]`. Throws `ShapeError` unless `x` is such a map.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x, const MapSize& size) const {
    if (x.rows() != size.pixels() || x.cols() != channels_) {
      raise<ShapeError>({"convolution: expected ", size.height, " x ", size.width, " pixels of ",
                         channels_, " channels, found ", x.rows(), " x ", x.cols(), " values"});
    }
    const Matrix<Scalar> map = x;
    const Index pixels = output_size(size).pixels();
    Matrix<Scalar> windows(pixels, window_.in_features());
    flatten({map.data(), size, channels_}, 0, pixels, false, windows.data(), windows.cols());
    return window_(windows);
  }

 private:
  Linear<Scalar> window_;
  Index channels_ = 0;
  ConvolutionShape shape_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
