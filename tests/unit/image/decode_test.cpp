#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>

#include "image_golden.hpp"

namespace fs = std::filesystem;
using eigenvit::DecodeOptions;
using eigenvit::FileError;
using eigenvit::FormatError;
using eigenvit::Image;
using eigenvit::Index;
using eigenvit::UnsupportedError;
using image_golden::contains;
using image_golden::message;

namespace {

Image decode(const std::vector<char>& bytes, const DecodeOptions& options = {}) {
  return eigenvit::decode_image(bytes.data(), bytes.size(), options, "bytes");
}

Image decode(const std::string& text, const DecodeOptions& options = {}) {
  return decode(std::vector<char>(text.begin(), text.end()), options);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// A folder below the system's temporary one that goes when the test ends.
struct Scratch {
  fs::path path = fs::temp_directory_path() / "eigenvit_decode_test";
  Scratch() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / fs::u8path(name), std::ios::binary) << bytes;
    return path / fs::u8path(name);
  }
};

std::string big32(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 255);
  return text;
}

std::string png_chunk(const std::string& type, const std::string& data) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : type + data) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
  }
  return big32(static_cast<std::uint32_t>(data.size())) + type + data + big32(~crc);
}

std::string png_header(std::uint32_t width, std::uint32_t height) {
  return "\x89PNG\r\n\x1a\n" +
         png_chunk("IHDR", big32(width) + big32(height) + std::string("\x08\x02\0\0\0", 5));
}

}  // namespace

TEST_CASE("every kind of file decodes to Pillow's pixels") {
  const auto lines = image_golden::table("decode.txt");
  const auto expected = image_golden::bytes("decode.bin");
  REQUIRE(lines.size() > 100);
  for (const auto& line : lines) {
    REQUIRE(line.size() == 4);
    CAPTURE(line[0]);
    const Image image = eigenvit::load_image(image_golden::folder() / line[0]);
    REQUIRE(image.width() == image_golden::number(line[1]));
    REQUIRE(image.height() == image_golden::number(line[2]));
    const auto offset = static_cast<std::size_t>(image_golden::number(line[3]));
    REQUIRE(offset + static_cast<std::size_t>(image.width() * image.height() * 3) <=
            expected.size());
    CHECK(std::equal(image.data(), image.data() + image.width() * image.height() * 3,
                     reinterpret_cast<const std::uint8_t*>(expected.data()) + offset));
  }
}

TEST_CASE("the EXIF orientation can be left unapplied") {
  DecodeOptions options;
  options.apply_exif_orientation = false;
  for (const std::string name : {"exif6.jpg", "exif6.png", "xmp6.jpg"}) {
    CAPTURE(name);
    const Image turned = eigenvit::load_image(image_golden::folder() / name);
    const Image plain = eigenvit::load_image(image_golden::folder() / name, options);
    CHECK(turned.width() == 5);
    CHECK(turned.height() == 7);
    CHECK(plain.width() == 7);
    CHECK(plain.height() == 5);
  }
}

TEST_CASE("a JPEG segment that is shorter than its own length does not hide the orientation") {
  auto bytes = image_golden::bytes("exif6.jpg");
  for (const char length : {'\0', '\1'}) {
    const std::string empty = {'\xff', '\xe0', '\0', length};
    bytes.insert(bytes.begin() + 2, empty.begin(), empty.end());
    CHECK(decode(bytes).height() == 7);
  }
}

TEST_CASE("what Pillow refuses is refused, naming the file") {
  const auto lines = image_golden::table("refused.txt");
  REQUIRE(lines.size() > 20);
  for (const auto& line : lines) {
    const fs::path path = image_golden::folder() / line.at(0);
    CAPTURE(line[0]);
    const std::string text = message<FormatError>([&] { eigenvit::load_image(path); });
    CHECK(contains(text, line[0] + ": "));
    CHECK(text.find('\n') == std::string::npos);
  }
}

TEST_CASE("no beginning of a file is taken for the whole") {
  for (const auto& line : image_golden::table("decode.txt")) {
    const std::string& name = line[0];
    if (name == "cat.png" || name == "cup.png" || name == "cat.jpg") continue;
    const auto whole = image_golden::bytes(name);
    // After the last pixel a file may end early: a GIF's end marks, the footer of a TGA, what
    // follows the last number of a plain PNM, padding of the last row of a BMP; of a PNG the end of
    // the compressed stream, two checksums and the last chunk.
    std::size_t tail = 0;
    if (ends_with(name, ".gif")) tail = name == "animated.gif" ? whole.size() : 2;
    if (ends_with(name, ".tga")) tail = 26;
    if (ends_with(name, ".png")) tail = 2 + 4 + 4 + 12;
    if (ends_with(name, "m") && contains(name, "plain")) tail = 10;
    if (ends_with(name, ".bmp")) tail = 4;
    if (ends_with(name, "m") && name.substr(0, 5) == "grey7") tail = 0;
    const std::size_t step = std::max<std::size_t>(1, whole.size() / 97);
    for (std::size_t size = 0; size + tail < whole.size(); size += step) {
      const std::vector<char> part(whole.begin(),
                                   whole.begin() + static_cast<std::ptrdiff_t>(size));
      CAPTURE(name);
      CAPTURE(size);
      CHECK_THROWS_AS(decode(part), FormatError);
    }
  }
}

