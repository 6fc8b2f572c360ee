#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/exif.hpp>

#include "image_golden.hpp"

using eigenvit::Image;

namespace {

int orientation(const std::string& block) {
  return eigenvit::exif_orientation(reinterpret_cast<const std::uint8_t*>(block.data()),
                                    block.size());
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// One entry: the orientation as a 16-bit integer.
std::string block(int value) {
  return bytes({'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0});
}

}  // namespace

TEST_CASE("the orientation is read in either byte order and from integers of any width") {
  for (int value = 1; value <= 8; ++value) CHECK(orientation(block(value)) == value);
  CHECK(orientation(bytes(
            {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0})) == 6);
  CHECK(orientation(bytes(
            {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 4, 0, 0, 0, 1, 0, 0, 0, 3})) == 3);
  // Signed, and two of which the first counts.
  CHECK(orientation(bytes(
            {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 8, 0, 0, 0, 2, 0, 8, 0, 1})) == 8);
  CHECK(orientation(bytes(
            {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 6, 0, 0, 0, 1, 5, 0, 0, 0})) == 5);
  // A float of 8, and fractions, which lie elsewhere.
  CHECK(orientation(bytes(
            {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 11, 0, 0, 0, 1, 0x41, 0, 0, 0})) == 8);
  const std::string fraction =
      bytes({'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 5, 0, 0, 0, 1, 0, 0, 0, 22});
  CHECK(orientation(fraction + bytes({0, 0, 0, 12, 0, 0, 0, 2})) == 6);
  CHECK(orientation(fraction + bytes({0, 0, 0, 12, 0, 0, 0, 0})) == 0);
  CHECK(orientation(fraction + bytes({0, 0, 0, 12, 0, 0, 0})) == 0);
}

TEST_CASE("JPEG's prefix may come first, also twice") {
  const std::string prefix("Exif\0\0", 6);
  CHECK(orientation(prefix + block(6)) == 6);
  CHECK(orientation(prefix + prefix + block(6)) == 6);
  CHECK(orientation(prefix + prefix + prefix + block(6)) == 0);
}

TEST_CASE("an entry before the orientation ends the block where its value lies behind it") {
  const auto with_text = [](int size, int at) {
    return bytes({'I', 'I', 42, 0, 8, 0,    0, 0, 2, 0, 1, 1, 2, 0, size, 0, 0,
                  0,   at,  0,  0, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0,    0, 0});
  };
  CHECK(orientation(with_text(5, 8)) == 6);
  CHECK(orientation(with_text(5, 60)) == 0);
  // More than the block could hold: passed over.
  CHECK(orientation(with_text(100, 8)) == 6);
}

TEST_CASE("an orientation that makes no sense is none") {
  CHECK(orientation(block(0)) == 0);
  CHECK(orientation(block(9)) == 0);
  CHECK(orientation(bytes(
            {'I', 'I', 43, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0})) == 0);
  CHECK(orientation(bytes(
            {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 5, 0, 1, 0, 0, 0, 6, 0, 0, 0})) == 0);
  CHECK(orientation(bytes(
            {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 0, 0, 0, 0, 6, 0, 0, 0})) == 0);
  // Bytes are not numbers to Pillow.
  CHECK(orientation(bytes(
            {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 1, 0, 1, 0, 0, 0, 6, 0, 0, 0})) == 0);
  CHECK(orientation("") == 0);
}

TEST_CASE("a truncated or lying EXIF block is never read past its end") {
  const std::string whole = block(6);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // A buffer of its own, so that a sanitizer sees the first byte too many.
    const std::vector<std::uint8_t> part(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(eigenvit::exif_orientation(part.data(), part.size()) == 0);
  }
  std::string far = whole;
  far[7] = '\xff';
  CHECK(orientation(far) == 0);
  std::string many = whole;
  many[9] = '\x7f';
  many[10] = 0;
  CHECK(orientation(many) == 0);
}

TEST_CASE("the eight orientations turn and mirror") {
  // 1 2 3
  // 4 5 6
  Image image(3, 2);
  for (int i = 0; i < 18; ++i) image.data()[i] = static_cast<std::uint8_t>(i / 3 + 1);
  const auto turned = [&](int value) {
    const Image result = eigenvit::apply_orientation(image, value);
    std::string text;
    for (eigenvit::Index y = 0; y < result.height(); ++y) {
      for (eigenvit::Index x = 0; x < result.width(); ++x) {
        text += std::to_string(result.row(y)[3 * x]);
      }
      text += ' ';
    }
    return text;
  };
  CHECK(turned(0) == "123 456 ");
  CHECK(turned(1) == "123 456 ");
  CHECK(turned(2) == "321 654 ");
  CHECK(turned(3) == "654 321 ");
  CHECK(turned(4) == "456 123 ");
  CHECK(turned(5) == "14 25 36 ");
  CHECK(turned(6) == "41 52 63 ");
  CHECK(turned(7) == "63 52 41 ");
  CHECK(turned(8) == "36 25 14 ");
  CHECK(turned(9) == "123 456 ");
}

TEST_CASE("turning four times gives back an image larger than a tile") {
  const Image image = image_golden::noise(75, 41);
  Image turned = image;
  for (int i = 0; i < 4; ++i) turned = eigenvit::apply_orientation(turned, 6);
  CHECK(image_golden::equal(turned, image));
  CHECK(image_golden::equal(eigenvit::apply_orientation(eigenvit::apply_orientation(image, 6), 8),
                            image));
}
