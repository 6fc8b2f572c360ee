#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/image_formats.hpp>

#include "image_golden.hpp"

using eigenvit::FormatError;
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
      {"\xef\xbb\xbf\nversion http://hawser.github.com/spec/v1\r\n", "a Git LFS pointer"},
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
      {boxes("mif2", ""), "an HEIC (HEIF) image"},
      {boxes("miaf", ""), "an HEIC (HEIF) image"},
      {boxes("avci", ""), "an HEIC (HEIF) image"},
      {boxes("avcs", ""), "an HEIC (HEIF) image"},
      {boxes("jpeg", ""), "an HEIC (HEIF) image"},
      {boxes("jpgs", ""), "an HEIC (HEIF) image"},
      {zeros(3) + "\1ftyp" + zeros(7) + "\x20heic" + zeros(20), "an HEIC (HEIF) image"},
      {zeros(4) + "ftypheic" + zeros(20), "an HEIC (HEIF) image"},
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
      {"<h1>403 Forbidden</h1>", "an HTML page"},
      {"<!-- drawn -->\n<svg/>", "an SVG drawing"},
      {"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
       "an XML text, as of a server's message or an SVG drawing"},
      {"%PDF-1.7\n", "a PDF document"},
      {"\xef\xbb\xbf\n%PDF-1.7\n", "a PDF document"},
      {"\xff\xd8\xff\xf7" + zeros(40), "a JPEG-LS image"},
      {"\x0a\5\1\x08" + zeros(124), "a PCX image"},
      {"DDS \x7c" + zeros(123), "a DirectDraw surface"},
      {"\x01\xda" + zeros(510), "an SGI image"},
      {"icns" + zeros(3) + "\x10", "an Apple icon"},
      {"\x8aMNG\r\n\x1a\n", "an MNG or JNG image"},
      {"\x8bJNG\r\n\x1a\n", "an MNG or JNG image"},
      {"AT&TFORM" + zeros(3) + "\x20" + "DJVU", "a DjVu document"},
      {"SIMPLE  =                    T", "a FITS image"},
      {zeros(128) + "DICM", "a DICOM image"},
      {"\x93NUMPY\1" + zeros(20), "an array of NumPy"},
      {"/* XPM */\nstatic char", "an XBM or XPM image"},
      {"#define x_width 4\n", "an XBM or XPM image"},
      {"DanM" + zeros(28), "a Windows Paint image"},
      {"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript drawing"},
      {"\xd7\xcd\xc6\x9a" + zeros(60), "a Windows metafile"},
      {"\1" + zeros(3) + "\x6c" + zeros(35) + " EMF", "a Windows metafile"},
      {std::string("MM*\0\0\0\0\x08", 8), "a TIFF image"},
      {"P7 332\n#END_OF_COMMENTS\n", "a thumbnail of XV"},
      {zeros(3) + "\x08wide" + zeros(4) + "mdat" + zeros(40), "a video"},
      {zeros(2) + "\1" + zeros(1) + "moov" + zeros(40), "a video"},
      {zeros(2) + "\1\xba" + zeros(40), "a video"},
      {"FLV\1\5" + zeros(40), "a video"},
      {"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + zeros(40), "a video"},
      {"\x1f\x8b\x08" + zeros(9), "a compressed file or archive: unpack it first"},
      {"PK\3\4" + zeros(30), "a compressed file or archive"},
      {"PK\5\6" + zeros(18), "a compressed file or archive"},
      {std::string(257, 'a') + "ustar", "a compressed file or archive"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.words);
    CHECK(contains(
        refusal(one.bytes),
        std::string("shot.jpg: expected an image that can be decoded, found ") + one.words));
  }
}

TEST_CASE("what failed downloads leave is named") {
  const auto found = [](const std::string& bytes) {
    const std::string text = message<FormatError>(
        [&] { eigenvit::decode_image(bytes.data(), bytes.size(), {}, "shot.jpg"); });
    const std::size_t at = text.find("), found ");
    return at == std::string::npos ? text : text.substr(at + 9);
  };
  const std::string failed = ": a download or copy may have failed";
  CHECK(found("404: Not Found") == "a plain text" + failed);
  CHECK(found(R"({"error":"Not Found"})") == "a JSON text" + failed);
  CHECK(found(zeros(5000)) == "zeros alone" + failed);
  CHECK(found("\xc3\xa4\1") == "none of them");
}
