#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/encode.hpp>

#include "../io/test_files.hpp"
#include "image_golden.hpp"

using namespace eigenvit;
using image_golden::equal;
using image_golden::noise;
using test_files::contains;
using test_files::message_of;
using test_files::read_bytes;

namespace {

Image decoded(const std::vector<std::uint8_t>& bytes) {
  return decode_image(bytes.data(), bytes.size());
}

/// The largest and the mean difference of two samples.
struct Difference {
  int largest = 0;
  double mean = 0;
};

Difference difference(const Image& a, const Image& b) {
  REQUIRE(a.width() == b.width());
  REQUIRE(a.height() == b.height());
  Difference result;
  const Index count = 3 * a.width() * a.height();
  for (Index i = 0; i < count; ++i) {
    const int d = std::abs(int{a.data()[i]} - int{b.data()[i]});
    result.largest = std::max(result.largest, d);
    result.mean += static_cast<double>(d) / static_cast<double>(count);
  }
  return result;
}

}  // namespace

TEST_CASE("encode image: a PNG has the same pixels") {
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 5}, {1, 64}, {300, 3}, {120, 90}}) {
    const Image image = noise(width, height);
    CHECK(equal(decoded(encode_image(image, ImageFormat::png)), image));
  }
  const Image flat(200, 100);
  const auto bytes = encode_image(flat, ImageFormat::png);
  CHECK(bytes.size() < 2000);
  CHECK(equal(decoded(bytes), flat));
}

TEST_CASE("encode image: a PNG is as small as others make it") {
  const auto bytes = image_golden::bytes("cat.png");
  const Image cat = decode_image(bytes.data(), bytes.size());
  const auto png = encode_image(cat, ImageFormat::png);
  CHECK(equal(decoded(png), cat));
  // 28,800 bytes of samples, of which Pillow makes 18,851.
  CHECK(png.size() < 18700);
  // A gradient is one number after its filter.
  Image gradient(256, 256);
  for (Index i = 0; i < 256 * 256 * 3; ++i) {
    gradient.data()[i] = static_cast<std::uint8_t>(i / 3 % 256 + i / 768);
  }
  const auto small = encode_image(gradient, ImageFormat::png);
  CHECK(small.size() < 1200);
  CHECK(equal(decoded(small), gradient));
}

TEST_CASE("encode image: views of every format, with gaps and bottom up") {
  const Image image = noise(13, 6);
  for (const PixelFormat format : {PixelFormat::rgb, PixelFormat::bgr, PixelFormat::rgba,
                                   PixelFormat::bgra, PixelFormat::grey}) {
    CAPTURE(static_cast<int>(format));
    const Index step = channels(format);
    const ImageView part{image.data(), 4, 3, 36, format};
    CHECK(equal(decoded(encode_image(part, ImageFormat::png)), to_rgb(part)));
    const ImageView tight{image.data(), 4, 3, 4 * step, format};
    CHECK(equal(decoded(encode_image(tight, ImageFormat::png)), to_rgb(tight)));
    const ImageView upside{image.data() + 2 * 36, 4, 3, -36, format};
    CHECK(equal(decoded(encode_image(upside, ImageFormat::png)), to_rgb(upside)));
    CHECK(difference(decoded(encode_image(upside, ImageFormat::jpeg, {100})), to_rgb(upside))
              .largest <= 4);
  }
  // A grey PNG stays grey: colour type 0 in its header.
  const ImageView grey{image.data(), 13, 6, 13, PixelFormat::grey};
  CHECK(encode_image(grey, ImageFormat::png).at(25) == 0);
  CHECK(encode_image(image, ImageFormat::png).at(25) == 2);
}

