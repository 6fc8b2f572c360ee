/// What several unit tests need.
#ifndef EIGENVIT_TESTS_UNIT_SUPPORT_HPP
#define EIGENVIT_TESTS_UNIT_SUPPORT_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>

namespace support {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The same numbers in [-1, 1) on every platform, 53 random bits each.
/// Source: SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0xD1B54A32D192ED03u) {}

  double operator()() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t bits = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return std::ldexp(static_cast<double>((bits ^ (bits >> 31)) >> 11), -52) - 1;
  }

 private:
  std::uint64_t state_;
};

/// `count` values in `[center - spread, center + spread)`.
template <class Scalar>
eigenvit::AlignedBuffer<Scalar> random_values(std::ptrdiff_t count, std::uint64_t seed,
                                              double spread = 1, double center = 0) {
  Random random(seed);
  eigenvit::AlignedBuffer<Scalar> values(static_cast<std::size_t>(count));
  for (Scalar& value : values) value = static_cast<Scalar>(center + spread * random());
  return values;
}

/// Largest `|actual - expected| / (1 + |expected|)`; infinite where one of them is not finite and
/// the other differs.
template <class Actual, class Expected>
double worst_error(const Actual* actual, const Expected* expected, std::ptrdiff_t count) {
  double worst = 0;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const auto a = static_cast<double>(actual[i]);
    const auto e = static_cast<double>(expected[i]);
    const double error = std::abs(a - e) / (1 + std::abs(e));
    if (!(error <= worst)) worst = a == e ? worst : error <= HUGE_VAL ? error : HUGE_VAL;
  }
  return worst;
}

template <class Scalar>
bool same_bits(const Scalar* a, const Scalar* b, std::ptrdiff_t count) {
  // Empty buffers may have null pointers, which memcmp must not be given.
  return count == 0 || std::memcmp(a, b, static_cast<std::size_t>(count) * sizeof(Scalar)) == 0;
}

template <class Buffer>
bool same_bits(const Buffer& a, const Buffer& b) {
  return a.size() == b.size() &&
         same_bits(a.data(), b.data(), static_cast<std::ptrdiff_t>(a.size()));
}

/// Whether a test runs several times what only the order of threads changes: not in programs that
/// check each access to memory, which are slow, and find the same in any order.
inline bool repeats_orders() {
  return std::getenv("EIGENVIT_TEST_SLOW") == nullptr;
}

/// How often it does: `count` times, or once.
inline int repeats(int count) {
  return repeats_orders() ? count : 1;
}

/// The numbers of threads that it runs with: these, or the last one alone.
inline std::vector<int> thread_counts(std::vector<int> counts) {
  if (!repeats_orders()) counts = {counts.back()};
  return counts;
}

/// Also where the compiler takes it for granted that there is no NaN (-ffast-math).
inline bool is_nan(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & 0x7FFFFFFFu) > 0x7F800000u;
}

/// `a == b`, also of infinities where the compiler takes it for granted that there are none; 0 and
/// -0 differ.
inline bool same_bits(float a, float b) {
  return same_bits(&a, &b, 1);
}

/// The message of the `Exception` that `call` throws; other exceptions pass.
template <class Exception, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Exception& exception) {
    return exception.what();
  }
  return "nothing was thrown";
}

}  // namespace support

#endif
