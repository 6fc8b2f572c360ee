#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/mask_classes.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

namespace {

Image picture_of(const std::vector<Colour>& pixels, Index width) {
  Image image(width, Index(pixels.size()) / width);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    std::copy(pixels[i].begin(), pixels[i].end(), image.data() + 3 * i);
  }
  return image;
}

constexpr Colour black = {0, 0, 0};
constexpr Colour red = {255, 0, 0};
constexpr Colour blue = {0, 0, 255};
constexpr Colour white = {255, 255, 255};

}  // namespace

TEST_CASE("mask colours: names") {
  CHECK(colour_name({255, 0, 26}) == "#ff001a");
  CHECK(parse_colour("#ff001a") == Colour{255, 0, 26});
  CHECK(parse_colour("#FF001A") == Colour{255, 0, 26});
  CHECK(parse_colour("0") == black);
  CHECK(parse_colour("255") == white);
  CHECK(parse_colour("026") == Colour{26, 26, 26});
  for (const char* const text : {"", "#", "#ff00", "#ff001g", "256", "2550", "1a", "-1", "red"}) {
    CHECK(message_of<ConfigError>([&] { parse_colour(text); }) ==
          "colour: expected #rrggbb or a grey from 0 to 255, found '" + std::string(text) + "'");
  }
}

TEST_CASE("mask classes: a class for each colour but the ignored ones") {
  const Image first = picture_of({red, black, white, red}, 2);
  const Image second = picture_of({blue, blue, white, black}, 4);
  MaskClasses classes({white});
  classes.add(first);
  classes.add(second);
  CHECK(classes.size() == 3);
  CHECK(classes.labels() == std::vector<std::string>{"#000000", "#0000ff", "#ff0000"});
  CHECK_FALSE(classes.grey());
  Matrix<Index> expected(2, 2);
  expected << 2, 0, no_class, 2;
  CHECK(classes.classes_of(first) == expected);
  CHECK(classes.classes_of(second)(0, 1) == 1);

  const MaskClasses again = MaskClasses::from_labels(classes.labels());
  CHECK(again.colours() == classes.colours());
  const Image drawn = again.picture(expected);
  const Image wanted = picture_of({red, black, black, red}, 2);
  CHECK(support::same_bits(drawn.data(), wanted.data(), 12));
}

TEST_CASE("mask classes: grey masks keep the order of their numbers, in any format of pixels") {
  const std::vector<std::uint8_t> values = {7, 0, 255, 7};
  const ImageView view{values.data(), 4, 1, 0, PixelFormat::grey};
  MaskClasses classes;
  CHECK(classes.grey());
  classes.add(view);
  CHECK(classes.grey());
  CHECK(classes.labels() == std::vector<std::string>{"#000000", "#070707", "#ffffff"});
  Matrix<Index> expected(1, 4);
  expected << 1, 0, 2, 1;
  CHECK(classes.classes_of(view) == expected);
}

TEST_CASE("mask classes: errors") {
  Image many(257, 1);
  for (Index x = 0; x < 257; ++x) {
    many.data()[3 * x] = std::uint8_t(x % 256);
    many.data()[3 * x + 1] = std::uint8_t(x / 256);
  }
  MaskClasses classes;
  CHECK(message_of<ConfigError>([&] { classes.add(many); }) ==
        "mask: expected at most 256 colours, one a class, found more (not a mask, or blurred, or "
        "saved as JPEG?)");
  CHECK(classes.size() == 0);
  ImageView most = many;
  most.width = 256;
  CHECK_NOTHROW(classes.add(most));
  CHECK(classes.size() == 256);
  CHECK(message_of<ConfigError>([&] { classes.classes_of(many); }) ==
        "mask: expected one of the 256 colours, found #000100 at 256,0");
  CHECK_FALSE(message_of<ShapeError>([&] { classes.add(ImageView()); }).empty());

  CHECK(message_of<ConfigError>([] {
          MaskClasses::from_labels({"cat", "dog"});
        }) == "colour: expected #rrggbb or a grey from 0 to 255, found 'cat'");
  CHECK(message_of<ConfigError>([] {
          MaskClasses::from_labels({"#000001", "#000001"});
        }) ==
        "mask: expected the colours of the classes in rising order, found '#000001' after #000001");
  const MaskClasses two = MaskClasses::from_labels({"#000000", "#ffffff"});
  CHECK(message_of<ConfigError>([&] { two.picture(Matrix<Index>::Constant(1, 1, 2)); }) ==
        "mask: expected classes from 0 to 1, found 2");
}
