#include <algorithm>
#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/features/overlay.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("overlay: colours where the network looked, grey around") {
  Image image(3, 2), colours(3, 2);
  for (Index i = 0; i < 6; ++i) {
    image.data()[3 * i] = 90;  // luma 0.299 * 90 + 0.587 * 30 + 0.114 * 60
    image.data()[3 * i + 1] = 30;
    image.data()[3 * i + 2] = 60;
    colours.data()[3 * i] = 200;
  }
  const float luma = 0.299F * 90 + 0.587F * 30 + 0.114F * 60;
  const auto expected = [&](float colour, float share) {
    return static_cast<int>(share * colour + (1 - share) * luma / 3 + 0.5F);
  };
  const Image result = overlay(image, colours, Window{1, 0, 2, 1}, 0.5F);
  CHECK(int{result.row(0)[0]} == expected(200, 0));
  CHECK(int{result.row(0)[1]} == expected(0, 0));
  CHECK(int{result.row(0)[3]} == expected(200, 0.5F));
  CHECK(int{result.row(0)[4]} == expected(0, 0.5F));
  CHECK(int{result.row(0)[6]} == expected(200, 0.5F));
  CHECK(int{result.row(1)[3]} == expected(200, 0));
  // In full strength, the colours themselves.
  CHECK(overlay(image, colours, Window{0, 0, 3, 2}, 1).row(1)[6] == 200);
  CHECK(overlay(image, colours, Window{0, 0, 3, 2}, 1).row(1)[7] == 0);
}

TEST_CASE("overlay: a share for each pixel") {
  Image image(2, 2), colours(2, 2);
  std::fill_n(image.data(), 12, std::uint8_t{150});
  std::fill_n(colours.data(), 12, std::uint8_t{250});
  Matrix<float> shares(2, 2);
  shares << 0, 0.25F, 1, 7;
  const Image result = overlay(image, colours, shares);
  CHECK(int{result.row(0)[0]} == 50);
  CHECK(int{result.row(0)[3]} == 100);
  CHECK(int{result.row(1)[0]} == 250);
  CHECK(int{result.row(1)[5]} == 250);
  shares(0, 0) = -1;
  CHECK(int{overlay(image, colours, shares).row(0)[0]} == 50);
}

TEST_CASE("overlay: what does not fit") {
  const Image image(3, 2);
  CHECK(message_of<ShapeError>([&] {
          overlay(image, Image(2, 3), Window{0, 0, 1, 1});
        }) == "overlay: expected colours and their shares of 3x2 pixels, found 2x3 and 3x2");
  CHECK(message_of<ShapeError>([&] { overlay(image, image, Matrix<float>::Zero(3, 2)); }) ==
        "overlay: expected colours and their shares of 3x2 pixels, found 3x2 and 2x3");
  CHECK(message_of<ShapeError>([&] {
          overlay(image, image, Window{1, 0, 3, 1});
        }) == "overlay: expected a window inside of 3x2, found 3x1 at 1,0");
  CHECK(message_of<ShapeError>([&] {
          overlay({}, image, Window{0, 0, 0, 0});
        }) == "image view: expected sides from 1 to 2147483647, found 0x0");
}
