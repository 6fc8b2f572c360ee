/// How the weights of a linear layer are held in memory, and what arithmetic they are meant for.
#ifndef EIGENVIT_KERNELS_WEIGHT_FORMAT_HPP
#define EIGENVIT_KERNELS_WEIGHT_FORMAT_HPP

#include <cstddef>

#include <eigenvit/kernels/arguments.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {

/// Memory of one panel: sixteen outputs of one unit of the depth after those of the unit before,
/// then what belongs to each output.
///
///     unit 0                unit 1                      end
///     W[0..15, 0..n-1]      W[0..15, n..2n-1]    ...    [scale 16][sum 16][shift 16]
///
/// A unit is the `unit_depth` inputs that one instruction takes of an output; what the depth lacks
/// of a whole one is zero.
struct PanelLayout {
  Stride unit_depth;    ///< inputs of a unit
  Stride weight_bytes;  ///< of one output and unit
  Stride end_bytes;     ///< after the units

  constexpr Stride units(Stride depth) const noexcept {
    return (depth + unit_depth - 1) / unit_depth;
  }
  constexpr std::size_t bytes(Stride depth) const noexcept {
    return static_cast<std::size_t>(units(depth) * panel_width * weight_bytes + end_bytes);
  }
};

/// Bytes after the units of an int8 panel: of each output the scale and the sum of its weights, and
/// what is added to it.
constexpr Stride int8_end_bytes = panel_width * 12;

/// The most inputs of an int8 product: sums of as many products of 255 and 127 fit into 32 bits.
constexpr Stride most_int8_depth = 0x7FFFFFFF / (255 * 127);

/// The layout of `format`, `scalar` being the bytes of a value of the type that is computed in.
constexpr PanelLayout panel_layout(WeightFormat format, std::size_t scalar) noexcept {
  switch (format) {
    case WeightFormat::native:
      break;
    case WeightFormat::float16:
    case WeightFormat::bfloat16:
      return {1, 2, 0};
    case WeightFormat::bfloat16_pairs:
      return {2, 4, 0};
    case WeightFormat::int8:
      return {4, 4, int8_end_bytes};
  }
  return {1, static_cast<Stride>(scalar), 0};
}

/// Whether the rows of x must be encoded for a product with such weights (`FormatKernels::encode`).
constexpr bool encodes_inputs(WeightFormat format) noexcept {
  return format == WeightFormat::bfloat16_pairs || format == WeightFormat::int8;
}

}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
