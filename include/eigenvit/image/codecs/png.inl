/// PNG.
#ifndef EIGENVIT_IMAGE_CODECS_PNG_INL
#define EIGENVIT_IMAGE_CODECS_PNG_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/inflater.inl>
#include <eigenvit/image/codecs/orientation.inl>
#include <eigenvit/image/codecs/png_chunks.inl>
#include <eigenvit/image/codecs/png_rows.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The pixels of one pass of an interlaced PNG; others have a single pass.
struct PngPass {
  std::size_t left, top, step_x, step_y;

  std::size_t columns(const PngChunks& picture) const noexcept {
    return picture.width > left ? (picture.width - left + step_x - 1) / step_x : 0;
  }
  std::size_t rows(const PngChunks& picture) const noexcept {
    return picture.height > top ? (picture.height - top + step_y - 1) / step_y : 0;
  }
};

/// Source: PNG specification, third edition, section 8.1.
inline std::vector<PngPass> png_passes(bool interlaced) {
  if (!interlaced) return {{0, 0, 1, 1}};
  return {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
          {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
}

[[noreturn]] EIGENVIT_INLINE void fail_png_pixels(const EncodedImage& file, Inflater::State state) {
  if (state == Inflater::State::wrong_checksum) {
    file.fail({"the PNG is corrupt: the checksum of its pixels is wrong"});
  }
  if (state == Inflater::State::corrupt) {
    file.fail({"the PNG is corrupt: its pixels cannot be decompressed"});
  }
  file.fail({"the PNG is truncated: its pixels end before the last row"});
}

/// The bytes of a row without its filter. The bits of a row can be more than a `std::size_t` of 32
/// bits counts.
inline std::uint64_t png_row_bytes(std::size_t columns, std::size_t pixel_bits) noexcept {
  return (std::uint64_t{columns} * pixel_bits + 7) / 8;
}

/// The bytes of the rows. Throws where the file is too short to hold them, before the memory for
/// the image is taken.
EIGENVIT_INLINE std::uint64_t check_png_size(const EncodedImage& file, const PngChunks& chunks,
                                             const std::vector<PngPass>& passes,
                                             std::size_t pixel_bits) {
  std::uint64_t rows = 0;
  for (const PngPass& pass : passes) {
    const std::size_t columns = pass.columns(chunks);
    if (columns > 0) rows += pass.rows(chunks) * (1 + png_row_bytes(columns, pixel_bits));
  }
  std::uint64_t compressed = 0;
  for (const ByteSpan& piece : chunks.pixels) compressed += piece.size;
  // Two bits make a copy of 258 bytes at most.
  if (rows / 1032 > compressed) fail_png_pixels(file, Inflater::State::truncated);
  return rows;
}

/// Decodes the pixels of a PNG, a row at a time.
class PngDecoder {
 public:
  PngDecoder(const EncodedImage& file, const PngChunks& chunks)
      : file_(file),
        chunks_(chunks),
        pixels_(chunks),
        passes_(png_passes(chunks.header.interlaced)),
        inflater_(chunks.pixels, check_png_size(file, chunks, passes_, pixels_.bits_a_pixel())),
        unfilter_(unfilter_of(std::max<std::size_t>(pixels_.bits_a_pixel() / 8, 1))),
        row_bytes_(row_bytes(chunks.width)),
        above_bytes_(row_bytes_.size()),
        image_(chunks.header.width, chunks.header.height) {}

  Image decode() {
    const bool in_order = passes_.size() == 1 && chunks_.width == chunks_.header.width &&
                          chunks_.height == chunks_.header.height;
    if (!in_order) paint_blank(0);
    std::size_t rows = 0;
    for (const PngPass& pass : passes_) {
      if (pass.columns(chunks_) == 0) continue;
      const std::size_t decoded = decode_pass(pass);
      rows += decoded;
      if (decoded == pass.rows(chunks_)) continue;
      // Pillow takes a stream that is complete with its rows for all of the image.
      if (rows == 0 || inflater_.end() != Inflater::State::ended) fail_pixels();
      if (in_order) paint_blank(rows);
      return std::move(image_);
    }
    const Inflater::State end = inflater_.end();
    if (end == Inflater::State::corrupt || end == Inflater::State::wrong_checksum) fail_pixels();
    return std::move(image_);
  }

 private:
  [[noreturn]] void fail_pixels() { fail_png_pixels(file_, inflater_.end()); }

  std::size_t row_bytes(std::size_t columns) const noexcept {
    return static_cast<std::size_t>(png_row_bytes(columns, pixels_.bits_a_pixel()));
  }

  /// What no row covers is of the first colour to Pillow.
  void paint_blank(std::size_t from_row) {
    std::uint8_t* out = image_.row(static_cast<Index>(from_row));
    std::uint8_t* const end = image_.row(image_.height());
    for (; out != end; out += 3) std::copy_n(pixels_.first_colour(), 3, out);
  }

  /// Says how many rows there were before the stream ended.
  std::size_t decode_pass(const PngPass& pass) {
    const std::size_t columns = pass.columns(chunks_);
    const std::size_t size = row_bytes(columns);
    // Rows that are RGB already are decompressed to where they belong.
    const bool in_place = pixels_.is_rgb() && passes_.size() == 1;
    std::fill(above_bytes_.begin(), above_bytes_.end(), std::uint8_t{0});
    std::uint8_t* row = row_bytes_.data();
    std::uint8_t* above = above_bytes_.data();
    for (std::size_t y = 0; y < pass.rows(chunks_); ++y) {
      std::uint8_t* const out =
          image_.row(static_cast<Index>(chunks_.top + pass.top + y * pass.step_y)) +
          3 * (chunks_.left + pass.left);
      if (in_place) row = out;
      std::uint8_t filter = 0;
      if (inflater_.read(&filter, 1) == 0) return y;
      if (inflater_.read(row, size) < size) fail_pixels();
      if (!unfilter_(filter, row, above, size)) {
        file_.fail({"the PNG is corrupt: expected a filter from 0 to 4, found ", filter});
      }
      if (in_place) {
        above = row;
      } else {
        pixels_.convert(row, columns, out, 3 * pass.step_x);
        std::swap(row, above);
      }
    }
    return pass.rows(chunks_);
  }

  const EncodedImage& file_;
  const PngChunks& chunks_;
  const PngPixels pixels_;
  const std::vector<PngPass> passes_;
  Inflater inflater_;
  const UnfilterRow unfilter_;
  std::vector<std::uint8_t> row_bytes_;
  std::vector<std::uint8_t> above_bytes_;
  Image image_;
};

class PngCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "PNG"; }
  std::string_view extensions() const override { return "png apng"; }
  bool recognises(const EncodedImage& head) const override {
    return head.starts_with("\x89PNG\r\n\x1a\n");
  }
  Image decode(const EncodedImage& file) const override {
    return PngDecoder(file, PngChunkReader(file).read()).decode();
  }
  int orientation(const EncodedImage& file) const override {
    return orientation_of(PngChunkReader(file).read().orientation);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
