#include <string>

#include <doctest/doctest.h>

#include <eigenvit/image/encoded_image.hpp>

#include "image_golden.hpp"

using eigenvit::FormatError;
using image_golden::contains;
using image_golden::message;

TEST_CASE("integers are read in either byte order, and ranges are checked without overflow") {
  const std::uint8_t bytes[] = {1, 2, 3, 4};
  const std::string name = "a.png";
  const eigenvit::DecodeOptions options;
  const eigenvit::EncodedImage file{bytes, 4, name, options};
  CHECK(file.big(0, 4) == 0x01020304);
  CHECK(file.little(0, 4) == 0x04030201);
  CHECK(file.big(1, 2) == 0x0203);
  CHECK(file.has(0, 4));
  CHECK(file.has(4, 0));
  CHECK_FALSE(file.has(1, 4));
  CHECK_FALSE(file.has(5, 0));
  CHECK_FALSE(file.has(2, ~std::size_t{0}));
  CHECK(file.starts_with("\1\2"));
  CHECK_FALSE(file.starts_with("\1\2\3\4\5"));
}

TEST_CASE("the size in a header is held against the limit") {
  const std::string name = "a.png";
  eigenvit::DecodeOptions options;
  options.max_pixels = 100;
  const eigenvit::EncodedImage file{nullptr, 0, name, options};
  file.check_size(10, 10);
  const auto refusal = [&](std::uint64_t width, std::uint64_t height) {
    return message<FormatError>([&] { file.check_size(width, height); });
  };
  CHECK(refusal(101, 1) ==
        "a.png: expected at most 100 pixels (DecodeOptions::max_pixels), found a header of 101x1");
  CHECK(contains(refusal(0, 7), "found a header of 0x7"));
  CHECK(contains(refusal(std::uint64_t{1} << 33, std::uint64_t{1} << 31), "8589934592x2147483648"));
}

TEST_CASE("encoded image: what a file of few bytes may claim") {
  const std::string name = "a.gif";
  const eigenvit::DecodeOptions options;
  const eigenvit::EncodedImage empty{nullptr, 0, name, options};
  empty.check_size(4096, 4096);
  CHECK(
      message<FormatError>([&] { empty.check_size(4096, 4097); }) ==
      "a.gif: expected at most 16777216 pixels in a file of 0 bytes, found a header of 4096x4097");
  const eigenvit::EncodedImage file{nullptr, 1000, name, options};
  file.check_size(1, 16777216 + 1280000);
  CHECK_THROWS_AS(file.check_size(1, 16777216 + 1280001), FormatError);
}
