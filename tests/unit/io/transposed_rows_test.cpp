#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/transposed_rows.hpp>

#include "test_files.hpp"

using eigenvit::Index;
using eigenvit::TensorStore;
using eigenvit::detail::TransposedRows;

TEST_CASE("TransposedRows puts the channels of a place's outputs together, and scales") {
  constexpr Index channels = 3, outputs = 37;
  for (const Index factor : {1, 2, 4, 8}) {
    const Index places = factor * factor;
    const Index count = channels * outputs * places;
    std::string values(static_cast<std::size_t>(count) * sizeof(float), '\0');
    for (Index i = 0; i < count; ++i) {
      const auto value = static_cast<float>(i);
      std::memcpy(&values[static_cast<std::size_t>(i) * sizeof value], &value, sizeof value);
    }
    const std::string side = std::to_string(factor);
    const std::string bytes = test_files::safetensors_bytes(
        R"({"w":{"dtype":"F32","shape":[3,37,)" + side + "," + side + R"(],"data_offsets":[0,)" +
            std::to_string(values.size()) + "]}}",
        values);
    const auto store = std::make_shared<const TensorStore>(
        TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
    for (const bool scaled : {false, true}) {
      eigenvit::AlignedBuffer<double> scale;
      for (Index o = 0; scaled && o < outputs; ++o) scale.push_back(double(o) - 3.5);
      const TransposedRows<double> rows(store, store->at("w"), channels, outputs, places, scale);
      // Some rows, also from one place to the next.
      for (const Index first : {Index{0}, Index{5}, places * outputs / 2}) {
        const Index taken = places * outputs - first - 1;
        std::vector<double> out(static_cast<std::size_t>(taken * channels + 1), -1);
        rows.read(first, taken, out.data());
        bool right = out.back() == -1;
        for (Index i = 0; i < taken * channels; ++i) {
          const Index row = first + i / channels, c = i % channels;
          const Index o = row % outputs, place = row / outputs;
          const double factor_of = scaled ? double(o) - 3.5 : 1;
          right = right && out[static_cast<std::size_t>(i)] ==
                               factor_of * double((c * outputs + o) * places + place);
        }
        CHECK(right);
      }
    }
  }
}
