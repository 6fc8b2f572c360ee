#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/image_formats.hpp>

#include "image_golden.hpp"

using eigenvit::image_format_of_extension;
using eigenvit::UnsupportedError;
using image_golden::contains;
using image_golden::message;

namespace {

std::string refusal(const std::string& bytes) {
  return message<UnsupportedError>(
      [&] { eigenvit::decode_image(bytes.data(), bytes.size(), {}, "shot.jpg"); });
}

std::string zeros(std::size_t count) {
  return std::string(count, '\0');
}

// A first box of a major brand and further brands.
std::string boxes(const std::string& major, const std::string& further) {
  std::string text = zeros(3) + static_cast<char>(16 + further.size());
  return text + "ftyp" + major + zeros(4) + further + zeros(3) + "\x08mdat";
}

}  // namespace

TEST_CASE("the formats of this build are named in the order in which they are tried") {
  const std::string names = eigenvit::image_format_names();
  CHECK(names.substr(0, 9) == "JPEG, PNG");
  CHECK(contains(names, ", BMP, GIF, PNM or TGA"));
  CHECK(names.rfind("JPEG") == 0);
  CHECK(names.rfind("PNG") == 6);
}

TEST_CASE("an extension says the format in any case, with and without its dot") {
  for (const char* extension : {"jpg", ".JPG", "jpeg", "Jpe", ".jfif"}) {
    CAPTURE(extension);
    CHECK(image_format_of_extension(extension).name == "JPEG");
    CHECK(image_format_of_extension(extension).is_decoded);
  }
  for (const char* extension : {"png", "bmp", "gif", "pbm", "pgm", "pnm", "ppm", "tga"}) {
    CAPTURE(extension);
    CHECK(image_format_of_extension(extension).is_decoded);
  }
  const auto tiff = image_format_of_extension(".TIF");
  CHECK(tiff.name == "TIFF");
  CHECK(!tiff.is_decoded);
  CHECK(tiff.advice == "convert it to PNG or JPEG");
  for (const char* extension : {"", ".", "txt", "jp", "g", "j", " ", "png ", "jpg jpeg", "JPG2"}) {
    CAPTURE(extension);
    CHECK(image_format_of_extension(extension).name.empty());
    CHECK(!image_format_of_extension(extension).is_decoded);
  }
}

TEST_CASE("an optional library's extensions are decoded where it is built in") {
  const auto webp = image_format_of_extension("webp");
  const auto avif = image_format_of_extension("avif");
  const auto heic = image_format_of_extension("HEIC");
  CHECK(webp.name == "WebP");
  CHECK(avif.name == "AVIF");
  CHECK(heic.name == "HEIC");
#ifdef EIGENVIT_WITH_WEBP
  CHECK(webp.is_decoded);
  CHECK(contains(eigenvit::image_format_names(), "WebP"));
#else
  CHECK(!webp.is_decoded);
  CHECK(webp.advice == "build with EIGENVIT_WITH_WEBP");
#endif
#ifdef EIGENVIT_WITH_AVIF
  CHECK(avif.is_decoded);
#else
  CHECK(avif.advice == "build with EIGENVIT_WITH_AVIF");
#endif
#ifdef EIGENVIT_WITH_HEIF
  CHECK(heic.is_decoded);
#else
  CHECK(heic.advice == "build with EIGENVIT_WITH_HEIF");
#endif
}

TEST_CASE("a format that is recognised but not decoded is named, with what to do") {
  struct Case {
    std::string bytes;
    const char* words;
  };
  const std::string jump = "\x0d\x0a\x87\x0a";
  const std::vector<Case> cases = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 5\n",
       "a Git LFS pointer, not the image itself: run git lfs pull"},
#ifndef EIGENVIT_WITH_WEBP
      {"RIFF" + zeros(4) + "WEBPVP8 " + zeros(20), "a WebP image: build with EIGENVIT_WITH_WEBP"},
#endif
#ifndef EIGENVIT_WITH_AVIF
      {boxes("avif", "mif1miaf"), "an AVIF image: build with EIGENVIT_WITH_AVIF"},
      {boxes("avis", "msf1"), "an AVIF image: build with EIGENVIT_WITH_AVIF"},
      {boxes("mif1", "miafavif"), "an AVIF image: build with EIGENVIT_WITH_AVIF"},
#endif
#ifndef EIGENVIT_WITH_HEIF
      {boxes("heic", "mif1heic"), "an HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF"},
      {boxes("heix", "mif1"), "an HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF"},
      {boxes("hevc", "msf1"), "an HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF"},
      {boxes("mif1", "heic"), "an HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF"},
      {boxes("mif1", ""), "an HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF"},
#endif
      {boxes("isom", "mp41"), "a video"},
      {boxes("qt  ", ""), "a video"},
      {boxes("crx ", "isom"), "a camera's RAW file: develop it to PNG or JPEG"},
      {std::string("II*\0", 4) + zeros(30), "a TIFF image: convert it to PNG or JPEG"},
      {std::string("MM\0*", 4) + zeros(30), "a TIFF image: convert it to PNG or JPEG"},
      {std::string("II+\0", 4) + zeros(30), "a TIFF image: convert it to PNG or JPEG"},
      {std::string("MM\0+", 4) + zeros(30), "a TIFF image: convert it to PNG or JPEG"},
      {std::string("II*\0\x10\0\0\0CR\2\0", 12) + zeros(30), "a camera's RAW file"},
      {"\xff\x0a" + zeros(30), "a JPEG XL image"},
      {zeros(3) + "\x0cJXL " + jump + zeros(9), "a JPEG XL image"},
      {"\xff\x4f\xff\x51" + zeros(9), "a JPEG 2000 image"},
      {zeros(3) + "\x0cjP  " + jump + zeros(9), "a JPEG 2000 image"},
      {"II\xbc\1" + zeros(9), "a JPEG XR image"},
      {"8BPS" + zeros(30), "a Photoshop document"},
      {"gimp xcf file", "a GIMP document"},
      {"qoif" + zeros(30), "a QOI image"},
      {"\x76\x2f\x31\x01" + zeros(30), "an OpenEXR image"},
      {"#?RADIANCE\n", "a Radiance HDR image"},
      {"PF\n3 2\n-1.0\n" + zeros(72), "a PFM or PAM image"},
      {std::string("\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0", 22) + zeros(20),
       "a Windows icon"},
      {"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"},
      {"\xef\xbb\xbf<?xml version='1.0'?>\n<SVG/>\n<svg/>", "an SVG drawing"},
      {" \n<!DOCTYPE html><title>404</title>", "an HTML page, not the image itself"},
      {"%PDF-1.7\n", "a PDF document"},
      {"\x1f\x8b\x08" + zeros(9), "a compressed file or archive: unpack it first"},
      {"PK\3\4" + zeros(30), "a compressed file or archive"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.words);
    CHECK(contains(
        refusal(one.bytes),
        std::string("shot.jpg: expected an image that can be decoded, found ") + one.words));
  }
}
