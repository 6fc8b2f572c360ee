/// The first frame of a GIF.
#ifndef EIGENVIT_IMAGE_CODECS_GIF_INL
#define EIGENVIT_IMAGE_CODECS_GIF_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Palette of a GIF: grey where the file has none, as Pillow takes it.
struct GifPalette {
  std::array<std::array<std::uint8_t, 3>, 256> colours{};
  bool is_grey = true;  ///< Whether each index that the file defines is its own grey.

  GifPalette() noexcept {
    for (std::size_t i = 0; i < 256; ++i) colours[i].fill(static_cast<std::uint8_t>(i));
  }
};

[[noreturn]] inline void fail_truncated_gif(const EncodedImage& file, std::string_view where) {
  file.fail({"the GIF is truncated ", where, ": expected more than its ", file.size, " bytes"});
}

/// Unpacks the LZW codes of a GIF frame, sub-block by sub-block.
class GifCodes {
 public:
  GifCodes(const EncodedImage& file, std::size_t at) : file_(file), at_(at) {
    if (!file_.has(at_, 1)) truncated();
    literal_bits_ = file_.data[at_++];
    // Codes of more than 8 bits, which the standard does not have, stand for their lowest 8.
    if (literal_bits_ > 12) {
      file_.fail({"expected a GIF code size from 0 to 12, found ", literal_bits_});
    }
    clear_ = 1 << literal_bits_;
    reset();
    for (int i = 0; i < clear_; ++i)
      last_[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i);
  }

  /// Appends the pixels of the next code to `out`, at most up to `count` of them; false at the end
  /// of the frame.
  bool next(std::vector<std::uint8_t>& out, std::size_t count) {
    for (;;) {
      const int code = read();
      if (code == clear_) {
        reset();
        continue;
      }
      if (code == clear_ + 1) return false;
      if (previous_ < 0) {
        if (code > clear_) corrupt();
        first_ = static_cast<std::uint8_t>(code);
        out.push_back(first_);
        previous_ = code;
        return out.size() < count;
      }
      if (code > used_ || (code == used_ && used_ >= 4096)) corrupt();
      // The string of a code ends with `last_` and begins with the string of `prefix_`: it is found
      // from its end.
      std::size_t length = 0;
      int walk = code;
      if (code == used_) {
        string_[length++] = first_;
        walk = previous_;
      }
      while (walk > clear_) {
        string_[length++] = last_[static_cast<std::size_t>(walk)];
        walk = prefix_[static_cast<std::size_t>(walk)];
      }
      first_ = static_cast<std::uint8_t>(walk);
      string_[length++] = first_;
      if (used_ < 4096) {
        prefix_[static_cast<std::size_t>(used_)] = static_cast<std::int16_t>(previous_);
        last_[static_cast<std::size_t>(used_)] = first_;
        ++used_;
        if (used_ == 1 << bits_ && bits_ < 12) ++bits_;
      }
      previous_ = code;
      while (length > 0 && out.size() < count) out.push_back(string_[--length]);
      return out.size() < count;
    }
  }

 private:
  [[noreturn]] void truncated() const { fail_truncated_gif(file_, "in its first frame"); }
  [[noreturn]] void corrupt() const {
    file_.fail({"the GIF holds a code that is not defined yet"});
  }

  void reset() noexcept {
    bits_ = literal_bits_ + 1;
    used_ = clear_ + 2;
    previous_ = -1;
  }

  int read() {
    while (held_ < bits_) {
      if (left_ == 0) {
        // Pillow passes over blocks of nothing, which the standard has at the end only.
        while (left_ == 0) {
          if (!file_.has(at_, 1)) truncated();
          left_ = file_.data[at_++];
        }
        // As for Pillow, also where the bytes that are missing hold no further pixel.
        if (!file_.has(at_, static_cast<std::size_t>(left_))) truncated();
      }
      buffer_ |= static_cast<std::uint32_t>(file_.data[at_++]) << held_;
      held_ += 8;
      --left_;
    }
    const auto code = static_cast<int>(buffer_ & ((std::uint32_t{1} << bits_) - 1));
    buffer_ >>= bits_;
    held_ -= bits_;
    return code;
  }

  const EncodedImage& file_;
  std::size_t at_;
  int literal_bits_ = 0;
  int clear_ = 0;
  int bits_ = 0;
  int used_ = 0;
  int previous_ = -1;
  std::uint8_t first_ = 0;
  int left_ = 0;
  int held_ = 0;
  std::uint32_t buffer_ = 0;
  std::array<std::int16_t, 4096> prefix_{};
  std::array<std::uint8_t, 4096> last_{};
  std::array<std::uint8_t, 4097> string_{};
};

