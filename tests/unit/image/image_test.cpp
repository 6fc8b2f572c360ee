#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/image.hpp>

#include "image_golden.hpp"

using eigenvit::Image;
using eigenvit::ImageView;
using eigenvit::PixelFormat;
using eigenvit::ShapeError;
using image_golden::contains;
using image_golden::message;

TEST_CASE("an image is black, without padding, and copies its pixels") {
  Image image(3, 2);
  CHECK(image.width() == 3);
  CHECK(image.height() == 2);
  CHECK(image.row(1) == image.data() + 9);
  for (int i = 0; i < 18; ++i) CHECK(image.data()[i] == 0);
  image.data()[17] = 7;
  const Image copy = image;
  image.data()[17] = 8;
  CHECK(copy.data()[17] == 7);
  const ImageView view = copy;
  CHECK(view.data == copy.data());
  CHECK(view.stride == 9);
  CHECK(view.format == PixelFormat::rgb);
  CHECK(Image().width() == 0);
}

TEST_CASE("an image refuses sides that are none") {
  CHECK(contains(message<ShapeError>([] { Image(0, 4); }), "found 0x4"));
  CHECK(contains(message<ShapeError>([] { Image(4, -1); }), "found 4x-1"));
  CHECK(contains(message<ShapeError>([] { Image(eigenvit::Index{1} << 31, 1); }), "2147483648x1"));
}

TEST_CASE("to_rgb orders channels, drops alpha, repeats grey and follows the stride") {
  const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const auto pixels = [&](PixelFormat format, eigenvit::Index width, eigenvit::Index stride) {
    const Image image = eigenvit::to_rgb({bytes.data(), width, 2, stride, format});
    return std::vector<int>(image.data(), image.data() + width * 6);
  };
  CHECK(pixels(PixelFormat::rgb, 2, 7) == std::vector<int>{1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13});
  CHECK(pixels(PixelFormat::bgr, 2, 0) == std::vector<int>{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10});
  CHECK(pixels(PixelFormat::rgba, 1, 5) == std::vector<int>{1, 2, 3, 6, 7, 8});
  CHECK(pixels(PixelFormat::bgra, 2, 8) ==
        std::vector<int>{3, 2, 1, 7, 6, 5, 11, 10, 9, 15, 14, 13});
  CHECK(pixels(PixelFormat::grey, 2, 4) == std::vector<int>{1, 1, 1, 2, 2, 2, 5, 5, 5, 6, 6, 6});
}

TEST_CASE("a negative stride reads rows stored bottom up") {
  const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5, 6};
  const Image image = eigenvit::to_rgb({bytes.data() + 3, 1, 2, -3, PixelFormat::rgb});
  CHECK(std::vector<int>(image.data(), image.data() + 6) == std::vector<int>{4, 5, 6, 1, 2, 3});
}

TEST_CASE("a view that is not valid is refused with what is wrong") {
  const std::uint8_t pixel[4] = {};
  const auto refusal = [](const ImageView& view) {
    return message<ShapeError>([&] { eigenvit::to_rgb(view); });
  };
  CHECK(contains(refusal({nullptr, 1, 1, 3, PixelFormat::rgb}), "null"));
  CHECK(contains(refusal({pixel, 0, 1, 3, PixelFormat::rgb}), "found 0x1"));
  CHECK(contains(refusal({pixel, 1, -2, 3, PixelFormat::rgb}), "found 1x-2"));
  CHECK(contains(refusal({pixel, 2, 1, 7, PixelFormat::rgba}), "at least 8 bytes"));
  CHECK(contains(refusal({pixel, 2, 1, -5, PixelFormat::rgb}), "found -5"));
  CHECK(contains(refusal({pixel, 1, 1, 3, static_cast<PixelFormat>(9)}), "pixel format 9"));
}
