// The files of tests/golden/image_kinds: what encoders, cameras and editors leave behind and what
// decoders stumble over.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>

#include "image_golden.hpp"

using eigenvit::Image;
using image_golden::contains;
using image_golden::message;
using image_golden::number;

namespace {

const std::string folder = "../image_kinds/";

// A file of the blob in memory of its own, so that a sanitizer sees the first byte too many.
std::vector<char> part(const std::vector<char>& blob, const std::vector<std::string>& line) {
  const auto begin = blob.begin() + number(line.at(1));
  return {begin, begin + number(line.at(2))};
}

}  // namespace

TEST_CASE("files of odd kinds decode to Pillow's pixels") {
  const auto blob = image_golden::bytes(folder + "kinds.bin");
  const auto lines = image_golden::table(folder + "decode.txt");
  REQUIRE(lines.size() > 200);
  for (const auto& line : lines) {
    CAPTURE(line.at(0));
    const auto bytes = part(blob, line);
    const Image image = eigenvit::decode_image(bytes.data(), bytes.size());
    REQUIRE(image.width() == number(line.at(3)));
    REQUIRE(image.height() == number(line.at(4)));
    const auto* expected = reinterpret_cast<const std::uint8_t*>(blob.data()) + number(line.at(5));
    CHECK(std::equal(expected, expected + 3 * image.width() * image.height(), image.data()));
  }
}

TEST_CASE("files of odd kinds that Pillow refuses are refused with what is wrong") {
  const auto blob = image_golden::bytes(folder + "kinds.bin");
  const auto lines = image_golden::table(folder + "refused.txt");
  REQUIRE(lines.size() >= 40);
  for (const auto& line : lines) {
    CAPTURE(line.at(0));
    const auto bytes = part(blob, line);
    const std::string text = message<eigenvit::Error>(
        [&] { eigenvit::decode_image(bytes.data(), bytes.size(), {}, "x"); });
    CAPTURE(text);
    CHECK(text.substr(0, 3) == "x: ");
    CHECK(text.find('\n') == std::string::npos);
    for (std::size_t i = 3; i < line.size(); ++i) CHECK(contains(text, line[i]));
  }
}

TEST_CASE("a file of an odd kind may end anywhere and be changed anywhere") {
  const auto blob = image_golden::bytes(folder + "kinds.bin");
  std::uint32_t state = 1;
  const auto next = [&](std::size_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % below;
  };
  eigenvit::DecodeOptions options;
  options.max_pixels = 1 << 16;
  for (const std::string list : {"decode.txt", "refused.txt"}) {
    for (const auto& line : image_golden::table(folder + list)) {
      for (int round = 0; round < 12; ++round) {
        auto bytes = part(blob, line);
        if (round % 3 == 0) bytes.resize(next(bytes.size()));
        bytes.shrink_to_fit();
        if (!bytes.empty()) bytes[next(bytes.size())] = static_cast<char>(next(256));
        try {
          const Image image = eigenvit::decode_image(bytes.data(), bytes.size(), options);
          CHECK(image.width() * image.height() <= 1 << 16);
        } catch (const eigenvit::Error&) {
        }
      }
    }
  }
}
