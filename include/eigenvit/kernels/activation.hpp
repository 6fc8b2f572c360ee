/// The activation functions of vision transformers.
#ifndef EIGENVIT_KERNELS_ACTIVATION_HPP
#define EIGENVIT_KERNELS_ACTIVATION_HPP

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What is applied between the two linear layers of an MLP.
///
/// In float every value is computed by the same steps on every instruction set. Largest error of
/// the result, its rounding included, as a share of `max(1, |x|)`: `gelu` and `tanh` 2.5e-7,
/// `gelu_tanh`, `quick_gelu` and `silu` 2e-7.
enum class Activation {
  none,        ///< `x`
  gelu,        ///< exact: `x/2 (1 + erf(x/sqrt 2))` (Hendrycks and Gimpel, arXiv:1606.08415)
  gelu_tanh,   ///< `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`, PyTorch's approximate="tanh"
  quick_gelu,  ///< `x sigmoid(1.702 x)`, as OpenAI's CLIP
  silu,        ///< `x sigmoid(x)`
  relu,        ///< `max(x, 0)`
  tanh,        ///< `tanh(x)`, the pooler's
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