inline std::size_t read_gif_palette(const EncodedImage& file, std::size_t at, std::uint8_t flags,
                                    GifPalette& palette) {
  const std::size_t entries = std::size_t{2} << (flags & 7);
  if (!file.has(at, 3 * entries)) fail_truncated_gif(file, "in a palette");
  palette.is_grey = true;
  for (std::size_t i = 0; i < entries; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      palette.colours[i][c] = file.data[at + 3 * i + c];
      palette.is_grey = palette.is_grey && palette.colours[i][c] == i;
    }
  }
  // Beyond its end Pillow reads black, but to it a palette in which each index is its own grey is
  // none.
  for (std::size_t i = entries; i < palette.colours.size(); ++i) {
    palette.colours[i].fill(palette.is_grey ? static_cast<std::uint8_t>(i) : std::uint8_t{0});
  }
  return at + 3 * entries;
}

/// Where the frame does not reach, Pillow shows the transparent colour of the palette, or its
/// first.
EIGENVIT_INLINE Image decode_gif(const EncodedImage& file) {
  if (!file.has(0, 13)) fail_truncated_gif(file, "in its header");
  std::uint64_t width = file.little(6, 2);
  std::uint64_t height = file.little(8, 2);
  GifPalette palette;
  std::size_t at = 13;
  if ((file.data[10] & 0x80) != 0) at = read_gif_palette(file, at, file.data[10], palette);

  std::size_t blank = 0;
  for (;;) {
    if (!file.has(at, 1)) fail_truncated_gif(file, "before its first frame");
    const std::uint8_t kind = file.data[at++];
    if (kind == 0x2c) break;
    if (kind == 0x3b) file.fail({"the GIF has no frame"});
    if (kind != 0x21) continue;
    if (!file.has(at, 1)) fail_truncated_gif(file, "before its first frame");
    const std::uint8_t label = file.data[at++];
    // One without transparency leaves the colour of one before it, as for Pillow.
    if (label == 0xf9 && file.has(at, 5) && file.data[at] >= 4 && (file.data[at + 1] & 1) != 0) {
      blank = file.data[at + 4];
    }
    for (;;) {
      if (!file.has(at, 1)) fail_truncated_gif(file, "before its first frame");
      const std::size_t length = file.data[at++];
      if (length == 0) break;
      if (!file.has(at, length)) fail_truncated_gif(file, "before its first frame");
      at += length;
    }
  }

  if (!file.has(at, 9)) fail_truncated_gif(file, "in its first frame's header");
  const std::size_t left = file.little(at, 2);
  const std::size_t top = file.little(at + 2, 2);
  const std::size_t frame_width = file.little(at + 4, 2);
  const std::size_t frame_height = file.little(at + 6, 2);
  const std::uint8_t flags = file.data[at + 8];
  at += 9;
  if ((flags & 0x80) != 0) {
    GifPalette own;
    at = read_gif_palette(file, at, flags, own);
    // One that is none to Pillow leaves the palette of the file.
    if (!own.is_grey || palette.is_grey) palette = own;
  }
  width = std::max<std::uint64_t>(width, left + frame_width);
  height = std::max<std::uint64_t>(height, top + frame_height);
  file.check_size(width, height);
  if (frame_width < 1 || frame_height < 1) file.fail({"the GIF's first frame has no pixels"});

  const std::size_t count = frame_width * frame_height;
  std::vector<std::uint8_t> indices;
  // A code of 12 bits makes at most 4096 pixels: a short file does not get the memory that its
  // header claims.
  const std::size_t rest = file.size - at;
  if (rest < count / 4096) {
    file.fail({"the GIF is truncated: expected at least ", count / 4096,
               " bytes of its first frame, found ", rest});
  }
  indices.reserve(count);
  GifCodes codes(file, at);
  while (codes.next(indices, count)) {
  }
  if (indices.size() < count) {
    file.fail({"the GIF is truncated: expected ", count, " pixels of its first frame, found ",
               indices.size()});
  }

  Image image(static_cast<Index>(width), static_cast<Index>(height));
  std::uint8_t* out = image.data();
  for (std::uint64_t i = 0; i < width * height; ++i, out += 3) {
    std::copy_n(palette.colours[blank].begin(), 3, out);
  }
  const bool interlaced = (flags & 0x40) != 0;
  std::size_t row = 0;
  std::size_t step = interlaced ? 8 : 1;
  std::size_t pass = 0;
  const std::uint8_t* index = indices.data();
  for (std::size_t i = 0; i < frame_height; ++i) {
    while (interlaced && row >= frame_height) {
      constexpr std::array<std::size_t, 4> starts{0, 4, 2, 1};
      ++pass;
      row = starts[pass];
      step = pass == 1 ? 8 : pass == 2 ? 4 : 2;
    }
    out = image.row(static_cast<Index>(top + row)) + 3 * left;
    for (std::size_t x = 0; x < frame_width; ++x, out += 3) {
      std::copy_n(palette.colours[*index++].begin(), 3, out);
    }
    row += step;
  }
  return image;
}

class GifCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "GIF"; }
  std::string_view extensions() const override { return "gif"; }
  bool recognises(const EncodedImage& head) const override {
    return head.starts_with("GIF87a") || head.starts_with("GIF89a");
  }
  Image decode(const EncodedImage& file) const override { return decode_gif(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
