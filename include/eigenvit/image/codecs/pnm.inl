/// PBM, PGM and PPM, plain and raw (P1 to P6), with every maximum that they may state.
#ifndef EIGENVIT_IMAGE_CODECS_PNM_INL
#define EIGENVIT_IMAGE_CODECS_PNM_INL

#include <cmath>
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

inline bool is_pnm_space(std::uint8_t byte) noexcept {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/// Reads the numbers of a PNM file, past white space and comments.
class PnmReader {
 public:
  explicit PnmReader(const EncodedImage& file) : file_(file) {}

  std::size_t position() const noexcept { return at_; }

  /// The next number; the one byte after it is taken with it.
  std::uint32_t number(const char* what) {
    skip_space();
    std::uint32_t value = 0;
    int digits = 0;
    for (; at_ < file_.size && file_.data[at_] >= '0' && file_.data[at_] <= '9'; ++at_) {
      if (++digits > 9) file_.fail({"the PNM's ", what, " has too many digits"});
      value = value * 10 + (file_.data[at_] - static_cast<std::uint32_t>('0'));
    }
    const bool ended = at_ >= file_.size;
    if (digits == 0 || (!ended && !is_pnm_space(file_.data[at_]) && file_.data[at_] != '#')) {
      file_.fail({"expected the PNM's ", what, " at byte ", at_,
                  ended ? ", found the end of the file" : ", found something else"});
    }
    if (!ended && file_.data[at_] != '#') ++at_;
    return value;
  }

  /// The next digit of a plain bitmap, which needs no space around it.
  bool bit() {
    skip_space();
    if (at_ >= file_.size || (file_.data[at_] != '0' && file_.data[at_] != '1')) {
      file_.fail({"expected a 0 or 1 of the PNM at byte ", at_,
                  at_ >= file_.size ? ", found the end of the file" : ", found something else"});
    }
    return file_.data[at_++] == '1';
  }

 private:
  void skip_space() noexcept {
    while (at_ < file_.size) {
      if (file_.data[at_] == '#') {
        while (at_ < file_.size && file_.data[at_] != '\n' && file_.data[at_] != '\r') ++at_;
      } else if (is_pnm_space(file_.data[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  const EncodedImage& file_;
  std::size_t at_ = 2;
};

EIGENVIT_STRICT_MATH_BEGIN

/// Each sample's value after Pillow's `convert("RGB")`: scaled to 0..255 and rounded, halves to
/// even. Grey of more than 8 bits is scaled to 0..65535, and what exceeds 255 of that is cut off.
inline std::vector<std::uint8_t> pnm_samples(std::uint32_t maximum, bool grey) {
  const bool deep = grey && maximum > 255;
  const double scale = deep ? 65535.0 : 255.0;
  std::vector<std::uint8_t> table(maximum > 255 ? 65536 : 256);
  for (std::size_t value = 0; value < table.size(); ++value) {
    const double exact = static_cast<double>(value) / static_cast<double>(maximum) * scale;
    const double below = std::floor(exact);
    const double rest = exact - below;
    const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2.0) != 0.0);
    const double rounded = up ? below + 1.0 : below;
    table[value] = static_cast<std::uint8_t>(rounded > 255.0 ? 255.0 : rounded);
  }
  return table;
}

EIGENVIT_STRICT_MATH_END

EIGENVIT_INLINE Image decode_pnm(const EncodedImage& file) {
  const int kind = file.data[1] - '0';
  const bool plain = kind <= 3;
  const bool bitmap = kind == 1 || kind == 4;
  const bool grey = kind == 2 || kind == 5;
  PnmReader reader(file);
  const std::uint32_t width = reader.number("width");
  const std::uint32_t height = reader.number("height");
  file.check_size(width, height);
  const std::uint32_t maximum = bitmap ? 1 : reader.number("maximum");
  if (maximum < 1 || maximum > 65535) {
    file.fail({"expected a PNM maximum from 1 to 65535, found ", maximum});
  }

  const std::uint64_t pixels = static_cast<std::uint64_t>(width) * height;
  const std::uint64_t samples = bitmap || grey ? pixels : 3 * pixels;
  const std::size_t begin = reader.position();
  const std::uint64_t bits_row = (static_cast<std::uint64_t>(width) + 7) / 8;
  const std::uint64_t bytes = plain    ? samples
                              : bitmap ? bits_row * height
                                       : samples * (maximum > 255 ? 2 : 1);
  // Of a plain file each sample takes a byte at least.
  if (file.size - begin < bytes) {
    file.fail({"the PNM is truncated: expected ", plain ? "at least " : "", bytes,
               " bytes of pixels, found ", file.size - begin});
  }

  Image image(static_cast<Index>(width), static_cast<Index>(height));
  std::uint8_t* out = image.data();
  const std::uint8_t* const raw = file.data + begin;
  if (bitmap) {
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x, out += 3) {
        const bool black =
            plain ? reader.bit() : (raw[y * bits_row + x / 8] >> (7 - x % 8) & 1) != 0;
        out[0] = out[1] = out[2] = black ? 0 : 255;
      }
    }
    return image;
  }
  const auto table = pnm_samples(maximum, grey);
  for (std::uint64_t i = 0; i < samples; ++i) {
    std::uint32_t value = 0;
    if (plain) {
      value = reader.number("sample");
      if (value > maximum) {
        file.fail({"expected PNM samples up to ", maximum, ", found ", value});
      }
    } else if (maximum > 255) {
      value = static_cast<std::uint32_t>(raw[2 * i]) << 8 | raw[2 * i + 1];
    } else {
      value = raw[i];
    }
    const std::uint8_t sample = table[value];
    if (grey) {
      out[0] = out[1] = out[2] = sample;
      out += 3;
    } else {
      *out++ = sample;
    }
  }
  return image;
}

class PnmCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "PNM"; }
  std::string_view extensions() const override { return "pbm pgm pnm ppm"; }
  bool recognises(const EncodedImage& head) const override {
    return head.has(0, 3) && head.data[0] == 'P' && head.data[1] >= '1' && head.data[1] <= '6' &&
           (is_pnm_space(head.data[2]) || head.data[2] == '#');
  }
  Image decode(const EncodedImage& file) const override { return decode_pnm(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
