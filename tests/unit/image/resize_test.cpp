#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/resize.hpp>

#include "image_golden.hpp"

using eigenvit::Filter;
using eigenvit::Image;
using eigenvit::ImageView;
using eigenvit::Index;
using eigenvit::PixelFormat;
using eigenvit::ShapeError;
using eigenvit::Window;
using image_golden::contains;
using image_golden::equal;
using image_golden::filters;
using image_golden::message;
using image_golden::noise;

namespace {

Image part(const Image& image, const Window& window) {
  Image result(window.width, window.height);
  for (Index y = 0; y < window.height; ++y) {
    const std::uint8_t* const row = image.row(window.top + y) + 3 * window.left;
    std::copy(row, row + 3 * window.width, result.row(y));
  }
  return result;
}

}  // namespace

TEST_CASE("resized bytes are Pillow's, whole and in windows, for every filter") {
  const auto lines = image_golden::table("resize.txt");
  const auto expected = image_golden::bytes("resize.bin");
  REQUIRE(lines.size() > 200);
  for (const auto& line : lines) {
    REQUIRE(line.size() == 10);
    std::vector<Index> n;
    for (const auto& word : line) n.push_back(image_golden::number(word));
    CAPTURE(line[4]);
    CAPTURE(n);
    const Image result = eigenvit::resize(noise(n[0], n[1]), n[2], n[3], filters.at(line[4]),
                                          Window{n[5], n[6], n[7], n[8]});
    const Index size = n[7] * n[8] * 3;
    REQUIRE(n[9] + size <= static_cast<Index>(expected.size()));
    Index differing = 0;
    for (Index i = 0; i < size; ++i) {
      const auto byte = static_cast<std::uint8_t>(expected[static_cast<std::size_t>(n[9] + i)]);
      differing += result.data()[i] != byte ? 1 : 0;
    }
    CHECK(differing == 0);
  }
}

TEST_CASE("a window is the same part of the whole result") {
  const std::vector<std::array<Index, 4>> sizes{
      {90, 70, 31, 44}, {31, 44, 90, 70}, {70, 20, 70, 51}, {70, 51, 33, 51}, {3, 400, 9, 50}};
  for (const auto& size : sizes) {
    const Image image = noise(size[0], size[1]);
    for (const auto& entry : filters) {
      const Filter filter = entry.second;
      CAPTURE(entry.first);
      const Image whole = eigenvit::resize(image, size[2], size[3], filter);
      for (const Window& window :
           {Window{0, 0, 1, 1}, Window{size[2] - 1, size[3] - 1, 1, 1}, Window{2, 5, 7, 17},
            Window{0, 3, size[2], 2}, Window{4, 0, 1, size[3]}}) {
        CHECK(
            equal(eigenvit::resize(image, size[2], size[3], filter, window), part(whole, window)));
      }
    }
  }
}

TEST_CASE("pixel formats, strides and bottom-up rows give the bytes of the RGB image") {
  const Image image = noise(23, 37);
  for (const auto& entry : filters) {
    const Filter filter = entry.second;
    CAPTURE(entry.first);
    for (const auto& [width, height] :
         {std::pair<Index, Index>{11, 13}, {30, 13}, {23, 20}, {23, 37}, {17, 37}, {40, 60}}) {
      const Image expected = eigenvit::resize(image, width, height, filter);
      for (const PixelFormat format :
           {PixelFormat::rgb, PixelFormat::bgr, PixelFormat::rgba, PixelFormat::bgra}) {
        const Index step = eigenvit::channels(format);
        const Index stride = 23 * step + 5;
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(stride * 37), 99);
        const bool reversed = format == PixelFormat::bgr || format == PixelFormat::bgra;
        for (Index y = 0; y < 37; ++y) {
          for (Index x = 0; x < 23; ++x) {
            for (Index c = 0; c < 3; ++c) {
              // Stored bottom row first.
              bytes[static_cast<std::size_t>((36 - y) * stride + x * step +
                                             (reversed ? 2 - c : c))] = image.row(y)[3 * x + c];
            }
          }
        }
        const ImageView view{bytes.data() + 36 * stride, 23, 37, -stride, format};
        CHECK(equal(eigenvit::resize(view, width, height, filter), expected));
      }
    }
  }
}

