/// TGA.
#ifndef EIGENVIT_IMAGE_CODECS_TGA_INL
#define EIGENVIT_IMAGE_CODECS_TGA_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/packed_pixels.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The header of a TGA.
struct TgaHeader {
  bool mapped = false;  ///< Whether there is a palette.
  int kind = 0;         ///< 1: indices; 2: colours; 3: grey.
  bool runs = false;    ///< Whether pixels are run-length encoded.
  std::size_t first = 0, entries = 0, entry_bits = 0;
  std::size_t width = 0, height = 0;
  int bits = 0;  ///< Of a pixel.
  bool from_right = false;
  bool from_top = false;

  /// Of the first 18 bytes.
  explicit TgaHeader(const EncodedImage& file) noexcept
      : mapped(file.data[1] == 1),
        kind(file.data[2] & ~8),
        runs((file.data[2] & 8) != 0),
        first(file.little(3, 2)),
        entries(file.little(5, 2)),
        entry_bits(file.data[7]),
        width(file.little(12, 2)),
        height(file.little(14, 2)),
        // Of 15 bits the sixteenth is unused.
        bits(file.data[16] == 15 ? 16 : file.data[16]),
        from_right((file.data[17] & 0x10) != 0),
        from_top((file.data[17] & 0x20) != 0) {}

  /// TGA has no signature: the header has to make sense.
  bool is_valid() const noexcept {
    if (width == 0 || height == 0) return false;
    if (mapped && entry_bits != 15 && entry_bits != 16 && entry_bits != 24 && entry_bits != 32) {
      return false;
    }
    if (kind == 1) return mapped && bits == 8;
    if (kind == 2) return bits == 16 || bits == 24 || bits == 32;
    return kind == 3 && (bits == 8 || bits == 16 || (bits == 1 && !runs));
  }
};

inline bool is_tga(const EncodedImage& head) noexcept {
  return head.has(0, 18) && head.data[1] <= 1 && TgaHeader(head).is_valid();
}

/// Reads a TGA by Pillow's rules.
class TgaDecoder {
 public:
  explicit TgaDecoder(const EncodedImage& file) : file_(file), header_(file) {
    for (std::size_t i = 0; i < 256; ++i) grey_.fill(i, static_cast<std::uint8_t>(i));
    if (header_.bits == 1) grey_.fill(1, 255);
  }

  Image decode() {
    file_.check_size(header_.width, header_.height);
    std::size_t at = 18 + std::size_t{file_.data[0]};
    if (header_.mapped) at = read_palette(at);
    const std::size_t row_bytes = (header_.width * static_cast<std::size_t>(header_.bits) + 7) / 8;
    const std::size_t rest = at < file_.size ? file_.size - at : 0;
    // A packet of one pixel repeats it at most 128 times.
    const std::size_t least =
        header_.runs ? row_bytes / 128 * header_.height : row_bytes * header_.height;
    if (rest < least) {
      file_.fail({"the TGA is truncated: expected ", header_.runs ? "at least " : "", least,
                  " bytes of pixels, found ", rest});
    }
    Image image(static_cast<Index>(header_.width), static_cast<Index>(header_.height));
    std::vector<std::uint8_t> unpacked(header_.runs ? row_bytes : 0);
    for (std::size_t y = 0; y < header_.height; ++y) {
      const std::uint8_t* row = file_.data + at;
      if (header_.runs) {
        at = read_runs(at, unpacked);
        row = unpacked.data();
      } else {
        at += row_bytes;
      }
      const std::size_t down = header_.from_top ? y : header_.height - 1 - y;
      convert(row, image.row(static_cast<Index>(down)));
    }
    return header_.from_right ? apply_orientation(std::move(image), 2) : std::move(image);
  }

 private:
  [[noreturn]] void fail_truncated() const {
    file_.fail({"the TGA is truncated: expected more than its ", file_.size, " bytes"});
  }

  std::size_t read_palette(std::size_t at) {
    const std::size_t entry = (header_.entry_bits + 7) / 8;
    if (header_.kind != 2 && header_.first + header_.entries > 256) {
      file_.fail({"expected at most 256 colours in the TGA's palette, found ",
                  header_.first + header_.entries});
    }
    const std::size_t end = at + entry * header_.entries;
    if (!file_.has(at, end - at)) fail_truncated();
    // Colours have no need of a palette.
    for (std::size_t i = 0; header_.kind != 2 && i < header_.entries; ++i) {
      const std::uint8_t* const bytes = file_.data + at + i * entry;
      std::uint8_t colour[3] = {0, 0, 0};
      if (entry == 2) {
        unpack_pixel(bytes[0] | bytes[1] << 8, false, colour);
      } else {
        std::reverse_copy(bytes, bytes + 3, colour);
      }
      palette_.set(header_.first + i, colour[0], colour[1], colour[2]);
    }
    return end;
  }

  /// Fills a row from packets of repeated or of different pixels, which may go on in the next row.
  std::size_t read_runs(std::size_t at, std::vector<std::uint8_t>& row) {
    const std::size_t pixel = (static_cast<std::size_t>(header_.bits) + 7) / 8;
    for (std::size_t x = 0; x < row.size();) {
      if (left_ == 0) {
        if (!file_.has(at, 1)) fail_truncated();
        repeated_ = (file_.data[at] & 128) != 0;
        left_ = (file_.data[at] & std::size_t{127}) + 1;
        ++at;
      }
      const std::size_t count = std::min(left_, (row.size() - x) / pixel);
      const std::size_t bytes = repeated_ ? pixel : count * pixel;
      if (!file_.has(at, bytes)) fail_truncated();
      for (std::size_t i = 0; i < count * pixel; ++i) {
        row[x + i] = file_.data[at + (repeated_ ? i % pixel : i)];
      }
      x += count * pixel;
      left_ -= count;
      if (!repeated_ || left_ == 0) at += bytes;
    }
    return at;
  }

  void convert(const std::uint8_t* row, std::uint8_t* out) const noexcept {
    const std::size_t pixel = (static_cast<std::size_t>(header_.bits) + 7) / 8;
    const std::uint8_t* const end = out + 3 * header_.width;
    if (header_.bits == 1) {
      grey_.convert(row, 1, header_.width, out, 3);
    } else if (header_.kind != 2) {
      // Grey with a palette is taken for indices.
      const Palette& palette = header_.mapped ? palette_ : grey_;
      for (; out != end; row += pixel, out += 3) std::copy_n(palette.colour(row[0]), 3, out);
    } else if (pixel == 2) {
      for (; out != end; row += 2, out += 3) unpack_pixel(row[0] | row[1] << 8, false, out);
    } else {
      for (; out != end; row += pixel, out += 3) {
        out[0] = row[2];
        out[1] = row[1];
        out[2] = row[0];
      }
    }
  }

  const EncodedImage& file_;
  const TgaHeader header_;
  Palette palette_;
  Palette grey_;
  std::size_t left_ = 0;  // pixels of the current packet
  bool repeated_ = false;
};

class TgaCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "TGA"; }
  std::string_view extensions() const override { return "tga icb vda vst"; }
  bool recognises(const EncodedImage& head) const override { return is_tga(head); }
  Image decode(const EncodedImage& file) const override { return TgaDecoder(file).decode(); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
