#include <cfloat>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#include <doctest/doctest.h>

#include <eigenvit/core/finite.hpp>

namespace {

// Made of their bits, since the compiler may assume that there are no such numbers.
float float_of(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
double double_of(std::uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("every number is finite, infinities and NaN are not") {
  for (const float value : {0.0F, -1.5F, FLT_MAX, -FLT_MAX, FLT_MIN, FLT_MIN / 4}) {
    CHECK(eigenvit::detail::is_finite(value));
  }
  for (const double value : {0.0, -1.5, DBL_MAX, -DBL_MAX, DBL_MIN, DBL_MIN / 4}) {
    CHECK(eigenvit::detail::is_finite(value));
  }
  for (const std::uint32_t bits : {0x7f800000U, 0xff800000U, 0x7fc00000U, 0xffc00001U}) {
    CHECK_FALSE(eigenvit::detail::is_finite(float_of(bits)));
  }
  for (const std::uint64_t bits : {0x7ff0000000000000U, 0xfff0000000000000U, 0x7ff8000000000001U}) {
    CHECK_FALSE(eigenvit::detail::is_finite(double_of(bits)));
  }
}

TEST_CASE("the greater of two numbers is NaN where one of them is") {
  using eigenvit::detail::greater;
  using eigenvit::detail::is_nan;
  CHECK(greater(1.0F, 2.0F) == 2);
  CHECK(greater(-1.0, -2.0) == -1);
  const float infinity = float_of(0x7f800000U);
  CHECK_FALSE(is_nan(infinity));
  CHECK_FALSE(is_nan(greater(infinity, 1.0F)));
  CHECK_FALSE(eigenvit::detail::is_finite(greater(-1.0F, infinity)));
  for (const std::uint32_t bits : {0x7fc00000U, 0xffc00001U}) {
    CHECK(is_nan(greater(float_of(bits), 1.0F)));
    CHECK(is_nan(greater(1.0F, float_of(bits))));
  }
  CHECK(is_nan(greater(double_of(0x7ff8000000000001U), 1.0)));
  CHECK(is_nan(greater(1.0, double_of(0xfff8000000000000U))));
}

TEST_CASE("logits are refused that are not finite, by the place of the first") {
  const float good[] = {1.0F, -FLT_MAX, 0.0F};
  CHECK_NOTHROW(eigenvit::detail::check_logits("head", good, 3));
  CHECK_NOTHROW(eigenvit::detail::check_logits("head", good, 0));
  for (const std::uint32_t bits : {0x7f800000U, 0xff800000U, 0x7fc00000U}) {
    const float bad[] = {1.0F, float_of(bits), float_of(bits)};
    CHECK_THROWS_WITH_AS(eigenvit::detail::check_logits("head", bad, 3),
                         "head: the logits are not finite: found NaN or an infinity for class 1 of "
                         "3, as from weights or pixel values that hold one",
                         eigenvit::ConfigError);
  }
}
