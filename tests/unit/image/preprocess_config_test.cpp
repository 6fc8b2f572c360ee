#include <doctest/doctest.h>

#include <eigenvit/image/preprocess_config.hpp>

TEST_CASE("the recipe of a square input of 224 that is not normalised is the default") {
  const eigenvit::PreprocessConfig config;
  CHECK(config.resize_mode == eigenvit::ResizeMode::shortest_edge);
  CHECK(config.resize_height == 224);
  CHECK(config.resize_width == 224);
  CHECK(config.longest_edge == 0);
  CHECK(config.filter == eigenvit::Filter::bicubic);
  CHECK(config.crop);
  CHECK(config.crop_height == 224);
  CHECK(config.crop_width == 224);
  CHECK(config.crop_rounding == eigenvit::CropRounding::half_even);
  CHECK(config.rescale == eigenvit::Rescale::divide);
  CHECK(config.rescale_factor == 1.0 / 255.0);
  CHECK(config.mean == std::array<float, 3>{0, 0, 0});
  CHECK(config.std == std::array<float, 3>{1, 1, 1});
}
