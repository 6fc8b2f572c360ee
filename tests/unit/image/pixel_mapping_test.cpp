#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/preprocessor.hpp>

using eigenvit::CropRounding;
using eigenvit::Image;
using eigenvit::Index;
using eigenvit::PixelMapping;
using eigenvit::PreprocessConfig;
using eigenvit::Preprocessor;
using eigenvit::ResizeMode;

TEST_CASE("pixel mapping: there and back") {
  PixelMapping mapping;
  mapping.image_width = 640;
  mapping.image_height = 427;
  mapping.resized_width = 335;
  mapping.resized_height = 224;
  mapping.left = 56;
  mapping.top = -3;
  const auto at = mapping.to_input(320, 100);
  CHECK(at[0] == doctest::Approx(320.0 * 335 / 640 - 56));
  CHECK(at[1] == doctest::Approx(100.0 * 224 / 427 + 3));
  const auto back = mapping.to_image(at[0], at[1]);
  CHECK(back[0] == doctest::Approx(320));
  CHECK(back[1] == doctest::Approx(100));
}

namespace {

/// An image whose red tells the column and whose green tells the row.
Image ramps(Index width, Index height) {
  Image image(width, height);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(255 * x / width);
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(255 * y / height);
    }
  }
  return image;
}

/// The largest distance, in pixels of the image, between where the mapping says that a pixel of the
/// input comes from and what the preprocessor has put there. Pixels next to a border are left out,
/// where the resize has less to average over.
double worst_distance(const PreprocessConfig& config, Index width, Index height) {
  const Preprocessor preprocess(config);
  const PixelMapping mapping = preprocess.mapping(width, height);
  const auto size = preprocess.output_size(width, height);
  REQUIRE(mapping.height == size[0]);
  REQUIRE(mapping.width == size[1]);
  REQUIRE(mapping.image_width == width);
  REQUIRE(mapping.image_height == height);
  const Index area = size[0] * size[1];
  std::vector<float> values(static_cast<std::size_t>(3 * area));
  preprocess(ramps(width, height), values.data());
  double worst = 0;
  Index compared = 0;
  for (Index y = 0; y < size[0]; ++y) {
    for (Index x = 0; x < size[1]; ++x) {
      const auto at = mapping.to_image(static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5);
      const double red = static_cast<double>(values[static_cast<std::size_t>(y * size[1] + x)]);
      const double green =
          static_cast<double>(values[static_cast<std::size_t>(area + y * size[1] + x)]);
      const double margin = 8;
      if (at[0] < margin || at[1] < margin || at[0] > static_cast<double>(width) - margin ||
          at[1] > static_cast<double>(height) - margin) {
        continue;
      }
      // The ramp of 255 levels is rounded down: half a level lower on average.
      const double found_x = (red * 255 + 0.5) * static_cast<double>(width) / 255;
      const double found_y = (green * 255 + 0.5) * static_cast<double>(height) / 255;
      worst = std::max({worst, std::abs(found_x - at[0]), std::abs(found_y - at[1])});
      ++compared;
    }
  }
  REQUIRE(compared > area / 8);
  return worst;
}

PreprocessConfig recipe(ResizeMode mode, Index resize, Index crop_height, Index crop_width) {
  PreprocessConfig config;
  config.resize_mode = mode;
  config.resize_height = config.resize_width = resize;
  config.filter = eigenvit::Filter::bilinear;
  config.crop = crop_height > 0;
  config.crop_height = crop_height;
  config.crop_width = crop_width;
  config.normalize = false;
  return config;
}

}  // namespace

TEST_CASE("pixel mapping: the preprocessor puts pixels where it says") {
  // A level of the ramp is 200 / 255 or 120 / 255 pixels; a crop that is off by one would show.
  CHECK(worst_distance(recipe(ResizeMode::exact, 64, 0, 0), 200, 120) < 1.6);
  CHECK(worst_distance(recipe(ResizeMode::none, 1, 48, 60), 200, 120) < 0.9);
  CHECK(worst_distance(recipe(ResizeMode::shortest_edge, 96, 64, 64), 200, 120) < 1.2);
  CHECK(worst_distance(recipe(ResizeMode::shortest_edge, 96, 64, 64), 120, 200) < 1.2);
  CHECK(worst_distance(recipe(ResizeMode::cover, 96, 71, 65), 200, 121) < 1.2);
  // Padding on both sides, and on one with a crop on the other.
  CHECK(worst_distance(recipe(ResizeMode::contain, 96, 96, 96), 200, 120) < 2.2);
  PreprocessConfig padded = recipe(ResizeMode::none, 1, 151, 90);
  CHECK(worst_distance(padded, 200, 120) < 0.9);
  padded.crop_rounding = CropRounding::floor;
  CHECK(worst_distance(padded, 200, 120) < 0.9);
  CHECK(Preprocessor(padded).mapping(200, 120).top == -16);
  CHECK(Preprocessor(padded).mapping(200, 120).left == 55);
}
