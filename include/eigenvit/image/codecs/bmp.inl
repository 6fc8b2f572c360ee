/// BMP, also without its file header (DIB).
#ifndef EIGENVIT_IMAGE_CODECS_BMP_INL
#define EIGENVIT_IMAGE_CODECS_BMP_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/packed_pixels.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool is_bmp_header_size(std::uint32_t size) noexcept {
  return size == 12 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 ||
         size == 124;
}

/// Reads a BMP by Pillow's rules, its oddities included: what it makes of a picture is what a model
/// was trained on.
class BmpDecoder {
 public:
  explicit BmpDecoder(const EncodedImage& file) : file_(file) { read_header(); }

  Image decode() {
    if (bits_ <= 8) read_palette();
    if (compression_ == rle8 || compression_ == rle4) {
      if (bits_ > 8) fail_kind();
      return paint_runs(read_runs());
    }
    if (compression_ != raw && compression_ != bitfields) {
      file_.fail_unsupported(
          {"expected a BMP of compression 0 to 3, found compression ", compression_});
    }
    return decode_rows();
  }

 private:
  enum Compression : std::uint32_t { raw = 0, rle8 = 1, rle4 = 2, bitfields = 3 };

  [[noreturn]] void fail_truncated(std::uint64_t expected) const {
    file_.fail({"the BMP is truncated: expected ", expected, " bytes, found ", file_.size});
  }

  [[noreturn]] void fail_kind() const {
    file_.fail_unsupported({"expected a BMP of a known kind, found ", bits_,
                            " bits a pixel with compression ", compression_});
  }

  void read_header() {
    const std::size_t at = file_.starts_with("BM") ? 14 : 0;
    if (!file_.has(at, 4)) fail_truncated(at + 4);
    const std::uint32_t size = file_.little(at, 4);
    if (!is_bmp_header_size(size)) {
      file_.fail({"expected a BMP header of 12, 40, 52, 56, 64, 108 or 124 bytes, found ", size});
    }
    if (!file_.has(at, size)) fail_truncated(at + size);
    offset_ = at == 0 ? 0 : file_.little(10, 4);
    after_header_ = at + size;
    const bool old = size == 12;
    const std::size_t side = old ? 2 : 4;
    std::uint64_t width = file_.little(at + 4, side);
    std::uint64_t height = file_.little(at + 4 + side, side);
    top_down_ = !old && file_.data[at + 11] == 0xff;
    if (top_down_) height = (std::uint64_t{1} << 32) - height;
    file_.check_size(width, height);
    width_ = static_cast<std::size_t>(width);
    height_ = static_cast<std::size_t>(height);
    // The count of planes in between has no meaning any more.
    bits_ = file_.little(at + 6 + 2 * side, 2);
    if (bits_ != 1 && bits_ != 4 && bits_ != 8 && bits_ != 16 && bits_ != 24 && bits_ != 32) {
      file_.fail_unsupported(
          {"expected a BMP of 1, 4, 8, 16, 24 or 32 bits a pixel, found ", bits_});
    }
    if (!old) {
      compression_ = file_.little(at + 16, 4);
      colours_ = file_.little(at + 32, 4);
      if (compression_ == bitfields) read_masks(at, size);
    }
    entry_ = old ? 3 : 4;
    if (colours_ == 0) colours_ = bits_ <= 8 ? std::uint32_t{1} << bits_ : 0;
    // Some writers leave the palette out of the offset.
    if (bits_ <= 8 && offset_ != 0 && offset_ == after_header_) {
      offset_ += std::uint64_t{entry_} * colours_;
    }
  }

  /// The masks are a part of newer headers and follow older ones.
  void read_masks(std::size_t at, std::size_t size) {
    const std::size_t masks = at + 40;
    if (size < 52) {
      if (!file_.has(masks, 12)) fail_truncated(masks + 12);
      after_header_ += 12;
    }
    const std::size_t count = size >= 56 ? 4 : 3;
    for (std::size_t i = 0; i < count; ++i) masks_[i] = file_.little(masks + 4 * i, 4);
  }