TEST_CASE("grey stands for three equal channels") {
  std::vector<std::uint8_t> grey(20 * 30);
  for (std::size_t i = 0; i < grey.size(); ++i) grey[i] = static_cast<std::uint8_t>(i * 7);
  const ImageView view{grey.data(), 20, 30, 20, PixelFormat::grey};
  CHECK(equal(eigenvit::resize(view, 9, 11, Filter::bicubic),
              eigenvit::resize(eigenvit::to_rgb(view), 9, 11, Filter::bicubic)));
}

TEST_CASE("a constant image stays constant") {
  Image image(61, 47);
  std::fill_n(image.data(), 61 * 47 * 3, std::uint8_t{255});
  for (const auto& entry : filters) {
    const Filter filter = entry.second;
    CAPTURE(entry.first);
    const Image result = eigenvit::resize(image, 200, 13, filter);
    CHECK(std::all_of(result.data(), result.data() + 200 * 13 * 3,
                      [](std::uint8_t value) { return value == 255; }));
  }
}

TEST_CASE("a window of a giant result takes the memory of the window") {
  // Of the whole results each would take 3 GB.
  for (const auto& entry : filters) {
    const Filter filter = entry.second;
    CAPTURE(entry.first);
    const Image wide =
        eigenvit::resize(noise(20000, 1), 4480000, 224, filter, Window{2239888, 0, 224, 224});
    const Image tall =
        eigenvit::resize(noise(1, 20000), 224, 4480000, filter, Window{0, 2239888, 224, 224});
    CHECK(wide.width() == 224);
    CHECK(tall.height() == 224);
    // One source row: all rows of the result are the same. One source column likewise.
    CHECK(std::equal(wide.row(0), wide.row(1), wide.row(223)));
    CHECK(std::equal(tall.row(5), tall.row(5) + 3 * 223, tall.row(5) + 3));
  }
}

TEST_CASE("an image of millions of columns is resized strip by strip") {
  // The weights of all columns at once would take 200 MB.
  const Image image = noise(9'000'000, 1);
  const Image whole = eigenvit::resize(image, 60, 2, Filter::lanczos);
  const Image one = eigenvit::resize(image, 60, 2, Filter::lanczos, Window{37, 1, 1, 1});
  CHECK(equal(part(whole, Window{37, 1, 1, 1}), one));
}

TEST_CASE("sizes, windows and filters that are none are refused") {
  const Image image(4, 4);
  const auto refusal = [&](Index width, Index height, const Window& window) {
    return message<ShapeError>(
        [&] { eigenvit::resize(image, width, height, Filter::box, window); });
  };
  CHECK(contains(refusal(0, 5, {0, 0, 1, 1}), "found 0x5"));
  CHECK(contains(refusal(5, Index{1} << 31, {0, 0, 1, 1}), "found 5x2147483648"));
  CHECK(contains(refusal(5, 5, {0, 0, 6, 1}), "found 6x1 at 0,0"));
  CHECK(contains(refusal(5, 5, {-1, 0, 1, 1}), "at -1,0"));
  CHECK(contains(refusal(5, 5, {0, 3, 2, 3}), "inside of 5x5"));
  CHECK(contains(refusal(5, 5, {0, 0, 0, 1}), "found 0x1"));
  CHECK(contains(message<ShapeError>([&] { eigenvit::resize(ImageView{}, 5, 5, Filter::box); }),
                 "found 0x0"));
  CHECK(contains(message<eigenvit::ConfigError>(
                     [&] { eigenvit::resize(image, 5, 5, static_cast<Filter>(6)); }),
                 "filter 6"));
}
