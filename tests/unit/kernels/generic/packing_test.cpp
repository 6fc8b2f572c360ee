#include <array>
#include <cstdint>
#include <cstring>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>

#include "../../framed.hpp"
#include "../tables.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::panel_width;
using support::Framed;
using support::kernel_tables;

namespace {

/// Sixteen rows of a larger matrix, out of order and one of them twice.
std::array<const float*, panel_width> scattered(const Framed<float>& matrix) {
  std::array<const float*, panel_width> rows{};
  for (Index o = 0; o < panel_width; ++o) {
    rows[static_cast<std::size_t>(o)] = &matrix(o * 7 % 20, 0);
  }
  rows[5] = rows[11];
  return rows;
}

}  // namespace

TEST_CASE("pack_panel is its twin over odd depths, and writes no more") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (Index depth = 0; depth <= 70; ++depth) {
      CAPTURE(depth);
      const Framed<float> matrix(20, depth, 1, 3);
      const auto rows = scattered(matrix);
      Framed<float> panel(1, depth * panel_width, 2);
      Framed<float> expected = panel;
      table->pack_panel(rows.data(), depth, panel.data());
      eigenvit::reference::pack_panel(rows.data(), depth, expected.data());
      CHECK(panel.frame_is_whole());
      CHECK(panel.is_part_of(expected));
    }
  }
}

TEST_CASE("pack_panel keeps every bit, of NaN and numbers below the normal ones too") {
  Framed<float> matrix(20, 9, 1);
  const std::uint32_t bits[] = {0x7FC12345, 0xFFC54321, 0x7F800001, 0x80000000, 0x00000001};
  for (Index i = 0; i < 20 * 9; ++i) {
    std::memcpy(&matrix(i / 9, i % 9), &bits[i % 5], sizeof(float));
  }
  const auto rows = scattered(matrix);
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    AlignedBuffer<float> panel(9 * panel_width);
    table->pack_panel(rows.data(), 9, panel.data());
    bool same = true;
    for (Index i = 0; i < 9; ++i) {
      for (Index o = 0; o < panel_width; ++o) {
        same = same && support::same_bits(panel.data() + i * panel_width + o,
                                          rows[static_cast<std::size_t>(o)] + i, 1);
      }
    }
    CHECK(same);
  }
}
