/// JPEG.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_INL

#include <cstdint>
#include <cstring>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/decoder.inl>
#include <eigenvit/image/codecs/orientation.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What the markers of a JPEG say.
struct JpegMarkers {
  int frame = 0;  ///< The start-of-frame marker, 0xc0 to 0xcf; 0: none.
  std::uint32_t precision = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t components = 0;
};

/// Whether the Huffman tables in a segment hold what they announce, of at most 256 codes each:
/// stb_image before 2.29 writes past its tables where they announce more.
inline bool are_huffman_tables(const std::uint8_t* body, std::size_t size) noexcept {
  while (size > 0) {
    if (size < 17) return false;
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += body[i];
    if (codes > 256 || size - 17 < codes) return false;
    body += 17 + codes;
    size -= 17 + codes;
  }
  return true;
}

/// Walks the markers to the end of the image. Throws where that is not reached: decoders fill up a
/// truncated JPEG with grey, Pillow refuses it.
EIGENVIT_INLINE JpegMarkers read_jpeg_markers(const EncodedImage& file) {
  JpegMarkers found;
  bool scanned = false;
  const auto truncated = [&](std::size_t at) {
    file.fail(
        {"the JPEG is truncated: expected a marker at byte ", at, ", found the end of the file"});
  };
  for (std::size_t at = 2;;) {
    const void* const next =
        at < file.size ? std::memchr(file.data + at, 0xff, file.size - at) : nullptr;
    if (next == nullptr) truncated(file.size);
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(next) - file.data) + 1;
    if (at >= file.size) truncated(at);
    const int marker = file.data[at];
    // A fill byte, a stuffed zero or a restart marker within the scan.
    if (marker == 0xff) continue;
    ++at;
    if (marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker == 0xd9) break;
    if (!file.has(at, 2)) truncated(at);
    const std::size_t length = file.big(at, 2);
    if (length < 2) file.fail({"the JPEG holds a segment without a length"});
    if (!file.has(at, length)) truncated(file.size);
    const std::uint8_t* const body = file.data + at + 2;
    const std::size_t size = length - 2;
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
      if (found.frame != 0) file.fail({"the JPEG holds a second frame"});
      if (size < 6) file.fail({"the JPEG's frame header is too short"});
      found.frame = marker;
      found.precision = body[0];
      found.height = file.big(at + 3, 2);
      found.width = file.big(at + 5, 2);
      found.components = body[5];
      file.check_size(found.width, found.height);
    } else if (marker == 0xc4) {
      if (!are_huffman_tables(body, size)) file.fail({"the JPEG holds a broken Huffman table"});
    } else if (marker == 0xda) {
      scanned = true;
    }
    at += length;
  }
  if (found.frame == 0 || !scanned) file.fail({"the JPEG holds no image"});
  return found;
}

class JpegCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "JPEG"; }
  std::string_view extensions() const override { return "jpg jpeg jpe jfif mpo"; }
  bool recognises(const EncodedImage& head) const override {
    return head.starts_with("\xff\xd8\xff");
  }
  Image decode(const EncodedImage& file) const override { return decode_jpeg(file); }
  int orientation(const EncodedImage& file) const override { return jpeg_orientation(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
