/// Products with a layer of one output.
#ifndef EIGENVIT_MODEL_PASS_SINGLE_OUTPUT_HPP
#define EIGENVIT_MODEL_PASS_SINGLE_OUTPUT_HPP

#include <algorithm>
#include <array>
#include <cstddef>

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/pass/linear_share.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `y[i] = w · x_i + b` for the rows `x [rows, in]`, one after the other.
///
/// A product makes sixteen outputs of a row at a time, and here there is one. So the rows are
/// packed as weights are, and the layer's weights are multiplied with them as a row is: the same
/// sums in the same order, sixteen at a time.
template <class Scalar>
class SingleOutput {
 public:
  /// Rows that are packed at a time: as many panels as a kernel takes one row across.
  static constexpr Index rows_at_once = 4 * kernels::panel_width;

  /// Values that `multiply` works in.
  static constexpr Index scratch_values(Index inputs) noexcept {
    return (rows_at_once + 1) * inputs;
  }

  static void multiply(const Linear<Scalar>& layer, const Scalar* x, Index rows, Scalar* y,
                       Scalar* scratch) {
    const Index inputs = layer.in_features();
    // Before the panel is lent: where none is kept, a task borrows two at most.
    if (layer.weight().format() != kernels::WeightFormat::native) {
      detail::multiply(layer, 1, 0, x, rows, inputs, y, 1);
      return;
    }
    const auto weights = layer.share(0, 1);
    Scalar* const panels = scratch;
    Scalar* const row = scratch + rows_at_once * inputs;
    const auto* const panel = static_cast<const Scalar*>(weights.panels);
    for (Index i = 0; i < inputs; ++i) row[i] = panel[i * kernels::panel_width];
    std::array<Scalar, static_cast<std::size_t>(rows_at_once)> bias{};
    if (weights.bias != nullptr) bias.fill(*weights.bias);

    const auto pack = ops::panel_packer<Scalar>();
    for (Index first = 0; first < rows; first += rows_at_once) {
      const Index count = std::min(rows_at_once, rows - first);
      for (Index i = 0; i < count; i += kernels::panel_width) {
        std::array<const Scalar*, kernels::panel_width> packed;
        for (Index k = 0; k < kernels::panel_width; ++k) {
          // Of the last panel, what is past the rows is computed and not written.
          packed[static_cast<std::size_t>(k)] = x + std::min(first + i + k, rows - 1) * inputs;
        }
        pack(packed.data(), inputs, panels + i * inputs);
      }
      kernels::GemmArguments<Scalar> product;
      product.x = row;
      product.rows = 1;
      product.x_stride = product.depth = inputs;
      product.panels = panels;
      product.outputs = count;
      product.bias = bias.data();
      product.y = y + first;
      product.y_stride = count;
      ops::gemm(product);
    }
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
