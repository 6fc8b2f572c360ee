#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/pixel_batch.hpp>

TEST_CASE("PixelBatch says where the values of a batch lie") {
  const std::vector<float> values(2 * 3 * 4 * 5);
  const eigenvit::PixelBatch<float> batch{values.data(), 2, 4, 5};
  CHECK(batch.values == values.data());
  CHECK(batch.images == 2);
  CHECK(batch.height == 4);
  CHECK(batch.width == 5);
  CHECK(batch.samples == nullptr);
  const std::vector<std::uint8_t> samples(2 * 3 * 4 * 5);
  const std::vector<float> table(3 * 256);
  const eigenvit::PixelBatch<float> sampled{nullptr, 2, 4, 5, samples.data(), table.data()};
  CHECK(sampled.values == nullptr);
  CHECK(sampled.samples == samples.data());
  CHECK(sampled.sample_values == table.data());
  const eigenvit::PixelBatch<double> none{};
  CHECK(none.values == nullptr);
  CHECK(none.images == 0);
}
