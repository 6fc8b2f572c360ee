#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/grouped_head_rows.hpp>

#include "test_files.hpp"

using eigenvit::Index;
using eigenvit::TensorStore;
using eigenvit::detail::GroupedHeadRows;

namespace {

/// Queries `[8, 2]` of the values 0 to 15, keys `[4, 2]` from 16, values `[4, 2]` from 24 on: four
/// heads of two rows, of which pairs share keys and values.
std::string queries_keys_values() {
  std::string values(32 * sizeof(float), '\0');
  for (int i = 0; i < 32; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(&values[static_cast<std::size_t>(i) * sizeof value], &value, sizeof value);
  }
  return test_files::safetensors_bytes(
      R"({"k":{"dtype":"F32","shape":[4,2],"data_offsets":[64,96]},)"
      R"("q":{"dtype":"F32","shape":[8,2],"data_offsets":[0,64]},)"
      R"("v":{"dtype":"F32","shape":[4,2],"data_offsets":[96,128]}})",
      values);
}

/// The tensor's row that stands in row `row` of all.
int source_row(Index row) {
  static const int rows[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  8,  9,
                             10, 11, 10, 11, 12, 13, 12, 13, 14, 15, 14, 15};
  return rows[row];
}

}  // namespace

TEST_CASE("GroupedHeadRows repeats heads of keys and values for the heads that share them") {
  const std::string bytes = queries_keys_values();
  auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const GroupedHeadRows<float> rows(store, {&store->at("q"), &store->at("k"), &store->at("v")}, 2,
                                    4, 2, 2);
  // The rows keep the store.
  store.reset();
  for (Index first = 0; first < 24; ++first) {
    for (Index count = 0; first + count <= 24; ++count) {
      std::vector<float> out(static_cast<std::size_t>(count * 2 + 1), -1);
      rows.read(first, count, out.data());
      bool right = out.back() == -1;
      for (Index i = 0; i < count * 2; ++i) {
        const auto expected = static_cast<float>(2 * source_row(first + i / 2) + i % 2);
        right = right && out[static_cast<std::size_t>(i)] == expected;
      }
      CHECK(right);
    }
    REQUIRE(rows.in_place(first) != nullptr);
    CHECK(rows.in_place(first)[1] == static_cast<float>(2 * source_row(first) + 1));
  }
  rows.release();
  float again[2];
  rows.read(23, 1, again);
  CHECK(again[1] == 31);
}

TEST_CASE("GroupedHeadRows with a head of keys and values for each of queries repeats none") {
  const std::string bytes = queries_keys_values();
  const auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const GroupedHeadRows<double> rows(store, {&store->at("k"), &store->at("v"), &store->at("k")}, 2,
                                     2, 2, 2);
  std::vector<double> out(24);
  rows.read(0, 12, out.data());
  for (int i = 0; i < 24; ++i) CHECK(out[static_cast<std::size_t>(i)] == 16 + i % 16);
}
