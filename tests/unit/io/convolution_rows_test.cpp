#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/convolution_rows.hpp>

#include "test_files.hpp"

using eigenvit::Index;
using eigenvit::TensorStore;
using eigenvit::detail::ConvolutionPart;
using eigenvit::detail::ConvolutionRows;

namespace {

constexpr Index outputs = 3;
constexpr Index channels = 70;

/// A tensor `[3, 70, kernel, kernel]` of whole numbers from 0 on.
std::string counting_tensor(Index kernel) {
  const Index count = outputs * channels * kernel * kernel;
  std::string values(static_cast<std::size_t>(count) * sizeof(float), '\0');
  for (Index i = 0; i < count; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(&values[static_cast<std::size_t>(i) * sizeof value], &value, sizeof value);
  }
  const std::string side = std::to_string(kernel);
  return test_files::safetensors_bytes(R"({"w":{"dtype":"F32","shape":[3,70,)" + side + "," + side +
                                           R"(],"data_offsets":[0,)" +
                                           std::to_string(values.size()) + "]}}",
                                       values);
}

}  // namespace

TEST_CASE("ConvolutionRows puts channels last, of all of a tensor or of a part, and scales") {
  for (const Index kernel : {1, 2, 3}) {
    const std::string bytes = counting_tensor(kernel);
    const auto store = std::make_shared<const TensorStore>(
        TensorStore::from_memory(bytes.data(), bytes.size(), "F"));
    const Index places = kernel * kernel;
    for (const Index first : {0, 1, 40}) {
      for (const Index taken : {1, 29, 30}) {
        for (const bool scaled : {false, true}) {
          ConvolutionPart<double> part{first, channels, {}};
          if (scaled) part.scale = {2, 0.5, -3};
          const ConvolutionRows<double> rows(store, store->at("w"), taken, places, part);
          std::vector<double> out(static_cast<std::size_t>(2 * taken * places + 1), -1);
          rows.read(1, 2, out.data());
          bool right = out.back() == -1;
          for (Index i = 0; i < 2 * taken * places; ++i) {
            const Index output = 1 + i / (taken * places);
            const Index place = i / taken % places;
            const double value = double((output * channels + first + i % taken) * places + place);
            const double factor = scaled ? part.scale[static_cast<std::size_t>(output)] : 1;
            right = right && out[static_cast<std::size_t>(i)] == factor * value;
          }
          CHECK(right);
        }
      }
    }
    // Without a part: all channels.
    const ConvolutionRows<float> whole(store, store->at("w"), channels, places);
    std::vector<float> out(static_cast<std::size_t>(channels * places));
    whole.read(2, 1, out.data());
    CHECK(out.back() == static_cast<float>(outputs * channels * places - 1));
    CHECK(out.front() == static_cast<float>(2 * channels * places));
    whole.release();
    whole.read(2, 1, out.data());
    CHECK(out.back() == static_cast<float>(outputs * channels * places - 1));
  }
}
