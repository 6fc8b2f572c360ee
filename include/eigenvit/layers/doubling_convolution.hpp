/// A convolution that doubles the sides of a feature map.
#ifndef EIGENVIT_LAYERS_DOUBLING_CONVOLUTION_HPP
#define EIGENVIT_LAYERS_DOUBLING_CONVOLUTION_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/convolution.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Transposed convolution of kernel 4, stride 2 and padding 1, the field's `nn.ConvTranspose2d`.
/// Each pixel becomes four, each a product over the two by two pixels that are next to it:
/// `y(2 row + i, 2 column + j) = W_ij · window(row + i, column + j) + b`, the window in the order
/// row, column, channel, with its upper left pixel one above and left of the named one, and zeros
/// outside of the map.
///
/// Shapes: four weights `[O, 4 C]`, `W_00`, `W_01`, `W_10`, `W_11`, each with the bias `[O]` or
/// none, `x [H, W, C]`, `y [2 H, 2 W, O]`. Cost: `32 H W C O` flops. Source: PyTorch's
/// `ConvTranspose2d`.
template <class Scalar>
class DoublingConvolution {
 public:
  static constexpr Index quarters = 4;

  DoublingConvolution() = default;

  /// Throws `ShapeError` when the weights do not fit to `channels` and to each other.
  DoublingConvolution(std::array<Linear<Scalar>, quarters> weights, Index channels) {
    for (std::size_t i = 0; i < quarters; ++i) {
      quarters_[i] = Convolution<Scalar>(std::move(weights[i]), channels, {2, 1, 1});
      if (quarters_[i].out_channels() == out_channels()) continue;
      raise<ShapeError>({"doubling convolution: expected ", out_channels(),
                         " outputs of every weight, found ", quarters_[i].out_channels()});
    }
  }

  Index in_channels() const noexcept { return quarters_[0].in_channels(); }
  Index out_channels() const noexcept { return quarters_[0].out_channels(); }
  /// Of a checkpoint, which has one bias.
  Index parameters() const noexcept {
    const Index products = quarters * 4 * in_channels() * out_channels();
    return products + quarters_[0].parameters() - products / quarters;
  }
  MapSize output_size(const MapSize& input) const noexcept {
    return {2 * input.height, 2 * input.width};
  }

  /// The layer from a window to one of the four pixels.
  const Linear<Scalar>& window(Index quarter) const noexcept { return at(quarter).window(); }

  /// Copies the windows of one of the four pixels, of the pixels `[first, first + count)` of `x`,
  /// each a row of `windows`.
  void flatten(const FeatureMap<Scalar>& x, Index quarter, Index first, Index count,
               Scalar* windows, Index windows_stride) const {
    const Index columns = x.size.width;
    for (Index done = 0; done < count;) {
      const Index row = (first + done) / columns, column = (first + done) % columns;
      const Index taken = std::min(count - done, columns - column);
      // The windows of all quarters are those of a map with one row and one column more.
      const Index place = (row + quarter / 2) * (columns + 1) + column + quarter % 2;
      at(quarter).flatten(x, place, taken, windows + done * windows_stride, windows_stride);
      done += taken;
    }
  }

  /// Copies results of such windows, `values [count, O]`, to their places in the map `y`.
  void place(const Scalar* values, Index quarter, Index first, Index count, Index columns,
             Scalar* y) const {
    const Index size = out_channels();
    for (Index i = 0; i < count; ++i) {
      const Index row = 2 * ((first + i) / columns) + quarter / 2;
      const Index column = 2 * ((first + i) % columns) + quarter % 2;
      std::copy_n(values + i * size, size, y + (row * 2 * columns + column) * size);
    }
  }

  /// The map `[2 H * 2 W, O]` of `x [H * W, C]`. Throws `ShapeError` unless `x` is such a map.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x, const MapSize& size) const {
    if (x.rows() != size.pixels() || x.cols() != in_channels()) {
      raise<ShapeError>({"doubling convolution: expected ", size.height, " x ", size.width,
                         " pixels of ", in_channels(), " channels, found ", x.rows(), " x ",
                         x.cols(), " values"});
    }
    const Matrix<Scalar> map = x;
    Matrix<Scalar> windows(size.pixels(), 4 * in_channels());
    Matrix<Scalar> y(4 * size.pixels(), out_channels());
    for (Index quarter = 0; quarter < quarters; ++quarter) {
      flatten({map.data(), size, in_channels()}, quarter, 0, size.pixels(), windows.data(),
              windows.cols());
      const Matrix<Scalar> values = window(quarter)(windows);
      place(values.data(), quarter, 0, size.pixels(), size.width, y.data());
    }
    return y;
  }

 private:
  const Convolution<Scalar>& at(Index quarter) const noexcept {
    return quarters_[static_cast<std::size_t>(quarter)];
  }

  std::array<Convolution<Scalar>, quarters> quarters_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
