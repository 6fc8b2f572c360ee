/// BMP and TGA: what is checked around stb_image's decoders, which take the bytes that a truncated
/// file lacks for zeros.
#ifndef EIGENVIT_IMAGE_CODECS_BMP_TGA_INL
#define EIGENVIT_IMAGE_CODECS_BMP_TGA_INL

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/codecs/stb.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Where 5 or 6 bits stand for a sample, stb_image repeats the upper bits in the lower, while
/// Pillow scales and rounds down. What went in can be told from the upper bits.
inline std::uint8_t rescale_bits(std::uint8_t sample, int bits) noexcept {
  const int most = (1 << bits) - 1;
  return static_cast<std::uint8_t>((sample >> (8 - bits)) * 255 / most);
}

EIGENVIT_INLINE Image decode_bmp(const EncodedImage& file) {
  if (!file.has(14, 12)) file.fail({"the BMP is truncated in its header"});
  const std::size_t offset = file.little(10, 4);
  const std::size_t header = file.little(14, 4);
  const bool old = header == 12;
  if (!old && !file.has(14, 40)) file.fail({"the BMP is truncated in its header"});
  const std::uint64_t width = file.little(18, old ? 2 : 4);
  std::uint64_t height = file.little(old ? 20 : 22, old ? 2 : 4);
  if (!old && height > 0x7fffffff) height = (std::uint64_t{1} << 32) - height;
  file.check_size(width, height);
  const std::uint64_t bits = file.little(old ? 24 : 28, 2);
  const std::uint32_t compression = old ? 0 : file.little(30, 4);
  if (compression != 0 && compression != 3) {
    raise<UnsupportedError>(
        {file.name, ": expected an uncompressed BMP, found compression ", compression});
  }
  const std::uint64_t stride = (width * bits + 31) / 32 * 4;
  const std::uint64_t end = offset + stride * (height - 1) + (width * bits + 7) / 8;
  if (end > file.size) {
    file.fail({"the BMP is truncated: expected ", end, " bytes, found ", file.size});
  }
  Image image = decode_stb(file, "BMP");
  if (bits == 16) {
    const bool six = compression == 3 && file.has(54, 12) && file.little(58, 4) == 0x7e0;
    std::uint8_t* sample = image.data();
    for (Index i = image.width() * image.height(); i > 0; --i, sample += 3) {
      sample[0] = rescale_bits(sample[0], 5);
      sample[1] = rescale_bits(sample[1], six ? 6 : 5);
      sample[2] = rescale_bits(sample[2], 5);
    }
  }
  return image;
}

/// Whether the first 18 bytes can be the header of a TGA.
EIGENVIT_INLINE bool is_tga_header(const EncodedImage& file) noexcept {
  if (!file.has(0, 18)) return false;
  const int map = file.data[1];
  const int type = file.data[2];
  const int kind = type & ~8;
  const int depth = file.data[16];
  const bool sizes = file.little(12, 2) > 0 && file.little(14, 2) > 0;
  if (!sizes || (type & 8) != type - kind || type > 11) return false;
  if (kind == 1) {
    const int entry = file.data[7];
    return map == 1 && depth == 8 && (entry == 15 || entry == 16 || entry == 24 || entry == 32);
  }
  if (kind == 2) return map <= 1 && (depth == 15 || depth == 16 || depth == 24 || depth == 32);
  return kind == 3 && map <= 1 && (depth == 8 || depth == 16);
}

EIGENVIT_INLINE Image decode_tga(const EncodedImage& file) {
  const std::uint64_t width = file.little(12, 2);
  const std::uint64_t height = file.little(14, 2);
  file.check_size(width, height);
  const bool mapped = file.data[1] == 1;
  if (mapped && file.little(3, 2) != 0) {
    raise<UnsupportedError>({file.name, ": expected a TGA palette that begins with entry 0, found ",
                             file.little(3, 2)});
  }
  const std::size_t map_bytes =
      mapped ? file.little(5, 2) * ((file.data[7] + std::size_t{7}) / 8) : 0;
  const std::size_t begin = 18 + std::size_t{file.data[0]} + map_bytes;
  const std::size_t pixel = (file.data[16] + std::size_t{7}) / 8;
  const std::uint64_t pixels = width * height;
  bool complete = file.size >= begin;
  if (complete && (file.data[2] & 8) == 0) {
    complete = (file.size - begin) / pixel >= pixels;
  } else if (complete) {
    std::uint64_t seen = 0;
    for (std::size_t at = begin; complete && seen < pixels;) {
      complete = file.has(at, 1);
      if (!complete) break;
      const std::size_t count = (file.data[at] & 127) + std::size_t{1};
      const std::size_t bytes = (file.data[at] & 128) != 0 ? pixel : pixel * count;
      complete = file.has(at + 1, bytes);
      seen += count;
      at += 1 + bytes;
    }
  }
  if (!complete) file.fail({"the TGA is truncated"});
  Image image = decode_stb(file, "TGA");
  const bool from_right = (file.data[17] & 0x10) != 0;
  return from_right ? apply_orientation(std::move(image), 2) : image;
}

class BmpCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "BMP"; }
  std::string_view extensions() const override { return "bmp dib"; }
  bool recognises(const EncodedImage& head) const override { return head.starts_with("BM"); }
  Image decode(const EncodedImage& file) const override { return decode_bmp(file); }
};

class TgaCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "TGA"; }
  std::string_view extensions() const override { return "tga icb vda vst"; }
  bool recognises(const EncodedImage& head) const override { return is_tga_header(head); }
  Image decode(const EncodedImage& file) const override { return decode_tga(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
