#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/float_format.hpp>

using eigenvit::FloatFormat;
using eigenvit::detail::rounded;

namespace {

std::uint32_t bits_of(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float half(float x) {
  return rounded(x, FloatFormat::half);
}
float bfloat16(float x) {
  return rounded(x, FloatFormat::bfloat16);
}

}  // namespace

TEST_CASE("rounded to half gives what IEEE 754 says") {
  CHECK(half(0.0F) == 0.0F);
  CHECK(bits_of(half(-0.0F)) == 0x80000000U);
  CHECK(half(1.0F) == 1.0F);
  CHECK(half(0.1F) == 0.0999755859375F);
  CHECK(half(-3.14159265F) == -3.140625F);
  // Halfway between two: the even one.
  CHECK(half(1.0F + 0x1p-11F) == 1.0F);
  CHECK(half(1.0F + 0x3p-11F) == 1.0F + 0x2p-10F);
  CHECK(half(1.0F + 0x1.002p-11F) == 1.0F + 0x1p-10F);
  // The next power of two.
  CHECK(half(1.9999F) == 2.0F);
  // Below 2^-14 in steps of 2^-24.
  CHECK(half(0x1.8p-24F) == 0x1p-23F);
  CHECK(half(0x1.4p-24F) == 0x1p-24F);
  CHECK(half(0x1p-25F) == 0.0F);
  CHECK(half(0x1.1p-25F) == 0x1p-24F);
  CHECK(half(0x1p-26F) == 0.0F);
  CHECK(bits_of(half(-0x1p-40F)) == 0x80000000U);
  CHECK(half(1e-6F) == 0x1.1p-20F);
  // The largest, and beyond.
  CHECK(half(65504.0F) == 65504.0F);
  CHECK(half(65519.0F) == 65504.0F);
  CHECK(bits_of(half(65520.0F)) == 0x7F800000U);
  CHECK(bits_of(half(-1e30F)) == 0xFF800000U);
}

TEST_CASE("rounded to bfloat16 keeps the upper half of the bits") {
  CHECK(bfloat16(1.0F) == 1.0F);
  CHECK(bfloat16(3.14159265F) == 3.140625F);
  CHECK(bfloat16(1.0F + 0x1p-8F) == 1.0F);
  CHECK(bfloat16(1.0F + 0x3p-8F) == 1.0F + 0x2p-7F);
  CHECK(bfloat16(-1e30F) == -0x1.94p+99F);
  CHECK(bfloat16(0x1.01p-126F) == 0x1p-126F);
  CHECK(bits_of(bfloat16(std::numeric_limits<float>::max())) == 0x7F800000U);
}

TEST_CASE("rounded leaves alone what the format has, and what is not finite") {
  for (std::uint32_t value = 0; value < 0x10000U; ++value) {
    const std::uint32_t wide = value << 16;
    float x = 0;
    std::memcpy(&x, &wide, sizeof x);
    const bool tiny = (value & 0x7F80U) == 0;
    CHECK(bits_of(bfloat16(x)) == (tiny ? wide & 0x80000000U : wide));
    CHECK(bits_of(half(half(x))) == bits_of(half(x)));
  }
  CHECK(bits_of(half(std::numeric_limits<float>::infinity())) == 0x7F800000U);
  CHECK(rounded(0.1F, FloatFormat::single) == 0.1F);
}

TEST_CASE_TEMPLATE("round_to rounds in place", Scalar, float, double) {
  std::vector<Scalar> values = {Scalar(0.1), Scalar(-2), Scalar(0.1)};
  eigenvit::detail::round_to(FloatFormat::half, values.data(), 2);
  CHECK(values == std::vector<Scalar>{Scalar(0.0999755859375), Scalar(-2), Scalar(0.1)});
  eigenvit::detail::round_to(FloatFormat::single, values.data(), 3);
  CHECK(values.back() == Scalar(0.1));
}
