// The instruction sets side by side: what each of the headers in kernels/isa/ adds to the bodies
// that they share. Every kernel is tested on every set in generic/.
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "../support.hpp"
#include "tables.hpp"

using eigenvit::AlignedBuffer;
using support::kernel_tables;

namespace {

/// The softmax of two rows, `x` and 0: `2^x` as a share of itself and 1.
AlignedBuffer<float> two_rows(const eigenvit::kernels::KernelTable& table, float x) {
  AlignedBuffer<float> scores(32, 0.0f);
  for (std::size_t i = 0; i < 16; ++i) scores[i] = x;
  table.softmax_columns(scores.data(), 2);
  return scores;
}

}  // namespace

TEST_CASE("Each set has its own width and tile") {
  for (const auto* const table : kernel_tables()) {
    const std::string name = table->name;
    CAPTURE(name);
    const bool wide = name.rfind("avx512", 0) == 0;
    const bool is_avx2 = name == "avx2" || name == "avx_vnni";
    CHECK(table->lanes == (wide ? 16 : is_avx2 ? 8 : 4));
    CHECK(table->tile_rows == (wide ? 13 : is_avx2 ? 6 : name.rfind("neon", 0) == 0 ? 5 : 4));
  }
}

TEST_CASE("Powers of two are exact in every lane of every set, down to the smallest normal one") {
  for (const auto* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (int n = 0; n >= -126; --n) {
      const auto y = two_rows(*table, static_cast<float>(n));
      const float power = std::ldexp(1.0f, n);
      // Rounded once where it is added, once where 1 is divided and once in the product.
      const float by = 1.0f / (1.0f + power);
      bool same = true;
      for (std::size_t i = 0; i < 16; ++i) {
        same = same && y[i] == power * by && y[16 + i] == by;
      }
      CHECK(same);
    }
    for (const float x : {-126.1f, -150.0f, -1e30f}) {
      const auto y = two_rows(*table, x);
      for (std::size_t i = 0; i < 16; ++i) CHECK((y[i] == 0 && y[16 + i] == 1));
    }
  }
}