  void read_palette() {
    if (colours_ < 1 || colours_ > 65536) {
      file_.fail({"expected a BMP palette of 1 to 65536 colours, found ", colours_});
    }
    const std::size_t size = std::min<std::size_t>(entry_ * colours_, file_.size - after_header_);
    const std::uint8_t* const palette = file_.data + after_header_;
    after_header_ += size;
    bool grey = true;
    for (std::uint32_t i = 0; grey && i < colours_; ++i) {
      const int level = colours_ == 2 ? 255 * static_cast<int>(i) : static_cast<int>(i & 255);
      const std::size_t entry = std::size_t{entry_} * i;
      grey = size >= 3 && entry <= size - 3;
      for (std::size_t c = 0; grey && c < 3; ++c) grey = palette[entry + c] == level;
    }
    index_bits_ = bits_;
    if (grey) {
      // Pillow takes no notice of a palette that is a ramp from black, and of the bits that the
      // header states: one bit a pixel for two colours, eight for more.
      index_bits_ = colours_ <= 2 ? 1 : 8;
      for (std::size_t i = 0; i < 256; ++i) {
        const std::uint8_t level = static_cast<std::uint8_t>(colours_ > 2 ? i : i > 0 ? 255 : 0);
        palette_.fill(i, level);
      }
      return;
    }
    if (size / entry_ > 256) {
      file_.fail({"expected at most 256 colours in the BMP's palette, found ", colours_});
    }
    for (std::size_t i = 0; i < size / entry_; ++i) {
      const std::uint8_t* const entry = palette + i * entry_;
      palette_.set(i, entry[2], entry[1], entry[0]);
    }
  }

  std::size_t pixels_at() const noexcept {
    return offset_ != 0 ? static_cast<std::size_t>(offset_) : after_header_;
  }

  Image decode_rows() {
    // Of 32 bits the places of red, green and blue among the bytes.
    std::array<std::size_t, 3> order{2, 1, 0};
    bool six_green = false;
    if (compression_ == bitfields && !read_layout(order, six_green)) {
      file_.fail_unsupported({"the masks of the BMP's colours are of an unknown kind"});
    }
    const std::size_t bits = bits_ <= 8 ? index_bits_ : bits_;
    const std::uint64_t stride = (std::uint64_t{width_} * bits_ + 31) / 32 * 4;
    const std::uint64_t row_bytes = (std::uint64_t{width_} * bits + 7) / 8;
    if (row_bytes > stride) fail_kind();
    const std::uint64_t end = pixels_at() + stride * (height_ - 1) + row_bytes;
    if (end > file_.size) fail_truncated(end);
    Image image(static_cast<Index>(width_), static_cast<Index>(height_));
    for (std::size_t y = 0; y < height_; ++y) {
      const std::uint8_t* row = file_.data + pixels_at() + stride * y;
      std::uint8_t* out = row_of(image, y);
      if (bits <= 8) {
        palette_.convert(row, bits, width_, out, 3);
      } else if (bits == 16) {
        for (std::size_t x = 0; x < width_; ++x, row += 2, out += 3) {
          unpack_pixel(row[0] | row[1] << 8, six_green, out);
        }
      } else {
        for (std::size_t x = 0; x < width_; ++x, row += bits / 8, out += 3) {
          for (std::size_t c = 0; c < 3; ++c) out[c] = row[order[c]];
        }
      }
    }
    return image;
  }

  /// The masks that Pillow knows; those of alpha count too.
  bool read_layout(std::array<std::size_t, 3>& order, bool& six_green) const noexcept {
    using Masks = std::array<std::uint32_t, 4>;
    const auto are = [&](std::uint32_t red, std::uint32_t green, std::uint32_t blue) {
      return masks_[0] == red && masks_[1] == green && masks_[2] == blue;
    };
    if (bits_ == 16) {
      six_green = are(0xf800, 0x7e0, 0x1f);
      return six_green || are(0x7c00, 0x3e0, 0x1f);
    }
    if (bits_ == 24) return are(0xff0000, 0xff00, 0xff);
    if (bits_ != 32) return false;
    const std::uint32_t alpha = masks_[3];
    if (masks_ == Masks{} || are(0xff0000, 0xff00, 0xff)) return alpha == 0 || alpha == 0xff000000;
    if (are(0xff000000, 0xff0000, 0xff00)) {
      order = {3, 2, 1};
      return alpha == 0 || alpha == 0xff;
    }
    if (are(0xff000000, 0xff00, 0xff)) {
      order = {3, 1, 0};
      return alpha == 0 || alpha == 0xff0000;
    }
    order = {0, 1, 2};
    return are(0xff, 0xff00, 0xff0000) && alpha == 0xff000000;
  }