TEST_CASE("a file that is cut short says how much is missing") {
  const auto error = [](const std::string& bytes) {
    return message<FormatError>([&] { decode(bytes); });
  };
  const std::string tga("\0\0\2\0\0\0\0\0\0\0\0\0\2\0\2\0\x18\0", 18);
  CHECK(error(tga + "abc") == "bytes: the TGA is truncated: expected 12 bytes of pixels, found 3");
  const std::string runs = tga.substr(0, 2) + "\x0a" + tga.substr(3);
  CHECK(error(runs + "\x81") == "bytes: the TGA is truncated: expected more than its 19 bytes");
  CHECK(error("GIF89a\2") ==
        "bytes: the GIF is truncated in its header: expected more than its 7 bytes");
  const std::string gif("GIF89a\2\0\2\0\0\0\0,\0\0\0\0\2\0\2\0\0\2\1", 25);
  CHECK(error(gif) ==
        "bytes: the GIF is truncated in its first frame: expected more than its 25 bytes");
  CHECK(error("P5 2 2 255\nabc") ==
        "bytes: the PNM is truncated: expected 4 bytes of pixels, found 3");
}

TEST_CASE("corrupt bytes give an image or an error, never anything else") {
  std::uint32_t state = 1;
  for (const auto& line : image_golden::table("decode.txt")) {
    const std::string& name = line[0];
    if (name == "cat.png" || name == "cup.png" || name == "cat.jpg") continue;
    const auto whole = image_golden::bytes(name);
    for (int round = 0; round < 40; ++round) {
      auto bytes = whole;
      for (int i = 0; i <= round % 4; ++i) {
        state = state * 1664525U + 1013904223U;
        bytes[state % bytes.size()] = static_cast<char>(state >> 24);
      }
      DecodeOptions options;
      options.max_pixels = 1 << 20;
      try {
        const Image image = decode(bytes, options);
        CHECK(image.width() * image.height() <= 1 << 20);
      } catch (const eigenvit::Error&) {
      }
    }
  }
}

TEST_CASE("paths that hold no image are refused by kind") {
  const Scratch scratch;
  const auto file_error = [](const fs::path& path) {
    return message<FileError>([&] { eigenvit::load_image(path); });
  };
  CHECK(contains(file_error(scratch.path / "missing.png"), "missing.png: no such file"));
  CHECK(contains(file_error(scratch.path), "found a folder"));
  CHECK(
      contains(message<FormatError>([&] { eigenvit::load_image(scratch.write("empty.jpg", "")); }),
               "empty.jpg: expected an image, found an empty file"));
  CHECK(contains(message<FormatError>([&] { eigenvit::load_image(scratch.write("a.bin", "abc")); }),
                 "a.bin: expected an image (JPEG, PNG"));
#if defined(__unix__)
  fs::create_symlink("nowhere", scratch.path / "link.png");
  CHECK(contains(file_error(scratch.path / "link.png"),
                 "link.png: expected an image file, found a link that leads nowhere"));
#endif
  CHECK(contains(message<FormatError>([] { eigenvit::decode_image(nullptr, 0); }),
                 "image: expected an image, found no bytes"));
  CHECK(contains(message<FormatError>([] { eigenvit::decode_image(nullptr, 5, {}, "x"); }),
                 "x: the data pointer is null"));
}

TEST_CASE("a file name beyond ASCII is read and named") {
  const Scratch scratch;
  const std::string name = "\xc3\xa9\xe7\x8c\xab.pgm";
  const Image image = eigenvit::load_image(scratch.write(name, "P5 1 1 255\nA"));
  CHECK(image.data()[0] == 'A');
  const fs::path bad = scratch.write("\xc3\xa9.txt", "text");
  CHECK(contains(message<FormatError>([&] { eigenvit::load_image(bad); }), "\xc3\xa9.txt: "));
}

