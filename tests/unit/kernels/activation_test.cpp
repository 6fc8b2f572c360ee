#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/kernels/portable.hpp>

#include "../support.hpp"
#include "tables.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using support::kernel_tables;

namespace {

long double formula(Activation activation, long double x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu:
      return x / 2 * std::erfc(-x / std::sqrt(2.0L));
    case Activation::gelu_tanh: {
      // x/2 (1 + tanh z) = x / (1 + exp(-2z)), which does not cancel.
      const long double z = std::sqrt(2 / std::acos(-1.0L)) * (x + 0.044715L * x * x * x);
      return x / (1 + std::exp(-2 * z));
    }
    case Activation::quick_gelu:
      return x / (1 + std::exp(-1.702L * x));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

/// How `float` values are activated on each instruction set, and how `double` values are.
template <class Scalar, class Visit>
void for_each_way(const Visit& visit) {
  if constexpr (sizeof(Scalar) == sizeof(float)) {
    for (const auto* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      visit([&](Activation activation, const AlignedBuffer<float>& x) {
        // A gate of ones leaves what the activation gives.
        const AlignedBuffer<float> ones(x.size(), 1);
        AlignedBuffer<float> y(x.size());
        table->gate(activation, x.data(), ones.data(), static_cast<std::ptrdiff_t>(x.size()),
                    y.data());
        return y;
      });
    }
  } else {
    visit([](Activation activation, AlignedBuffer<Scalar> x) {
      for (Scalar& value : x) value = eigenvit::kernels::portable::activate(activation, value);
      return x;
    });
  }
}

/// [-100, 100], dense around 0, and powers of two up to 2^120 of both signs.
template <class Scalar>
AlignedBuffer<Scalar> inputs() {
  AlignedBuffer<Scalar> x;
  for (int i = -12800; i <= 12800; ++i) x.push_back(static_cast<Scalar>(i) / Scalar(1024.3));
  for (int i = -1600; i <= 1600; ++i) x.push_back(static_cast<Scalar>(i) / Scalar(16.1));
  for (int exponent = -60; exponent <= 120; ++exponent) {
    x.push_back(std::ldexp(Scalar(1), exponent));
    x.push_back(-std::ldexp(Scalar(1.9), exponent));
  }
  return x;
}

/// Largest `|error| / max(1, |x|)`.
template <class Scalar>
double worst_share(Activation activation, const AlignedBuffer<Scalar>& x,
                   const AlignedBuffer<Scalar>& y) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto expected = static_cast<double>(formula(activation, x[i]));
    const double error = std::abs(static_cast<double>(y[i]) - expected) /
                         std::max(1.0, std::abs(static_cast<double>(x[i])));
    worst = error <= worst ? worst : error;
  }
  return worst;
}

constexpr Activation curved[] = {Activation::gelu, Activation::gelu_tanh, Activation::quick_gelu,
                                 Activation::silu, Activation::tanh};

/// What the header states for float: measured over every 397th value of it, 2.04e-7 (tanh) and
/// 1.44e-7 (silu) at most. In double 2.3e-16 at most was measured.
template <class Scalar>
double stated_bound(Activation activation) {
  if (sizeof(Scalar) > sizeof(float)) return 5e-16;
  return activation == Activation::gelu || activation == Activation::tanh ? 2.5e-7 : 2e-7;
}

}  // namespace

TEST_CASE_TEMPLATE("activate is what the formulas say", Scalar, float, double) {
  const auto x = inputs<Scalar>();
  for_each_way<Scalar>([&](const auto& activate) {
    CHECK(support::same_bits(activate(Activation::none, x), x));
    CHECK(worst_share(Activation::relu, x, activate(Activation::relu, x)) == 0);
    for (const Activation activation : curved) {
      CAPTURE(static_cast<int>(activation));
      CHECK(worst_share(activation, x, activate(activation, x)) < stated_bound<Scalar>(activation));
    }
  });
}

TEST_CASE_TEMPLATE("activate at zero and where it is flat", Scalar, float, double) {
  for_each_way<Scalar>([](const auto& activate) {
    for (const Activation activation : curved) {
      CAPTURE(static_cast<int>(activation));
      const bool is_tanh = activation == Activation::tanh;
      const auto near_zero = activate(activation, {0, Scalar(-0.0), Scalar(1e-30)});
      CHECK(near_zero[0] == 0);
      CHECK(near_zero[1] == 0);
      // tanh is a difference of numbers near 1 in float, and so without a slope so near to 0.
      const Scalar slope = is_tanh ? Scalar(sizeof(Scalar) == 4 ? 0 : 1) : Scalar(0.5);
      CHECK(std::abs(near_zero[2] - slope * Scalar(1e-30)) <= Scalar(1e-36));
      CHECK(activate(activation, {100})[0] == doctest::Approx(is_tanh ? 1 : 100).epsilon(2.5e-7));
      // Exactly: what is left over would grow with x.
      for (const Scalar y :
           activate(activation, {Scalar(-1e3), Scalar(-1e10), Scalar(-1e30), Scalar(-3e38)})) {
        CHECK(y == (is_tanh ? -1 : 0));
      }
    }
    const auto relu = activate(Activation::relu, {-3, 3});
    CHECK(relu[0] == 0);
    CHECK(relu[1] == 3);
  });
}

TEST_CASE("activate of infinities and NaN, which stay in their place") {
  for_each_way<float>([](const auto& activate) {
    for (int choice = 0; choice < 7; ++choice) {
      CAPTURE(choice);
      const auto activation = static_cast<Activation>(choice);
      const bool bounded = activation == Activation::tanh;
      auto y = activate(activation, {support::infinity, -support::infinity});
      CHECK(support::same_bits(y[0], bounded ? 1.0f : support::infinity));
      if (activation == Activation::none) {
        CHECK(support::same_bits(y[1], -support::infinity));
      } else if (activation == Activation::relu || bounded) {
        CHECK(y[1] == (bounded ? -1 : 0));
      } else {
        CHECK(support::is_nan(y[1]));  // -inf * 0, as PyTorch's
      }
      AlignedBuffer<float> x(40, 0.25f);
      x[5] = x[39] = support::not_a_number;
      y = activate(activation, x);
      for (std::size_t i = 0; i < 40; ++i) CHECK(support::is_nan(y[i]) == (i == 5 || i == 39));
    }
  });
}
