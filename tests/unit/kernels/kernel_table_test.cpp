#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tables.hpp"

// What the kernels compute is tested in generic/, for all tables there.
TEST_CASE("Every KernelTable is complete, and panels divide into its registers") {
  std::set<std::string> names;
  for (const auto* const table : support::format_tables()) {
    CAPTURE(support::name_of(table));
    CHECK(names.insert(table->name).second);
    CHECK(table->lanes >= 4);
    CHECK(eigenvit::kernels::panel_width % table->lanes == 0);
    CHECK(table->tile_rows >= 1);
    using eigenvit::kernels::WeightFormat;
    CHECK(table->has(WeightFormat::native));
    CHECK(table->has(WeightFormat::int8));
    for (const auto& format : table->formats) {
      CHECK((format.gemm != nullptr) == (format.pack != nullptr));
      CHECK((format.gemm != nullptr) == (format.unpack != nullptr));
      const bool is_encoded = format.encode != nullptr;
      CHECK((format.gemm != nullptr && !is_encoded) == (format.transposed_product != nullptr));
    }
    using eigenvit::kernels::AttentionFormat;
    const auto has = [&](AttentionFormat format) {
      return table->attention(format).attend != nullptr;
    };
    CHECK(has(AttentionFormat::native));
    CHECK((table->attention(AttentionFormat::native).pack == nullptr));
    CHECK(has(AttentionFormat::words));
    CHECK(has(AttentionFormat::bfloat16) == table->has(WeightFormat::bfloat16_pairs));
    for (const AttentionFormat format : {AttentionFormat::bfloat16, AttentionFormat::words}) {
      CHECK(has(format) == (table->attention(format).pack != nullptr));
    }
    CHECK((table->layer_norm != nullptr));
    CHECK((table->softmax_columns != nullptr));
    CHECK((table->weighted_sums != nullptr));
    CHECK((table->sum_rows != nullptr));
    CHECK((table->add_row != nullptr));
    CHECK((table->blend_rows != nullptr));
    CHECK((table->blend_pixels != nullptr));
    CHECK((table->gate != nullptr));
    CHECK((table->rotate != nullptr));
    CHECK((table->pack_panel != nullptr));
  }
}
