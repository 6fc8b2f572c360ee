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
  const eigenvit::PixelBatch<double> none{};
  CHECK(none.values == nullptr);
  CHECK(none.images == 0);
}
