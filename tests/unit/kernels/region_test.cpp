#include <doctest/doctest.h>

#include <eigenvit/kernels/region.hpp>

EIGENVIT_BASELINE_KERNELS_BEGIN
namespace {

/// The sum of 1 and `small`, less 1: what is left of `small` after rounding, and `small` itself
/// where the compiler may take sums apart.
EIGENVIT_NO_INLINE float rounded_beside_one(float small) {
  const float sum = 1.0f + small;
  return sum - 1.0f;
}

/// `a * b - c`, rounded twice.
EIGENVIT_NO_INLINE float product_less(float a, float b, float c) {
  const float product = a * b;
  return product - c;
}

EIGENVIT_FORCE_INLINE int triangle(int n) {
  int sum = 0;
  EIGENVIT_UNROLL
  for (int i = 1; i <= 4; ++i) sum += i <= n ? i : 0;
  return sum;
}

}  // namespace
EIGENVIT_BASELINE_KERNELS_END

TEST_CASE("Arithmetic in a region is what is written, whatever the flags of the program") {
  CHECK(rounded_beside_one(0x1p-30f) == 0);
  CHECK(rounded_beside_one(0x1p-23f) == 0x1p-23f);
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24, of which the last is lost.
  CHECK(product_less(1 + 0x1p-12f, 1 + 0x1p-12f, 1 + 0x1p-11f) == 0);
}

TEST_CASE("Functions of a region can be called from outside of it") {
  CHECK(triangle(3) == 6);
}
