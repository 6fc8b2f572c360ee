/// The activation functions of vision transformers, on sixteen values at a time.
#ifndef EIGENVIT_KERNELS_ACTIVATION_HPP
#define EIGENVIT_KERNELS_ACTIVATION_HPP

#include <cmath>
#include <initializer_list>
#include <type_traits>

#include <eigenvit/kernels/lanes.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What stands between the two linear maps of an MLP.
enum class Activation {
  none,        ///< `x`
  gelu,        ///< exact: `x/2 (1 + erf(x/sqrt 2))` (Hendrycks and Gimpel, arXiv:1606.08415)
  gelu_tanh,   ///< `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`, PyTorch's approximate="tanh"
  quick_gelu,  ///< `x sigmoid(1.702 x)`, as OpenAI's CLIP
  silu,        ///< `x sigmoid(x)`
  relu,        ///< `max(x, 0)`
  tanh,        ///< `tanh(x)`, the pooler's
};

namespace detail {

/// erf of a float, or of each float in a vector register: an odd rational function of degree 11
/// over 10 on [-3.92, 3.92], fitted for least relative error (1.9e-8). Further out |erf| is 1 in
/// float, and so is the result: the quotient has passed 1 by more than its rounding at 4.05, and is
/// clamped. With float rounding the error is at most 4e-7. A functor, since each step of an
/// expression of arrays would go to memory and back.
struct ErfFunctor {
  float operator()(float value) const { return packetOp(value); }

  template <class Packet>
  Packet packetOp(const Packet& value) const {
    using Eigen::internal::pmul;
    const Packet x = clamp(value, 4.05f);
    const Packet t = pmul(x, x);
    const Packet p = polynomial(t, 2.050145667e-6f, 2.848785080e-4f, 3.765373491e-3f,
                                5.274797231e-2f, 1.904005706e-1f, 1.128379107f);
    const Packet q = polynomial(t, 3.809211194e-5f, 1.162479049e-3f, 1.496872585e-2f,
                                1.141066998e-1f, 5.020708442e-1f, 1.0f);
    // Exactly 1, or GELU would not vanish where x is large and negative.
    return clamp(Eigen::internal::pdiv(pmul(x, p), q), 1.0f);
  }

 private:
  template <class Packet>
  static Packet constant(float value) {
    return Eigen::internal::pset1<Packet>(value);
  }

  template <class Packet>
  static Packet clamp(const Packet& value, float bound) {
    using Eigen::internal::pmax;
    using Eigen::internal::pmin;
    return pmin(pmax(value, constant<Packet>(-bound)), constant<Packet>(bound));
  }

  /// By Horner's rule, the coefficient of the highest power first.
  template <class Packet, class... Coefficients>
  static Packet polynomial(const Packet& t, float first, Coefficients... rest) {
    Packet sum = constant<Packet>(first);
    static_cast<void>(std::initializer_list<int>{
        (sum = Eigen::internal::pmadd(sum, t, constant<Packet>(rest)), 0)...});
    return sum;
  }
};

template <class Expression>
auto erf_of(const Expression& x) {
  if constexpr (std::is_same_v<typename Expression::Scalar, float>) {
    return x.unaryExpr(ErfFunctor());
  } else {
    return x.unaryExpr([](double value) { return std::erf(value); });
  }
}

/// As `eigenvit::activate`, for an activation that is known when this is compiled.
template <Activation activation, class Scalar>
Lanes<Scalar> activate(const Lanes<Scalar>& x) {
  if constexpr (activation == Activation::gelu) {
    return Scalar(0.5) * x * (Scalar(1) + erf_of(x * Scalar(0.70710678118654752440)));
  } else if constexpr (activation == Activation::gelu_tanh) {
    return Scalar(0.5) * x *
           (Scalar(1) +
            (Scalar(0.79788456080286535588) * (x + Scalar(0.044715) * x * x * x)).tanh());
  } else if constexpr (activation == Activation::quick_gelu) {
    return x / (Scalar(1) + (Scalar(-1.702) * x).exp());
  } else if constexpr (activation == Activation::silu) {
    return x / (Scalar(1) + (-x).exp());
  } else if constexpr (activation == Activation::relu) {
    return x.max(Scalar(0));
  } else if constexpr (activation == Activation::tanh) {
    return x.tanh();
  } else {
    return x;
  }
}

/// Calls `step` with the activation as a compile-time constant.
template <class Step>
void with_activation(Activation activation, const Step& step) {
  switch (activation) {
    case Activation::none:
      return step(std::integral_constant<Activation, Activation::none>());
    case Activation::gelu:
      return step(std::integral_constant<Activation, Activation::gelu>());
    case Activation::gelu_tanh:
      return step(std::integral_constant<Activation, Activation::gelu_tanh>());
    case Activation::quick_gelu:
      return step(std::integral_constant<Activation, Activation::quick_gelu>());
    case Activation::silu:
      return step(std::integral_constant<Activation, Activation::silu>());
    case Activation::relu:
      return step(std::integral_constant<Activation, Activation::relu>());
    case Activation::tanh:
      return step(std::integral_constant<Activation, Activation::tanh>());
  }
}

}  // namespace detail

/// `activation(x)`, elementwise. Error of exact GELU in float: at most 2.5e-7 max(1, |x|).
template <class Scalar>
Lanes<Scalar> activate(Activation activation, const Lanes<Scalar>& x) {
  Lanes<Scalar> y;
  detail::with_activation(activation, [&](auto known) { y = detail::activate<known()>(x); });
  return y;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

namespace Eigen {
namespace internal {
template <>
struct functor_traits<eigenvit::detail::ErfFunctor> {
  enum { Cost = 16 * NumTraits<float>::MulCost, PacketAccess = packet_traits<float>::HasDiv };
};
}  // namespace internal
}  // namespace Eigen

#endif
