/// PNG.
#ifndef EIGENVIT_IMAGE_CODECS_PNG_INL
#define EIGENVIT_IMAGE_CODECS_PNG_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
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

/// The bytes of the rows. Throws where the file is too short to hold them, before the memory for
/// the image is taken.
EIGENVIT_INLINE std::uint64_t check_png_size(const EncodedImage& file, const PngChunks& chunks,
                                             const std::vector<PngPass>& passes,
                                             std::size_t pixel_bits) {
  std::uint64_t rows = 0;
  for (const PngPass& pass : passes) {
    const std::size_t columns = pass.columns(chunks);
    if (columns > 0) rows += pass.rows(chunks) * std::uint64_t{1 + (columns * pixel_bits + 7) / 8};
  }
  std::uint64_t compressed = 0;
  for (const ByteSpan& piece : chunks.pixels) compressed += piece.size;
  // Two bits make a copy of 258 bytes at most.
  if (rows / 1032 > compressed) fail_png_pixels(file, Inflater::State::truncated);
  return rows;
}

EIGENVIT_INLINE Image decode_png(const EncodedImage& file) {
  const PngChunks chunks = PngChunkReader(file).read();
  const PngPixels pixels(chunks);
  const std::vector<PngPass> passes = png_passes(chunks.header.interlaced);
  const std::size_t bits = pixels.bits_a_pixel();
  Inflater inflater(chunks.pixels, check_png_size(file, chunks, passes, bits));

  Image image(chunks.header.width, chunks.header.height);
  // What no row covers is of the first colour to Pillow.
  const auto blank_from = [&](std::size_t row) {
    std::uint8_t* out = image.row(static_cast<Index>(row));
    std::uint8_t* const end = image.data() + 3 * image.width() * image.height();
    for (; out != end; out += 3) std::copy_n(pixels.first_colour(), 3, out);
  };
  const bool in_order = passes.size() == 1 && chunks.width == chunks.header.width &&
                        chunks.height == chunks.header.height;
  if (!in_order) blank_from(0);
  const UnfilterRow unfilter = unfilter_of(std::max<std::size_t>(bits / 8, 1));
  const std::size_t longest = (chunks.width * bits + 7) / 8;
  std::vector<std::uint8_t> row_bytes(longest), above_bytes(longest);
  bool any = false;
  for (const PngPass& pass : passes) {
    const std::size_t columns = pass.columns(chunks);
    const std::size_t rows = columns > 0 ? pass.rows(chunks) : 0;
    const std::size_t size = (columns * bits + 7) / 8;
    // Rows that are RGB already are decompressed to where they belong.
    const bool in_place = pixels.is_rgb() && pass.step_x == 1 && pass.step_y == 1;
    std::fill(above_bytes.begin(), above_bytes.end(), std::uint8_t{0});
    std::uint8_t* row = row_bytes.data();
    std::uint8_t* above = above_bytes.data();
    for (std::size_t y = 0; y < rows; ++y) {
      std::uint8_t* const out =
          image.row(static_cast<Index>(chunks.top + pass.top + y * pass.step_y)) +
          3 * (chunks.left + pass.left);
      if (in_place) row = out;
      std::uint8_t filter = 0;
      if (inflater.read(&filter, 1) == 0) {
        // Pillow takes a stream that is complete with its rows for all of the image.
        if (!any || inflater.end() != Inflater::State::ended) {
          fail_png_pixels(file, inflater.end());
        }
        if (in_order) blank_from(y);
        return image;
      }
      if (inflater.read(row, size) < size) fail_png_pixels(file, inflater.end());
      if (!unfilter(filter, row, above, size)) {
        file.fail({"the PNG is corrupt: expected a filter from 0 to 4, found ", filter});
      }
      any = true;
      if (in_place) {
        above = row;
        continue;
      }
      pixels.convert(row, columns, out, 3 * pass.step_x);
      std::swap(row, above);
    }
  }
  const Inflater::State state = inflater.end();
  if (state == Inflater::State::corrupt || state == Inflater::State::wrong_checksum) {
    fail_png_pixels(file, state);
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
  int orientation(const EncodedImage& file) const override {
    return orientation_of(PngChunkReader(file).read().orientation);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
