#include "../stored_bits.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/kernels/dispatch.hpp>

namespace {

std::string hexadecimal(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%016llX", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

// Not a test of what a network should say: of every compiler, flag and processor saying the same.
TEST_CASE("A whole forward pass has the bits that were stored") {
  const std::string name = eigenvit::kernels::active_kernels().name;
  CAPTURE(name);
  for (const auto& expected : stored_bits::stored) {
    CAPTURE(static_cast<int>(expected.activation));
    CAPTURE(static_cast<int>(expected.format));
    const auto all =
        stored_bits::forward(expected.activation, stored_bits::every_tap(), expected.format);
    const auto alone =
        stored_bits::forward(expected.activation, stored_bits::logits_only(), expected.format);
    for (const auto* const output : {&all, &alone}) {
      // Measured: 2.3e-7 at most.
      CHECK(std::abs(output->logits.front() - expected.first_logit) < 6e-7f);
      CHECK(std::abs(output->logits.back() - expected.last_logit) < 6e-7f);
    }
    if (name == "baseline") continue;
    CHECK(hexadecimal(stored_bits::hash(all)) == hexadecimal(expected.every_tap));
    CHECK(hexadecimal(stored_bits::hash(alone)) == hexadecimal(expected.logits_only));
  }
}