TEST_CASE("a header of too many pixels is refused before anything is decoded") {
  const auto refusal = [](const std::string& bytes) {
    return message<FormatError>([&] { decode(bytes); });
  };
  const std::string side("\x60\xea", 2);  // 60000, little-endian
  const std::string big_side("\xea\x60", 2);
  const std::string expected =
      "bytes: expected at most 178956970 pixels (DecodeOptions::max_pixels), found a header of "
      "60000x60000";
  const std::string no_pixels = png_chunk("IDAT", "abc") + png_chunk("IEND", "");
  CHECK(refusal(png_header(60000, 60000) + no_pixels) == expected);
  CHECK(refusal("GIF89a" + side + side + std::string("\0\0\0,", 4) + std::string(20, '\0')) ==
        expected);
  CHECK(refusal("P5 60000 60000 255\n") == expected);
  CHECK(refusal("P3 60000 60000 255\n") == expected);
  CHECK(refusal(std::string("\0\0\2\0\0\0\0\0\0\0\0\0", 12) + side + side +
                std::string("\x18\0", 2)) == expected);
  CHECK(refusal("\xff\xd8\xff\xc0" + std::string("\0\x0b\x08", 3) + big_side + big_side +
                std::string("\1\1\x11\0", 4)) == expected);
  CHECK(refusal("BM" + std::string(8, '\0') + std::string("\x36\0\0\0\x28\0\0\0", 8) + side +
                std::string(2, '\0') + side + std::string("\0\0\1\0\x18\0", 6) +
                std::string(30, '\0')) == expected);
}

TEST_CASE("the limit on pixels can be moved") {
  DecodeOptions options;
  options.max_pixels = 5;
  CHECK_THROWS_AS(decode("P5 3 2 255\nabcdef", options), FormatError);
  options.max_pixels = 6;
  CHECK(decode("P5 3 2 255\nabcdef", options).width() == 3);
}

TEST_CASE("a small PNG that inflates to a gigabyte does not take the memory") {
  // A stream of one kind: a stored byte, then copies of 258 of it, each of them 2 bits.
  std::string zlib("\x78\x01", 2);
  std::uint64_t bits = 0;
  int held = 0;
  const auto put = [&](unsigned value, int count) {
    for (int i = 0; i < count; ++i) {
      bits |= static_cast<std::uint64_t>(value >> i & 1) << held;
      if (++held == 8) {
        zlib += static_cast<char>(bits);
        bits = 0;
        held = 0;
      }
    }
  };
  put(1, 1);     // the last block
  put(1, 2);     // with the fixed codes
  put(0x0c, 8);  // literal 0: 00110000, first bit first
  const int copies = 4'000'000;
  for (int i = 0; i < copies; ++i) {
    put(0xa3, 8);  // length 258: 11000101
    put(0, 5);     // distance 1
  }
  put(0, 7);  // the end
  put(0, 8);
  const std::string bomb = png_header(1, 1) + png_chunk("IDAT", zlib) + png_chunk("IEND", "");
  // Beyond the pixels nothing is decompressed.
  CHECK(decode(bomb).width() == 1);
}

TEST_CASE("variants that are not decoded are called unsupported") {
  const auto unsupported = [](const std::vector<char>& bytes) {
    return message<UnsupportedError>([&] { decode(bytes); });
  };
  const auto changed = [](const std::string& name, std::size_t at, char value) {
    auto bytes = image_golden::bytes(name);
    bytes.at(at) = value;
    return bytes;
  };
  CHECK(contains(unsupported(changed("palette.bmp", 30, 4)), "found compression 4"));
  CHECK(contains(unsupported(changed("palette.bmp", 28, 2)),
                 "expected a BMP of 1, 4, 8, 16, 24 or 32 bits a pixel, found 2"));
  CHECK(contains(unsupported(changed("565.bmp", 55, 0)), "masks of the BMP's colours"));
  CHECK(contains(unsupported(changed("rgb.bmp", 30, 1)), "found 24 bits a pixel with compression"));
#ifndef EIGENVIT_WITH_TURBOJPEG
  auto jpeg = image_golden::bytes("grey.jpg");
  const std::string marker = "\xff\xc0";
  const auto frame = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  REQUIRE(frame != jpeg.end());
  frame[1] = '\xc9';
  CHECK(contains(unsupported(jpeg), "found arithmetic-coded (frame type 9)"));
#endif
}

TEST_CASE("a JPEG whose Huffman table announces more codes than there are is refused") {
  auto jpeg = image_golden::bytes("grey.jpg");
  const std::string marker = "\xff\xc4";
  const auto table = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  REQUIRE(table != jpeg.end());
  for (int i = 5; i < 21; ++i) table[i] = '\xff';
  CHECK(contains(message<FormatError>([&] { decode(jpeg); }), "Huffman table"));
}

TEST_CASE("bytes after an image do no harm") {
  for (const std::string name : {"rgb.png", "420.jpg", "rgb.bmp", "palette.gif", "rgb.tga"}) {
    auto bytes = image_golden::bytes(name);
    const Image expected = decode(bytes);
    bytes.insert(bytes.end(), 1000, '\x7f');
    CHECK(image_golden::equal(decode(bytes), expected));
  }
}