  std::uint8_t* row_of(Image& image, std::size_t y) const noexcept {
    return image.row(static_cast<Index>(top_down_ ? y : height_ - 1 - y));
  }

  /// The indices of a run-length BMP, row after row from the first in the file. What the file
  /// leaves out, by the end of a row or by a step, is of index 0.
  std::vector<std::uint8_t> read_runs() {
    const std::size_t count = width_ * height_;
    const bool nibbles = compression_ == rle4;
    std::vector<std::uint8_t> indices;
    std::size_t at = pixels_at();
    // The place in the row by Pillow's count, which decides where a run is cut off.
    std::size_t x = 0;
    while (indices.size() < count && file_.has(at, 2)) {
      const std::size_t run = file_.data[at];
      const std::uint8_t value = file_.data[at + 1];
      at += 2;
      if (run > 0) {
        const std::size_t length = x < width_ ? std::min(run, width_ - x) : 0;
        for (std::size_t i = 0; i < length; ++i) {
          indices.push_back(!nibbles     ? value
                            : i % 2 == 0 ? static_cast<std::uint8_t>(value >> 4)
                                         : static_cast<std::uint8_t>(value & 15));
        }
        x += length;
      } else if (value == 0) {
        indices.resize((indices.size() + width_ - 1) / width_ * width_);
        x = 0;
      } else if (value == 1) {
        break;
      } else if (value == 2) {
        if (!file_.has(at, 2)) break;
        const std::size_t step = file_.data[at] + file_.data[at + 1] * width_;
        at += 2;
        indices.resize(indices.size() + std::min(step, count - indices.size()));
        x = indices.size() % width_;
      } else {
        const std::size_t length = std::min<std::size_t>(count - indices.size(), value);
        const std::size_t bytes = nibbles ? (length + 1) / 2 : length;
        const std::size_t there = std::min(bytes, file_.size - at);
        for (std::size_t i = 0; i < length && i / (nibbles ? 2 : 1) < there; ++i) {
          const std::uint8_t byte = file_.data[at + (nibbles ? i / 2 : i)];
          indices.push_back(!nibbles     ? byte
                            : i % 2 == 0 ? static_cast<std::uint8_t>(byte >> 4)
                                         : static_cast<std::uint8_t>(byte & 15));
        }
        if (there < bytes) break;
        x += value;
        at += bytes;
        at += at % 2;
      }
    }
    if (indices.size() < count)
      file_.fail({"the BMP is truncated: its runs end before its pixels"});
    return indices;
  }

  Image paint_runs(const std::vector<std::uint8_t>& indices) const {
    Image image(static_cast<Index>(width_), static_cast<Index>(height_));
    for (std::size_t y = 0; y < height_; ++y) {
      palette_.convert(indices.data() + y * width_, 8, width_, row_of(image, y), 3);
    }
    return image;
  }

  const EncodedImage& file_;
  std::size_t width_ = 0;
  std::size_t height_ = 0;
  bool top_down_ = false;
  std::uint32_t bits_ = 0;        // of a pixel, as the header states
  std::uint32_t index_bits_ = 0;  // of an index
  std::uint32_t compression_ = raw;
  std::uint32_t colours_ = 0;
  std::uint32_t entry_ = 4;       // bytes of a colour
  std::uint64_t offset_ = 0;      // of the pixels; 0: right after the rest
  std::size_t after_header_ = 0;  // where the header, the masks and the palette end
  std::array<std::uint32_t, 4> masks_{};
  Palette palette_;
};

class BmpCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "BMP"; }
  std::string_view extensions() const override { return "bmp dib"; }
  bool recognises(const EncodedImage& head) const override {
    return head.starts_with("BM") || (head.has(0, 4) && is_bmp_header_size(head.little(0, 4)));
  }
  Image decode(const EncodedImage& file) const override { return BmpDecoder(file).decode(); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
