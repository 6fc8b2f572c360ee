/// A convolution that enlarges a feature map.
#ifndef EIGENVIT_LAYERS_TRANSPOSED_CONVOLUTION_HPP
#define EIGENVIT_LAYERS_TRANSPOSED_CONVOLUTION_HPP

#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Transposed convolution whose stride is its kernel, the field's `nn.ConvTranspose2d`: each pixel
/// becomes a square of `factor * factor` pixels, `y(factor row + i, factor column + j) =
/// W_ij x(row, column) + b`.
///
/// Shapes: weight `[factor * factor * O, C]`, the square's rows first, bias `[O]` or none,
/// `x [H, W, C]`, `y [factor H, factor W, O]`. Cost: `2 H W C O factor²` flops.
/// Source: PyTorch's `ConvTranspose2d`.
template <class Scalar>
class TransposedConvolution {
 public:
  TransposedConvolution() = default;

  /// `square` gives the pixels of a square, with the bias for each. Throws `ShapeError` when its
  /// outputs are not `factor * factor` pixels.
  TransposedConvolution(const Linear<Scalar>& square, Index factor) : factor_(factor) {
    if (factor < 1 || square.out_features() % (factor * factor) != 0) {
      raise<ShapeError>({"transposed convolution: expected outputs for ", factor, " x ", factor,
                         " pixels, found ", square.out_features()});
    }
    out_channels_ = square.out_features() / (factor * factor);
    square_ = square.grouped(out_channels_);
  }

  Index factor() const noexcept { return factor_; }
  Index in_channels() const noexcept { return square_.in_features(); }
  Index out_channels() const noexcept { return out_channels_; }
  /// Of a checkpoint, which has one bias for the square.
  Index parameters() const noexcept {
    return square_.parameters() - (factor_ * factor_ - 1) * bias_values();
  }
  MapSize output_size(const MapSize& input) const noexcept {
    return {input.height * factor_, input.width * factor_};
  }

  /// The squares of the pixels `[first, first + count)` of one row of a map, which are
  /// `x [count, C]` with rows `x_stride` apart, as `Linear::share` reads them; `y` is where the
  /// square of the row's first pixel begins, and a row of `y` has `y_width` pixels.
  void forward(const Scalar* x, Index first, Index count, Index x_stride, Scalar* y, Index y_width,
               Activation activation = Activation::none) const {
    const Index panels = kernels::padded_width(out_channels_) / kernels::panel_width;
    for (Index i = 0; i < factor_ * factor_; ++i) {
      auto task = square_.share(i * panels, panels);
      task.outputs = out_channels();
      task.x = x;
      task.rows = count;
      task.x_stride = x_stride;
      task.activation = activation;
      task.y = y + (i / factor_ * y_width + first * factor_ + i % factor_) * out_channels();
      task.y_stride = factor_ * out_channels();
      ops::gemm(task);
    }
  }

  /// The map `[factor H * factor W, O]` of `x [H * W, C]`. Throws `ShapeError` unless `x` is such a
  /// map.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x, const MapSize& size) const {
    if (x.rows() != size.pixels() || x.cols() != in_channels()) {
      raise<ShapeError>({"transposed convolution: expected ", size.height, " x ", size.width,
                         " pixels of ", in_channels(), " channels, found ", x.rows(), " x ",
                         x.cols(), " values"});
    }
    const MapSize result = output_size(size);
    Matrix<Scalar> y(result.pixels(), out_channels());
    const auto rows = square_.inputs(x);
    for (Index row = 0; row < size.height; ++row) {
      forward(rows.data + row * size.width * rows.stride, 0, size.width, rows.stride,
              y.row(row * factor_ * result.width).data(), result.width);
    }
    return y;
  }

 private:
  Index bias_values() const noexcept {
    return square_.parameters() - square_.in_features() * square_.out_features() > 0 ? out_channels_
                                                                                     : 0;
  }

  Linear<Scalar> square_;
  Index out_channels_ = 0;
  Index factor_ = 1;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