TEST_CASE("encode image: a JPEG is close, and closer at a higher quality") {
  const auto bytes = image_golden::bytes("cat.png");
  const Image cat = decode_image(bytes.data(), bytes.size());
  const auto small = encode_image(cat, ImageFormat::jpeg, {30});
  const auto usual = encode_image(cat, ImageFormat::jpeg);
  const auto large = encode_image(cat, ImageFormat::jpeg, {100});
  CHECK(small.size() < usual.size());
  CHECK(usual.size() < large.size());
  CHECK(difference(decoded(usual), cat).mean < 4.0);
  CHECK(difference(decoded(large), cat).mean < 1.0);
  CHECK(difference(decoded(small), cat).mean < 12.0);
}

TEST_CASE("encode image: what cannot be encoded") {
  CHECK(contains(message_of<ShapeError>([] { encode_image({}, ImageFormat::png); }),
                 "image view: expected sides from 1"));
  const Image image(2, 2);
  CHECK(contains(message_of<ConfigError>([&] { encode_image(image, ImageFormat::jpeg, {0}); }),
                 "expected a quality from 1 to 100, found 0"));
  const std::vector<std::uint8_t> row(65536);
  const ImageView wide{row.data(), 65536, 1, 0, PixelFormat::grey};
  CHECK(contains(message_of<UnsupportedError>([&] { encode_image(wide, ImageFormat::jpeg); }),
                 "expected sides up to 65535 for a JPEG, found 65536x1"));
  CHECK(decoded(encode_image(wide, ImageFormat::png)).width() == 65536);
  const ImageView huge{row.data(), 1 << 20, 1 << 20, 0, PixelFormat::grey};
  CHECK(contains(message_of<UnsupportedError>([&] { encode_image(huge, ImageFormat::png); }),
                 "expected at most 178956970 pixels, found 1048576x1048576"));
}

TEST_CASE("encode image: grey values of 16 bits") {
  // The decoder, as Pillow, takes what is above 255 for 255: lower bytes show in small values.
  std::vector<std::uint16_t> values(31 * 7);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::uint16_t>(i % 2 == 0 ? i : i * 40503U);
  }
  const std::vector<std::uint8_t> bytes = encode_grey16(values.data(), 31, 7);
  REQUIRE(bytes.size() > 26);
  CHECK(bytes[24] == 16);  // bits
  CHECK(bytes[25] == 0);   // grey
  const Image image = decoded(bytes);
  REQUIRE(image.width() == 31);
  REQUIRE(image.height() == 7);
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(int(image.data()[3 * i]) == std::min<int>(values[i], 255));
  }
  CHECK(message_of<ShapeError>([&] { encode_grey16(values.data(), 0, 7); }) ==
        "encode image: expected at least 1x1 pixels, found 0x7");
  CHECK(contains(
      message_of<UnsupportedError>([&] { encode_grey16(values.data(), 1 << 16, 1 << 16); }),
      "found 65536x65536"));
}

TEST_CASE("encode image: the format of a name") {
  CHECK(image_format("a.png") == ImageFormat::png);
  CHECK(image_format("b.x/a.PNG") == ImageFormat::png);
  CHECK(image_format("a.jpg") == ImageFormat::jpeg);
  CHECK(image_format("a.JpEg") == ImageFormat::jpeg);
  CHECK(contains(message_of<UnsupportedError>([] { image_format("a.gif"); }),
                 "a.gif: expected a name that ends in .png, .jpg or .jpeg, found '.gif'"));
  CHECK(contains(message_of<UnsupportedError>([] { image_format("png"); }), "found ''"));
}

TEST_CASE("save image: a file appears whole or not at all") {
  const test_files::TemporaryFolder folder;
  const Image image = noise(31, 17);
  const auto path = folder.path() / eigenvit::utf8_path("\xC3\xBC.png");
  save_image(path, image);
  CHECK(equal(load_image(path), image));
  save_image(path, noise(5, 5));
  CHECK(load_image(path).width() == 5);

  const auto taken = folder.write("taken.gif", "before");
  CHECK(contains(message_of<UnsupportedError>([&] { save_image(taken, image); }), "taken.gif"));
  CHECK(read_bytes(taken) == "before");
  CHECK(
      contains(message_of<FileError>([&] { save_image(folder.path() / "none" / "a.png", image); }),
               "a.png: cannot be written: "));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 2);
}
