#include <algorithm>

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
using support::random_values;

namespace {

/// `u [depth]` as a column of a matrix, whose other columns stay as they are.
Framed<float> multiply(const KernelTable& table, const AlignedBuffer<float>& panels, Index count,
                       Index depth, const AlignedBuffer<float>& q) {
  Framed<float> u(depth, 3, 4);
  table.format(eigenvit::kernels::WeightFormat::native)
      .transposed_product(panels.data(), count, depth, q.data(), &u(0, 1), u.stride);
  return u;
}

}  // namespace

TEST_CASE("transposed_product is its twin over odd sizes, the same bits for the sets that agree") {
  double worst = 0;
  for (const Index panels : {0, 1, 2, 3, 4, 5, 12}) {
    for (const Index depth : {1, 2, 7, 16, 33, 192}) {
      CAPTURE(panels);
      CAPTURE(depth);
      const Index outputs = panels * panel_width;
      const auto weight = random_values<float>(outputs * depth, 1);
      const auto packed = support::pack(weight, outputs, depth);
      const auto q = random_values<float>(outputs, 2);
      Framed<float> expected(depth, 3, 4);
      eigenvit::reference::transposed_product(weight.data(), outputs, depth, q.data(),
                                              &expected(0, 1), expected.stride);
      const auto first = multiply(*kernel_tables().front(), packed, panels, depth, q);
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        const auto u = multiply(*table, packed, panels, depth, q);
        CHECK(u.frame_is_whole());
        worst = std::max(worst, support::worst_error(u, expected));
        if (support::agree(*table, *kernel_tables().front())) CHECK(u.is_part_of(first));
      }
    }
  }
  CHECK(worst < 2e-6);  // measured: 6.4e-7
}

TEST_CASE("transposed_product passes NaN and infinities on to what they reach") {
  const auto weight = random_values<float>(32 * 5, 1);
  const auto q = random_values<float>(32, 2);
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const auto clean = multiply(*table, support::pack(weight, 32, 5), 2, 5, q);
    auto changed = weight;
    changed[20 * 5 + 3] = support::not_a_number;
    const auto u = multiply(*table, support::pack(changed, 32, 5), 2, 5, q);
    for (Index i = 0; i < 5; ++i) {
      CHECK((i == 3 ? support::is_nan(u(i, 1)) : support::same_bits(u(i, 1), clean(i, 1))));
    }
    auto bad = q;
    bad[31] = support::infinity;
    const auto v = multiply(*table, support::pack(weight, 32, 5), 2, 5, bad);
    for (Index i = 0; i < 5; ++i) {
      const float sign = weight[static_cast<std::size_t>(31 * 5 + i)];
      CHECK(support::same_bits(v(i, 1), sign > 0 ? support::infinity : -support::infinity));
    }
  }
}
