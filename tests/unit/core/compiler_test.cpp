#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/compiler.hpp>

#define EIGENVIT_TEST_TEXT_(text) #text
#define EIGENVIT_TEST_TEXT(text) EIGENVIT_TEST_TEXT_(text)

namespace eigenvit {
inline namespace EIGENVIT_ABI {
constexpr int in_abi_namespace = 1;
}
}  // namespace eigenvit

EIGENVIT_STRICT_MATH_BEGIN

namespace {

// With -ffast-math a compiler may give `small`; as written, it is lost in the rounding.
float what_rounding_left(float large, float small) {
  return (large + small) - large;
}

bool is_nan(double value) {
  return value != value;
}

}  // namespace

EIGENVIT_STRICT_MATH_END

TEST_CASE("EIGENVIT_ABI names version, instruction set, arithmetic and library settings") {
  const std::string name = EIGENVIT_TEST_TEXT(EIGENVIT_ABI);
  const std::string version =
      "v" + std::to_string(EIGENVIT_VERSION_MAJOR) + "_" + std::to_string(EIGENVIT_VERSION_MINOR);
  CHECK(name.compare(0, version.size() + 1, version + "_") == 0);
#if defined(__FAST_MATH__)
  CHECK(name.find("_fast") != std::string::npos);
#else
  CHECK(name.find("_fast") == std::string::npos);
#endif
#if defined(_GLIBCXX_DEBUG)
  CHECK(name.find("_debug") != std::string::npos);
#else
  CHECK(name.find("_debug") == std::string::npos);
#endif
#if defined(__AVX512F__)
  CHECK(name.find("_avx512") != std::string::npos);
#elif defined(__AVX2__) && defined(__FMA__)
  CHECK(name.find("_avx2") != std::string::npos);
#endif
  // Inline: the name of the namespace need not be written.
  CHECK(&eigenvit::in_abi_namespace == &eigenvit::EIGENVIT_ABI::in_abi_namespace);
}

TEST_CASE("EIGENVIT_HEADER_ONLY follows EIGENVIT_COMPILED and EIGENVIT_IMPLEMENTATION") {
#if defined(EIGENVIT_COMPILED) || defined(EIGENVIT_IMPLEMENTATION)
  CHECK(EIGENVIT_HEADER_ONLY == 0);
  CHECK(std::string(EIGENVIT_TEST_TEXT(EIGENVIT_INLINE)).empty());
#else
  CHECK(EIGENVIT_HEADER_ONLY == 1);
  CHECK(std::string(EIGENVIT_TEST_TEXT(EIGENVIT_INLINE)) == "inline");
#endif
}

TEST_CASE("Between the strict math macros arithmetic is what is written") {
  // Read at run time, so that nothing is folded.
  volatile float large = 1e8f;
  volatile float small = 1;
  CHECK(what_rounding_left(large, small) == 0);
  volatile double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(is_nan(nan));
  CHECK_FALSE(is_nan(1));
}
