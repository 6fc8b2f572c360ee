/// The residual unit of a DPT decoder.
#ifndef EIGENVIT_LAYERS_RESIDUAL_CONV_UNIT_HPP
#define EIGENVIT_LAYERS_RESIDUAL_CONV_UNIT_HPP

#include <eigenvit/layers/convolution.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `x + conv2(relu(conv1(relu(x))))`, both convolutions 3 x 3 with a padding of 1.
/// Source: Lin et al., arXiv:1611.06612; transformers' `DPTPreActResidualLayer`.
template <class Scalar>
struct ResidualConvUnit {
  Convolution<Scalar> conv1;
  Convolution<Scalar> conv2;

  Index parameters() const noexcept { return conv1.parameters() + conv2.parameters(); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
