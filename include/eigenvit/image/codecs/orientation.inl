/// How an image file says that its pixels are to be turned, by Pillow's rules for all formats.
#ifndef EIGENVIT_IMAGE_CODECS_ORIENTATION_INL
#define EIGENVIT_IMAGE_CODECS_ORIENTATION_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The places in a file that can state an orientation.
struct OrientationSources {
  /// A block of EXIF, which may begin with `Exif\0\0`.
  std::optional<std::string> exif;
  /// The same in the text that ImageMagick writes into PNG files: a line break, the profile's name,
  /// its length, and its bytes in hexadecimal digits. Counts where there is no block.
  std::optional<std::string> raw_profile;
  /// Counts where the EXIF lacks the tag, whatever the tag's value.
  std::string xmp;
};

/// The bytes of a raw profile, empty where its digits are malformed.
inline std::string raw_profile_bytes(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) {
      if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
      return {};
    }
    if (high >= 0) bytes += static_cast<char>(16 * high + digit);
    high = high >= 0 ? -1 : digit;
  }
  return high >= 0 ? std::string() : bytes;
}

/// The first orientation in a block of XMP, written as an attribute or as an element; 0: none.
inline int xmp_orientation(std::string_view xmp) noexcept {
  constexpr std::string_view tag = "tiff:Orientation";
  for (std::size_t at = xmp.find(tag); at != std::string_view::npos; at = xmp.find(tag, at + 1)) {
    std::string_view value = xmp.substr(at + tag.size());
    if (value.substr(0, 2) == "=\"") {
      value.remove_prefix(2);
    } else if (value.substr(0, 1) == ">") {
      value.remove_prefix(1);
    } else {
      continue;
    }
    if (value.empty() || value[0] < '0' || value[0] > '9') continue;
    return value[0] >= '1' && value[0] <= '8' ? value[0] - '0' : 0;
  }
  return 0;
}

/// 1 to 8, or 0 where the sources state none.
inline int orientation_of(const OrientationSources& sources) {
  std::string exif;
  if (sources.exif) {
    exif = *sources.exif;
  } else if (sources.raw_profile) {
    exif = raw_profile_bytes(*sources.raw_profile);
  }
  const std::optional<int> tag =
      exif_orientation_tag(reinterpret_cast<const std::uint8_t*>(exif.data()), exif.size());
  return tag ? *tag : xmp_orientation(sources.xmp);
}

/// The orientation of a JPEG, from the segments before its first scan.
inline int jpeg_orientation(const EncodedImage& file) {
  OrientationSources sources;
  for (std::size_t at = 2; file.has(at, 2);) {
    // Stray bytes between segments are passed over, and so is 0xff before a marker.
    const std::uint8_t marker = file.data[at + 1];
    if (file.data[at] != 0xff || marker == 0xff) {
      ++at;
      continue;
    }
    at += 2;
    const bool alone = marker == 0 || marker == 0xc8 || (marker >= 0xd0 && marker <= 0xd9) ||
                       (marker >= 0xf0 && marker <= 0xfd);
    if (alone) continue;
    if (marker < 0xc0 || marker == 0xda || !file.has(at, 2)) break;
    // The length counts itself; Pillow takes a smaller one for an empty segment.
    const std::size_t length = std::max<std::size_t>(file.big(at, 2), 2);
    if (!file.has(at, length)) break;
    const std::string_view body(reinterpret_cast<const char*>(file.data) + at + 2, length - 2);
    constexpr std::string_view exif("Exif\0\0", 6);
    constexpr std::string_view xmp("http://ns.adobe.com/xap/1.0/\0", 29);
    if (marker == 0xe1 && body.substr(0, exif.size()) == exif) {
      // A block that exceeds a segment goes on in the next.
      if (sources.exif) {
        *sources.exif += body.substr(exif.size());
      } else {
        sources.exif = body;
      }
    } else if (marker == 0xe1 && body.substr(0, xmp.size()) == xmp) {
      sources.xmp = body.substr(xmp.size());
    }
    at += length;
  }
  return orientation_of(sources);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
