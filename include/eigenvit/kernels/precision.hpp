/// In which numbers a network multiplies.
#ifndef EIGENVIT_KERNELS_PRECISION_HPP
#define EIGENVIT_KERNELS_PRECISION_HPP

#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// In which numbers the linear layers and the attention of encoder blocks, and in bfloat16 the
/// patch embedding, multiply. Everything between the products (norms, softmax, activations, the
/// residual stream) and the layers after the blocks are in the type of the network in each of them.
enum class Precision {
  /// The type of the network.
  float32,
  /// Weights and inputs of a product are rounded to bfloat16, to the nearest, of two the even one;
  /// products are summed in float. Where the processor has no instruction for it, weights alone are
  /// rounded.
  bfloat16,
  /// Weights are integers of 8 bits with a scale for each output (`w ≈ s q`, the greatest becomes
  /// ±127), inputs integers of 8 bits with a scale and a zero for each token, as they come; sums
  /// are integers of 32 bits. What the norm before a layer multiplies and adds is multiplied into
  /// its weights first. Attention multiplies integers of 12 and 13 bits.
  int8,
};

/// All of them, the most exact first.
inline constexpr Precision precisions[] = {Precision::float32, Precision::bfloat16,
                                           Precision::int8};

/// As programs spell it: "float32", "bfloat16" or "int8".
constexpr const char* name_of(Precision precision) noexcept {
  switch (precision) {
    case Precision::float32:
      break;
    case Precision::bfloat16:
      return "bfloat16";
    case Precision::int8:
      return "int8";
  }
  return "float32";
}

/// The precision of that name. Throws `ConfigError`, which lists the names, for any other.
inline Precision precision_of(std::string_view name) {
  for (const Precision precision : precisions) {
    if (name == name_of(precision)) return precision;
  }
  detail::raise<ConfigError>(
      {"precision: expected float32, bfloat16 or int8, found ", detail::Quoted{name}});
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
