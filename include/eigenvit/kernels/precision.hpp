/// In which numbers a network multiplies.
#ifndef EIGENVIT_KERNELS_PRECISION_HPP
#define EIGENVIT_KERNELS_PRECISION_HPP

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// In which numbers the linear layers of encoder blocks, and in bfloat16 the patch embedding,
/// multiply. Everything between the products (norms, softmax, activations, the residual stream)
/// and the layers after the blocks are in the type of the network in each of them.
enum class Precision {
  /// The type of the network.
  float32,
  /// Weights and inputs of a product are rounded to bfloat16, to the nearest, of two the even one;
  /// products are summed in float. Where the processor has no instruction for it, weights alone are
  /// rounded.
  bfloat16,
  /// Weights are integers of 8 bits with a scale for each output (`w ≈ s q`, the greatest becomes
  /// ±127), inputs integers of 8 bits with a scale and a zero for each token, as they come;
  /// products
  /// are summed in integers of 32 bits. What the norm before a layer multiplies and adds is
  /// multiplied into its weights first.
  int8,
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
