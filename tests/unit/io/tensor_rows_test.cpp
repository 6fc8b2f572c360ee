#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/tensor_rows.hpp>

#include "test_files.hpp"

using eigenvit::Index;
using eigenvit::TensorStore;
using eigenvit::detail::TensorRows;

namespace {

/// Three tensors `[4, 3]` of the float values 0 to 35, which stand as floats may.
std::string three_tensors() {
  std::string values(36 * sizeof(float), '\0');
  for (int i = 0; i < 36; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(&values[static_cast<std::size_t>(i) * sizeof value], &value, sizeof value);
  }
  return test_files::safetensors_bytes(
      R"({"k":{"dtype":"F32","shape":[4,3],"data_offsets":[48,96]},)"
      R"("q":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]},)"
      R"("v":{"dtype":"F32","shape":[4,3],"data_offsets":[96,144]}})",
      values);
}

}  // namespace

TEST_CASE("TensorRows reads any rows of tensors that stand below each other") {
  const std::string bytes = three_tensors();
  const auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const TensorRows<float> rows(store, {&store->at("q"), &store->at("k"), &store->at("v")}, 3);
  const TensorRows<double> doubles(store, {&store->at("q"), &store->at("k"), &store->at("v")}, 3);
  for (Index first = 0; first < 12; ++first) {
    for (Index count = 0; first + count <= 12; ++count) {
      std::vector<float> out(static_cast<std::size_t>(count * 3 + 1), -1);
      std::vector<double> wide(out.size(), -1);
      rows.read(first, count, out.data());
      doubles.read(first, count, wide.data());
      bool right = out.back() == -1 && wide.back() == -1;
      for (Index i = 0; i < count * 3; ++i) {
        right = right && out[static_cast<std::size_t>(i)] == static_cast<float>(first * 3 + i) &&
                wide[static_cast<std::size_t>(i)] == static_cast<double>(first * 3 + i);
      }
      CHECK(right);
    }
  }
  rows.release();
  float again[3];
  rows.read(11, 1, again);
  CHECK(again[2] == 35);
}

TEST_CASE("TensorRows reads tensors of several lengths") {
  const std::string bytes =
      test_files::safetensors_bytes(R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                                    R"("b":{"dtype":"F32","shape":[3,2],"data_offsets":[8,32]}})",
                                    three_tensors().substr(three_tensors().size() - 32));
  const auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  for (const auto& names : {std::vector<const char*>{"a", "b"}, {"b", "a"}}) {
    const TensorRows<float> rows(store, {&store->at(names[0]), &store->at(names[1])}, 2);
    std::vector<float> expected(8);
    store->read(store->at(names[0]), expected.data());
    store->read(store->at(names[1]), expected.data() + store->at(names[0]).element_count());
    for (Index first = 0; first < 4; ++first) {
      REQUIRE(rows.in_place(first) != nullptr);
      CHECK(rows.in_place(first)[1] == expected[static_cast<std::size_t>(2 * first + 1)]);
      std::vector<float> found(static_cast<std::size_t>(2 * (4 - first)));
      rows.read(first, 4 - first, found.data());
      CHECK(found == std::vector<float>(expected.begin() + 2 * first, expected.end()));
    }
  }
}

TEST_CASE("TensorRows finds rows of floats where they stand, also those of a slice") {
  const std::string bytes = three_tensors();
  const auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const TensorRows<float> rows(store, {&store->at("q"), &store->at("k"), &store->at("v")}, 3);
  const TensorRows<double> doubles(store, {&store->at("q")}, 3);
  for (Index row = 0; row < 12; ++row) {
    REQUIRE(rows.in_place(row) != nullptr);
    for (Index i = 0; i < 3; ++i) CHECK(rows.in_place(row)[i] == static_cast<float>(row * 3 + i));
  }
  CHECK(doubles.in_place(0) == nullptr);
  const TensorRows<float> below(store, {&store->at("k")}, 3, {2, 0, 3});
  CHECK(below.in_place(1)[0] == 21);
  const TensorRows<float> right(store, {&store->at("q")}, 2, {0, 1, 3});
  CHECK(right.in_place(0)[0] == 1);
  CHECK(right.in_place(3)[1] == 11);
}

TEST_CASE("TensorRows reads a slice of a tensor") {
  const std::string bytes = three_tensors();
  const auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const auto read = [&](const TensorRows<float>& rows, Index first, Index count, Index inputs) {
    std::vector<float> out(static_cast<std::size_t>(count * inputs));
    rows.read(first, count, out.data());
    return out;
  };
  const TensorRows<float> below(store, {&store->at("k")}, 3, {2, 0, 3});
  CHECK(read(below, 0, 2, 3) == std::vector<float>{18, 19, 20, 21, 22, 23});
  CHECK(read(below, 1, 1, 3) == std::vector<float>{21, 22, 23});
  const TensorRows<float> right(store, {&store->at("q")}, 2, {0, 1, 3});
  CHECK(read(right, 0, 4, 2) == std::vector<float>{1, 2, 4, 5, 7, 8, 10, 11});
  CHECK(read(right, 2, 1, 2) == std::vector<float>{7, 8});
}

TEST_CASE("TensorRows keeps its store alive") {
  const std::string bytes = three_tensors();
  auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const TensorRows<float> rows(store, {&store->at("k")}, 3);
  const std::weak_ptr<const TensorStore> seen = store;
  store.reset();
  REQUIRE_FALSE(seen.expired());
  float row[3];
  rows.read(1, 1, row);
  CHECK(row[0] == 15);
}
