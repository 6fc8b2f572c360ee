#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include <doctest/doctest.h>

#include <eigenvit/features/colour_map.hpp>

#include "../support.hpp"

using namespace eigenvit;

namespace {

/// Lightness of CIE L*a*b*, from 0 to 100, of an sRGB colour.
double lightness(const Colour& colour) {
  const std::array<double, 3> weights = {0.2126, 0.7152, 0.0722};
  double luminance = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const double v = colour[c] / 255.0;
    luminance += weights[c] * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
  }
  return luminance <= 216.0 / 24389.0 ? luminance * 24389.0 / 27.0
                                      : 116.0 * std::cbrt(luminance) - 16.0;
}

}  // namespace

TEST_CASE("viridis grows lighter, and evenly") {
  double before = lightness(viridis(0));
  CHECK(before < 16);
  for (int i = 1; i <= 32; ++i) {
    const double now = lightness(viridis(static_cast<float>(i) / 32));
    // 90 or less than 76 levels of lightness in 32 steps: 2.4 each.
    CHECK(now - before > 1.7);
    CHECK(now - before < 3.1);
    before = now;
  }
  CHECK(before > 90);
}

TEST_CASE("viridis: ends, known colours, numbers beyond") {
  CHECK(viridis(0) == Colour{68, 1, 84});
  CHECK(viridis(1) == Colour{253, 231, 37});
  CHECK(viridis(0.2F) == Colour{65, 68, 135});
  CHECK(viridis(-3) == viridis(0));
  CHECK(viridis(3) == viridis(1));
  CHECK(viridis(support::infinity) == viridis(1));
}

TEST_CASE("label colours differ") {
  std::set<Colour> seen;
  for (Index label = 0; label < 24; ++label) seen.insert(label_colour(label));
  CHECK(seen.size() == 24);
  CHECK(label_colour(24) == label_colour(0));
  for (const Index none : {Index(-1), Index(-24)}) CHECK(label_colour(none) == Colour{0, 0, 0});
  CHECK(lightness(label_colour(8)) < lightness(label_colour(0)));
}

TEST_CASE("maps, labels and planes as pictures") {
  Matrix<float> map(2, 3);
  map << -1, 0, 1, 2, 3, 9;
  const Image picture = colour_picture(map, -1, 3);
  CHECK(picture.width() == 3);
  CHECK(picture.height() == 2);
  const auto pixel = [](const Image& image, Index x, Index y) {
    const std::uint8_t* p = image.row(y) + 3 * x;
    return Colour{p[0], p[1], p[2]};
  };
  CHECK(pixel(picture, 0, 0) == viridis(0));
  CHECK(pixel(picture, 1, 0) == viridis(0.25F));
  CHECK(pixel(picture, 2, 1) == viridis(1));
  // A map without any range is drawn in the first colour.
  CHECK(pixel(colour_picture(Matrix<float>::Ones(1, 1), 1, 1), 0, 0) == viridis(0));

  Matrix<Index> labels(1, 2);
  labels << 3, 9;
  CHECK(pixel(label_picture(labels), 0, 0) == label_colour(3));
  CHECK(pixel(label_picture(labels), 1, 0) == label_colour(9));

  const Image rgb =
      rgb_picture({Matrix<float>::Constant(1, 2, -1.0F), Matrix<float>::Constant(1, 2, 0.5F),
                   Matrix<float>::Constant(1, 2, 7.0F)});
  CHECK(pixel(rgb, 1, 0) == Colour{0, 128, 255});
  CHECK(support::message_of<ShapeError>([] {
          rgb_picture(
              {Matrix<float>::Zero(2, 3), Matrix<float>::Zero(2, 3), Matrix<float>::Zero(3, 2)});
        }) == "rgb picture: expected planes of 2 x 3, found 3 x 2");
}
