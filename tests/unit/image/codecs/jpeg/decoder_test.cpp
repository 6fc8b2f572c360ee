#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

#include "../../image_golden.hpp"

namespace {

using eigenvit::Image;
using image_golden::contains;

// By the library's own decoder, which comes last of those for JPEG.
Image decode(const std::string& file) {
  static const std::string name = "file";
  static const eigenvit::DecodeOptions options;
  const auto& codecs = eigenvit::image_codecs();
  const auto own = std::find_if(codecs.rbegin(), codecs.rend(),
                                [](const auto& codec) { return codec->name() == "JPEG"; });
  REQUIRE(own != codecs.rend());
  return (*own)->decode(
      {reinterpret_cast<const std::uint8_t*>(file.data()), file.size(), name, options});
}

std::string golden(const std::string& name) {
  const auto file = image_golden::bytes("../jpeg/" + name);
  return {file.begin(), file.end()};
}

std::string refusal(const std::string& file) {
  return image_golden::message<eigenvit::Error>([&] { decode(file); });
}

// What follows writes headers of hostile files.

std::string big16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string segment(char marker, const std::string& body) {
  return std::string("\xff") + marker + big16(body.size() + 2) + body;
}

// Components without subsampling, steps of 1, and one code of one bit in both Huffman tables 0: the
// DC difference of zero and `ac`.
std::string header(bool progressive, std::size_t width, std::size_t height, std::size_t components,
                   char ac) {
  std::string frame = '\x08' + big16(height) + big16(width) + static_cast<char>(components);
  for (std::size_t i = 0; i < components; ++i) {
    frame += static_cast<char>(i + 1) + std::string("\x11\0", 2);
  }
  const std::string counts = '\1' + std::string(15, '\0');
  return "\xff\xd8" + segment('\xdb', '\0' + std::string(64, '\1')) +
         segment(progressive ? '\xc2' : '\xc0', frame) +
         segment('\xc4', '\0' + counts + '\0' + '\x10' + counts + ac);
}

std::string scan(std::size_t components, int first, int last, int bits) {
  std::string body(1, static_cast<char>(components));
  for (std::size_t i = 0; i < components; ++i)
    body += static_cast<char>(i + 1) + std::string(1, '\0');
  body += static_cast<char>(first);
  body += static_cast<char>(last);
  body += static_cast<char>(bits);
  return segment('\xda', body);
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

const std::string end = "\xff\xd9";

}  // namespace

TEST_CASE("files from cameras, tools and accidents have Pillow's pixels") {
  const auto lines = image_golden::table("../jpeg/decode.txt");
  const auto expected = image_golden::bytes("../jpeg/decode.bin");
  REQUIRE(lines.size() > 100);
  for (const auto& line : lines) {
    REQUIRE(line.size() == 4);
    CAPTURE(line[0]);
    const Image image = decode(golden(line[0]));
    REQUIRE(image.width() == image_golden::number(line[1]));
    REQUIRE(image.height() == image_golden::number(line[2]));
    const auto offset = static_cast<std::size_t>(image_golden::number(line[3]));
    const auto size = static_cast<std::size_t>(image.width() * image.height() * 3);
    REQUIRE(offset + size <= expected.size());
    CHECK(std::equal(image.data(), image.data() + size,
                     reinterpret_cast<const std::uint8_t*>(expected.data()) + offset));
  }
}

TEST_CASE("what Pillow refuses is refused with a line that says why") {
  const auto lines = image_golden::table("../jpeg/refused.txt");
  REQUIRE(lines.size() > 30);
  for (const auto& line : lines) {
    CAPTURE(line[0]);
    std::string part = line[1];
    for (std::size_t i = 2; i < line.size(); ++i) part += ' ' + line[i];
    const std::string message = refusal(golden(line[0]));
    CAPTURE(message);
    CHECK(message.substr(0, 6) == "file: ");
    CHECK(contains(message, part));
    CHECK_FALSE(contains(message, "\n"));
  }
}

TEST_CASE("every beginning of a file is an image that Pillow has too, or truncated") {
  for (const std::string name : {"restarts.jpg", "scans_3.jpg", "three_scans.jpg"}) {
    const std::string whole = golden(name);
    const Image expected = decode(whole);
    for (std::size_t size = 3; size < whole.size(); ++size) {
      CAPTURE(size);
      const std::string message = refusal(whole.substr(0, size));
      // Only the end marker may be missing, and only where all bits are there.
      if (message.empty()) {
        CHECK(size >= whole.size() - 2);
        CHECK(image_golden::equal(decode(whole.substr(0, size)), expected));
      } else {
        CHECK(contains(message, "truncated"));
      }
    }
  }
}

TEST_CASE("what follows the picture is looked at as far as Pillow has read") {
  std::string file = golden("grey_2x2.jpg");
  file.resize(file.size() - end.size());
  CHECK(contains(refusal(file + std::string(100, '\0') + "\xff\xf3"), "unknown marker 243"));
  file.resize(65536);
  CHECK(refusal(file + "\xff\xf3").empty());
}

TEST_CASE("a header may claim as many pixels as its file has bits for blocks") {
  const std::string data = scan(1, 0, 63, 0);
  const std::string large = header(false, 4000, 4000, 1, '\0') + data + end;
  const std::string most = std::to_string(8 * 1024 * 1024 + 512 * large.size());
  CHECK(contains(refusal(large), "at most " + most + " pixels, found a header of 4000x4000"));
  // Two bits a block; what is left out is grey.
  const std::string blocks(250 * 250 / 4, '\0');
  const Image image = decode(header(false, 4000, 2000, 1, '\0') + data + blocks + end);
  CHECK(image.width() == 4000);
  CHECK(*image.row(1999) == 128);
}

TEST_CASE("empty scans without number are refused before they cost much") {
  const auto before = std::chrono::steady_clock::now();
  const std::string small = header(true, 8, 8, 1, '\0');
  CHECK(contains(refusal(small + repeated(scan(1, 0, 0, 0), 501) + end), "at most 500 scans"));
  CHECK(refusal(small + repeated(scan(1, 0, 0, 0), 500) + end).empty());
  // Each scan visits every block to refine it: 14 further bits of ones after the code of a run.
  const std::string large = header(true, 2880, 2880, 1, '\xe0');
  const std::string run = std::string("\x7f\xff\0", 3) + repeated(std::string("\xff\0", 2), 6);
  const std::string refining = large + scan(1, 1, 63, 1) + repeated(run, 1) +
                               repeated(scan(1, 1, 63, 0x10) + run, 100) + end;
  CHECK(contains(refusal(refining), "steps, found a scan "));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - before;
  CHECK(seconds.count() < 20);  // 0.3; sanitizers and emulation take longer.
}

TEST_CASE("fill bytes in the middle of a unit cost no more than their number") {
  const std::string begin = header(false, 8, 8, 1, '\0') + scan(1, 0, 63, 0) + '\x15';
  const std::string rest = std::string("\0\x2a", 2) + end;
  const Image expected = decode(begin + '\xff' + rest);
  const std::string filled = begin + std::string(std::size_t{64} << 20, '\xff') + rest;
  const auto before = std::chrono::steady_clock::now();
  const Image image = decode(filled);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - before;
  CHECK(std::equal(image.data(), image.data() + 3 * 8 * 8, expected.data()));
  CHECK(seconds.count() < 10);  // 0.1; sanitizers and emulation take longer.
}
