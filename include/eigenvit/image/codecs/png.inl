/// PNG: what is checked around stb_image's decoder.
#ifndef EIGENVIT_IMAGE_CODECS_PNG_INL
#define EIGENVIT_IMAGE_CODECS_PNG_INL

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/stb.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The CRC-32 of PNG: polynomial 0xedb88320, reflected, inverted before and after.
class Crc32 {
 public:
  Crc32() noexcept {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320U : value >> 1;
      table_[0][i] = value;
    }
    for (std::size_t k = 1; k < 4; ++k) {
      for (std::size_t i = 0; i < 256; ++i) {
        table_[k][i] = table_[k - 1][i] >> 8 ^ table_[0][table_[k - 1][i] & 0xff];
      }
    }
  }
  std::uint32_t operator()(const std::uint8_t* bytes, std::size_t count) const noexcept {
    std::uint32_t crc = 0xffffffffU;
    // Four bytes a step: one lookup after the other is what takes the time.
    for (; count >= 4; count -= 4, bytes += 4) {
      crc ^= bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 |
             static_cast<std::uint32_t>(bytes[2]) << 16 |
             static_cast<std::uint32_t>(bytes[3]) << 24;
      crc = table_[3][crc & 0xff] ^ table_[2][crc >> 8 & 0xff] ^ table_[1][crc >> 16 & 0xff] ^
            table_[0][crc >> 24];
    }
    for (; count > 0; --count, ++bytes) crc = crc >> 8 ^ table_[0][(crc ^ *bytes) & 0xff];
    return ~crc;
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> table_{};
};

/// The EXIF value where the file has one.
EIGENVIT_INLINE int png_orientation(const EncodedImage& file) {
  for (std::size_t at = 8; file.has(at, 12);) {
    const std::size_t length = file.big(at, 4);
    if (!file.has(at + 12, length)) break;
    if (file.holds(at + 4, "eXIf")) return exif_orientation(file.data + at + 8, length);
    at += 12 + length;
  }
  return 0;
}

EIGENVIT_INLINE Image decode_png(const EncodedImage& file) {
  // stb_image takes no notice of checksums. Pillow refuses a chunk whose checksum is wrong, and
  // pixel data that do not inflate to what they were.
  const Crc32 crc;
  bool grey16 = false;
  bool ended = false;
  for (std::size_t at = 8; !ended;) {
    if (!file.has(at, 12)) file.fail({"the PNG is truncated at byte ", at});
    const std::size_t length = file.big(at, 4);
    const std::string_view type(reinterpret_cast<const char*>(file.data) + at + 4, 4);
    if (!file.has(at + 12, length)) {
      file.fail({"the PNG is truncated: expected ", length, " bytes in a chunk at byte ", at,
                 ", found ", file.size - at - 12});
    }
    const bool critical = (file.data[at + 4] & 0x20) == 0;
    if (critical && crc(file.data + at + 4, length + 4) != file.big(at + 8 + length, 4)) {
      file.fail({"the PNG is corrupt: the checksum of the chunk at byte ", at, " is wrong"});
    }
    if (at == 8) {
      if (type != "IHDR" || length != 13) file.fail({"expected the PNG to begin with its header"});
      file.check_size(file.big(at + 8, 4), file.big(at + 12, 4));
      grey16 = file.data[at + 16] == 16 && file.data[at + 17] == 0;
    } else if (type == "IEND") {
      ended = true;
    }
    at += 12 + length;
  }
  if (!grey16) return decode_stb(file, "PNG");

  // Pillow keeps 16-bit grey as it is, and cuts off at 255 when it becomes RGB.
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stb::stbi_us, StbFree> pixels(stb::stbi_load_16_from_memory(
      file.data, static_cast<int>(file.size), &width, &height, &channels, 1));
  if (!pixels) fail_stb(file, "PNG");
  Image image(width, height);
  std::uint8_t* out = image.data();
  const stb::stbi_us* const end = pixels.get() + image.width() * image.height();
  for (const stb::stbi_us* sample = pixels.get(); sample != end; ++sample, out += 3) {
    out[0] = out[1] = out[2] = static_cast<std::uint8_t>(*sample > 255 ? 255 : *sample);
  }
  return image;
}

class PngCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "PNG"; }
  std::string_view extensions() const override { return "png apng"; }
  bool recognises(const EncodedImage& head) const override {
    return head.starts_with("\x89PNG\r\n\x1a\n");
  }
  Image decode(const EncodedImage& file) const override { return decode_png(file); }
  int orientation(const EncodedImage& file) const override { return png_orientation(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
