#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tables.hpp"

// What the kernels compute is tested in generic/, for all tables there.
TEST_CASE("Every KernelTable is complete, and panels divide into its registers") {
  std::set<std::string> names;
  for (const auto* const table : support::kernel_tables()) {
    CAPTURE(support::name_of(table));
    CHECK(names.insert(table->name).second);
    CHECK(table->lanes >= 4);
    CHECK(eigenvit::kernels::panel_width % table->lanes == 0);
    CHECK(table->tile_rows >= 1);
    CHECK((table->gemm != nullptr));
    CHECK((table->attention != nullptr));
    CHECK((table->layer_norm != nullptr));
    CHECK((table->softmax_columns != nullptr));
    CHECK((table->weighted_sums != nullptr));
    CHECK((table->transposed_product != nullptr));
    CHECK((table->sum_rows != nullptr));
    CHECK((table->add_row != nullptr));
    CHECK((table->gate != nullptr));
    CHECK((table->rotate != nullptr));
    CHECK((table->pack_panel != nullptr));
  }
}
