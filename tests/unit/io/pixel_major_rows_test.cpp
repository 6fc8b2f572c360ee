#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/pixel_major_rows.hpp>

#include "test_files.hpp"

using eigenvit::Index;
using eigenvit::TensorStore;

TEST_CASE("PixelMajorRows puts the pixels of a channel beside each other") {
  // Two rows of two pixels of three channels.
  std::string values(12 * sizeof(float), '\0');
  for (int i = 0; i < 12; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(&values[static_cast<std::size_t>(i) * sizeof value], &value, sizeof value);
  }
  const std::string bytes = test_files::safetensors_bytes(
      R"({"w":{"dtype":"F32","shape":[2,6],"data_offsets":[0,48]}})", values);
  auto store = std::make_shared<const TensorStore>(
      TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
  const eigenvit::detail::PixelMajorRows<float> rows(store, store->at("w"), 2, 3);
  // The rows keep the store.
  store.reset();
  CHECK(rows.in_place(0) == nullptr);
  std::vector<float> both(13, -1.0F);
  rows.read(0, 2, both.data());
  CHECK(both == std::vector<float>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1});
  rows.release();
  std::vector<float> second(6);
  rows.read(1, 1, second.data());
  CHECK(second == std::vector<float>{6, 9, 7, 10, 8, 11});
}
