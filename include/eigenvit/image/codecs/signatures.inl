/// First bytes of formats that an optional library decodes.
#ifndef EIGENVIT_IMAGE_CODECS_SIGNATURES_INL
#define EIGENVIT_IMAGE_CODECS_SIGNATURES_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/encoded_image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool is_webp(const EncodedImage& head) noexcept {
  return head.starts_with("RIFF") && head.holds(8, "WEBP");
}

/// What a file of ISO base media boxes holds, as the brands of its first box say.
enum class BoxedImage { none, avif, heic, raw, video };

/// The first brand with a meaning of its own decides: `mif1` and `msf1`, which files of both kinds
/// name first, say no more than "an image".
///
/// Source: ISO/IEC 14496-12, 4.2 and 4.3; ISO/IEC 23008-12, 10; AV1 Image File Format 1.1, 6.
inline BoxedImage boxed_image(const EncodedImage& head) noexcept {
  if (!head.has(0, 12) || !head.holds(4, "ftyp")) return BoxedImage::none;
  // A size of 1 stands for one of eight bytes behind the type; 0, for all of the file.
  const std::uint32_t size = head.big(0, 4);
  const bool is_long = size == 1 && head.has(0, 20);
  const std::size_t major = is_long ? 16 : 8;
  const std::size_t stated = is_long ? head.big(12, 4) : size == 0 ? head.size : size;
  const std::size_t end = std::min<std::size_t>(head.size, std::max(stated, major + 4));
  bool is_image = false;
  for (std::size_t at = major; at + 4 <= end; at += at == major ? 8 : 4) {
    if (head.holds(at, "avif") || head.holds(at, "avis")) return BoxedImage::avif;
    if (head.holds(at, "hei") || head.holds(at, "hev")) return BoxedImage::heic;
    if (head.holds(at, "crx ")) return BoxedImage::raw;
    is_image = is_image || head.holds(at, "mif1") || head.holds(at, "msf1") ||
               head.holds(at, "mif2") || head.holds(at, "miaf") || head.holds(at, "avci") ||
               head.holds(at, "avcs") || head.holds(at, "jpeg") || head.holds(at, "jpgs");
  }
  return is_image ? BoxedImage::heic : BoxedImage::video;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
