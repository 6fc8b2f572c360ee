// What optional libraries decode, against Pillow (tests/golden/make_codecs.py). Without a library
// the same files show how its format is named.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>

#include "image_golden.hpp"

using eigenvit::FormatError;
using eigenvit::Image;
using eigenvit::UnsupportedError;
using image_golden::contains;
using image_golden::message;

namespace {

std::string folder() {
  return (image_golden::folder().parent_path() / "codecs").string() + "/";
}

struct Format {
  const char* extension;
  const char* option;
  bool is_built_in;
  int tolerance;
};

// Releases of libavif and libheif round the conversion from YCbCr differently.
#ifdef EIGENVIT_WITH_WEBP
constexpr Format webp{".webp", "WebP image: build with EIGENVIT_WITH_WEBP", true, 0};
#else
constexpr Format webp{".webp", "WebP image: build with EIGENVIT_WITH_WEBP", false, 0};
#endif
#ifdef EIGENVIT_WITH_AVIF
constexpr Format avif{".avif", "AVIF image: build with EIGENVIT_WITH_AVIF", true, 1};
#else
constexpr Format avif{".avif", "AVIF image: build with EIGENVIT_WITH_AVIF", false, 1};
#endif
#ifdef EIGENVIT_WITH_HEIF
constexpr Format heic{".heic", "HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF", true, 1};
#else
constexpr Format heic{".heic", "HEIC (HEIF) image: build with EIGENVIT_WITH_HEIF", false, 1};
#endif

#ifdef EIGENVIT_WITH_TURBOJPEG
constexpr Format jpeg{".jpg", "arithmetic-coded", true, 0};
#else
constexpr Format jpeg{".jpg", "arithmetic-coded", false, 0};
#endif

void check_files(const Format& format) {
  const std::vector<char> pixels = image_golden::bytes("../codecs/pixels.bin");
  int count = 0;
  for (const auto& line : image_golden::table("../codecs/pixels.txt")) {
    const std::string& name = line.at(0);
    if (!contains(name, format.extension)) continue;
    CAPTURE(name);
    ++count;
    const auto load = [&] { return eigenvit::load_image(folder() + name); };
    if (!format.is_built_in) {
      CHECK(contains(message<UnsupportedError>(load), format.option));
      continue;
    }
    if (line.at(1) == "refused") {
      const std::string text = message<FormatError>(load);
      CHECK(contains(text, name + ": "));
      CHECK(!contains(text, "\n"));
      continue;
    }
    const Image image = load();
    REQUIRE(image.width() == image_golden::number(line.at(1)));
    REQUIRE(image.height() == image_golden::number(line.at(2)));
    const auto* const expected =
        reinterpret_cast<const unsigned char*>(pixels.data()) + image_golden::number(line.at(3));
    int worst = 0;
    for (eigenvit::Index i = 0; i < image.width() * image.height() * 3; ++i) {
      worst = std::max(worst, std::abs(image.data()[i] - expected[i]));
    }
    CHECK(worst <= format.tolerance);
  }
  CHECK(count > 1);
}

// A file whose header claims more pixels than allowed is refused before it is decoded.
void check_limit(const Format& format, const std::string& name) {
  if (!format.is_built_in) return;
  eigenvit::DecodeOptions options;
  options.max_pixels = 19 * 14 - 1;
  CHECK(contains(message<FormatError>([&] { eigenvit::load_image(folder() + name, options); }),
                 name + ": "));
}

}  // namespace

TEST_CASE("WebP: Pillow's pixels, its orientation, and what it refuses") {
  check_files(webp);
  check_limit(webp, "lossy.webp");
}

TEST_CASE("AVIF: Pillow's pixels, its orientation, and what it refuses") {
  check_files(avif);
  check_limit(avif, "420.avif");
}

TEST_CASE("AVIF: a coded picture that is larger than the boxes say is held against the limits") {
  if (!avif.is_built_in) return;
  // 6500 x 6500 pixels of one colour, said to be 64 x 48.
  std::vector<char> bytes = image_golden::bytes("../../limits/one_colour.avif");
  const std::string box = "ispe";
  const auto size = std::search(bytes.begin(), bytes.end(), box.begin(), box.end());
  REQUIRE(bytes.end() - size > 16);
  const std::string said("\0\0\0\x40\0\0\0\x30", 8);
  std::copy(said.begin(), said.end(), size + 8);
  CHECK(contains(message<FormatError>(
                     [&] { eigenvit::decode_image(bytes.data(), bytes.size(), {}, "small"); }),
                 "small: the AVIF is truncated, corrupt or not decoded"));
}

TEST_CASE("HEIC: pillow-heif's pixels, turned as the boxes say, and what it refuses") {
  check_files(heic);
  check_limit(heic, "420.heic");
}

TEST_CASE("arithmetic-coded JPEG: Pillow's pixels by libjpeg-turbo") {
  check_files(jpeg);
}

TEST_CASE("arithmetic-coded JPEG: one that libjpeg-turbo does not decode is not asked for others") {
  if (!jpeg.is_built_in) return;
  const std::vector<char> whole = image_golden::bytes("../codecs/arithmetic.jpg");
  const std::string mark = "\xff\xc9";
  const auto frame =
      std::search(whole.begin(), whole.end(), mark.begin(), mark.end()) - whole.begin();
  std::vector<char> twelve_bits = whole;
  twelve_bits.at(static_cast<std::size_t>(frame) + 4) = 12;
  std::vector<char> four_components = whole;
  four_components.at(static_cast<std::size_t>(frame) + 9) = 4;
  const std::vector<char> cut(whole.begin(), whole.end() - 40);
  for (const std::vector<char>& file : {twelve_bits, four_components, cut}) {
    CHECK(
        message<FormatError>([&] { eigenvit::decode_image(file.data(), file.size(), {}, "F"); }) ==
        "F: the arithmetic-coded JPEG is truncated, corrupt or of a kind that libjpeg-turbo does "
        "not decode");
  }
}

TEST_CASE("an orientation is left unapplied where the caller asks for it") {
  eigenvit::DecodeOptions options;
  options.apply_exif_orientation = false;
  if (webp.is_built_in) {
    CHECK(eigenvit::load_image(folder() + "exif6.webp", options).width() == 9);
  }
  if (avif.is_built_in) {
    CHECK(eigenvit::load_image(folder() + "turned6.avif", options).width() == 9);
  }
  // Not an orientation beside the pixels, but a step of decoding them.
  if (heic.is_built_in) {
    CHECK(eigenvit::load_image(folder() + "turned6.heic", options).width() == 48);
  }
}
