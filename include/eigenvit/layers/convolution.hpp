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
/// Cost: `2 h w O C kernel²` flops. A window is a run of `kernel C` values in each of `kernel` rows
/// of the map, so a product reads windows where they lie once zeros are around them; where it needs
/// them in one piece, they are copied, for some pixels at a time. Source: PyTorch's `Conv2d`.
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

  /// Pixels that a block of so many pixels of the result reads, zeros around the map included.
  MapSize read_by(const MapSize& block) const noexcept {
    const auto of = [&](Index size) { return (size - 1) * shape_.stride + shape_.kernel; };
    return {of(block.height), of(block.width)};
  }

  /// Makes what the block reads whose first pixel is (`row`, `column`) of the result:
  /// `read [read_by(block), C]`. `copy(row, first, count, to)` gives pixels of the map, which is of
  /// the size `input`.
  template <class Copy>
  void read_block(const MapSize& input, Index row, Index column, const MapSize& block,
                  const Copy& copy, Scalar* read) const {
    const MapSize size = read_by(block);
    const Index top = row * shape_.stride - shape_.padding;
    const Index left = column * shape_.stride - shape_.padding;
    const Index begin = std::max<Index>(left, 0);
    const Index end = std::min(left + size.width, input.width);
    for (Index i = top; i < top + size.height; ++i) {
      if (i < 0 || i >= input.height || begin >= end) {
        read = std::fill_n(read, size.width * channels_, Scalar(0));
        continue;
      }
      read = std::fill_n(read, (begin - left) * channels_, Scalar(0));
      copy(i, begin, end - begin, read);
      read += (end - begin) * channels_;
      read = std::fill_n(read, (left + size.width - end) * channels_, Scalar(0));
    }
  }

  /// Whether products read windows where they lie in a block. Where inputs are encoded, two of them
  /// for a place of `Scalar`, a pixel fills whole registers.
  bool reads_in_place() const {
    return ops::takes_runs<Scalar>(window_.weight().format()) &&
           (!window_.encodes_inputs() || channels_ % kernels::panel_width == 0);
  }

  /// Makes of what a block reads, in its place, what products read there.
  void encode(Scalar* read, const MapSize& block) const {
    if (!window_.encodes_inputs()) return;
    const MapSize size = read_by(block);
    const Index row = size.width * channels_;
    ops::encode(window_.weight().format(), read, size.height, row, row);
  }

  /// The windows of a row of a block, where they lie in what the block reads, before it is encoded
  /// or after it.
  struct Windows {
    const Scalar* first;
    Index stride;      ///< from one window to the next
    Index runs;        ///< pieces of a window
    Index run;         ///< values of a piece
    Index run_stride;  ///< from one piece to the next

    /// Copies `count` of them, each into a row of `rows`.
    void copy(Index count, Scalar* rows, Index rows_stride) const {
      for (Index i = 0; i < count; ++i, rows += rows_stride) {
        for (Index r = 0; r < runs; ++r) {
          std::copy_n(first + i * stride + r * run_stride, run, rows + r * run);
        }
      }
    }
  };
  Windows windows(const Scalar* read, const MapSize& block, Index row, bool encoded) const {
    const Index width = read_by(block).width * channels_;
    const Index pixel = encoded ? channels_ / 2 : channels_;
    return {read + row * shape_.stride * width, shape_.stride * pixel, shape_.kernel,
            shape_.kernel * pixel, width};
  }

  /// Copies the windows of the pixels `[first, first + count)` of the result, each a row of
  /// `windows`.
  void flatten(const FeatureMap<Scalar>& x, Index first, Index count, Scalar* windows,
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
        to = std::copy_n(x.pixel(row, begin), (end - begin) * channels_, to);
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
    flatten({map.data(), size, channels_}, 0, pixels, windows.data(), windows.cols());
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
