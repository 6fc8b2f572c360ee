#include "../stored_bits.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/kernels/dispatch.hpp>

#include "../kernels/tables.hpp"

namespace {

/// Has every kernel be that of `table`, until the end of its life.
class KernelsInUse {
 public:
  explicit KernelsInUse(const eigenvit::kernels::KernelTable& table)
      : before_(eigenvit::kernels::active_kernels()) {
    use(table);
  }
  KernelsInUse(const KernelsInUse&) = delete;
  KernelsInUse& operator=(const KernelsInUse&) = delete;
  ~KernelsInUse() { use(before_); }

 private:
  static void use(const eigenvit::kernels::KernelTable& table) {
    eigenvit::kernels::detail::active_table.store(&table, std::memory_order_release);
  }

  const eigenvit::kernels::KernelTable& before_;
};

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

TEST_CASE("A whole forward pass in int8 has the stored bits on a model of AMX") {
  for (const auto* const table : support::format_tables()) {
    if (support::name_of(table) != "amx in software") continue;
    const KernelsInUse in_use(*table);
    for (const auto& expected : stored_bits::stored) {
      if (expected.format != eigenvit::kernels::WeightFormat::int8) continue;
      const auto output =
          stored_bits::forward(expected.activation, stored_bits::every_tap(), expected.format);
      CHECK(hexadecimal(stored_bits::hash(output)) == hexadecimal(expected.every_tap));
    }
  }
}
