/// The orientation that a camera wrote beside the pixels.
#ifndef EIGENVIT_IMAGE_EXIF_HPP
#define EIGENVIT_IMAGE_EXIF_HPP

#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The value of the orientation tag (0x0112) in a block of EXIF data that begins with its TIFF
/// header, as JPEG's APP1 segment (after `Exif\0\0`) and PNG's eXIf chunk hold it: 1 to 8, or 0
/// where the block is malformed, lacks the tag or holds another value.
///
/// Source: CIPA DC-008 (Exif 2.32), section 4.6.4.
inline int exif_orientation(const std::uint8_t* exif, std::size_t size) noexcept {
  if (size < 8) return 0;
  const bool little = exif[0] == 'I' && exif[1] == 'I';
  if (!little && (exif[0] != 'M' || exif[1] != 'M')) return 0;
  const auto read = [&](std::size_t at, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | exif[little ? at + bytes - 1 - i : at + i];
    }
    return value;
  };
  if (read(2, 2) != 42) return 0;
  const std::size_t directory = read(4, 4);
  if (directory > size - 2) return 0;
  const std::size_t entries = read(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > size) return 0;
    if (read(entry, 2) != 0x0112) continue;
    // The type is that of 16-bit integers by the standard; some writers use 8 or 32 bits.
    const std::uint32_t type = read(entry + 2, 2);
    if (read(entry + 4, 4) != 1) return 0;
    const std::uint32_t value = type == 3   ? read(entry + 8, 2)
                                : type == 4 ? read(entry + 8, 4)
                                : type == 1 ? exif[entry + 8]
                                            : 0;
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 0;
  }
  return 0;
}

/// The image turned and mirrored so that it stands as it was seen, as Pillow's
/// `ImageOps.exif_transpose` does. With `w x h` the size of the image, pixel `(x, y)` of the result
/// is, by orientation: 2 `(w-1-x, y)`; 3 `(w-1-x, h-1-y)`; 4 `(x, h-1-y)`; 5 `(y, x)`;
/// 6 `(y, h-1-x)`; 7 `(w-1-y, h-1-x)`; 8 `(w-1-y, x)`. Of 5 to 8 the result is `h x w`. Other
/// values leave the image as it is.
inline Image apply_orientation(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const Index width = image.width();
  const Index height = image.height();
  Image result(transposed ? height : width, transposed ? width : height);
  const auto copy = [&](Index x, Index y) {
    const Index along = transposed ? y : x;
    const Index down = transposed ? x : y;
    const Index source_x = from_right ? width - 1 - along : along;
    const Index source_y = from_below ? height - 1 - down : down;
    const std::uint8_t* const from = image.row(source_y) + 3 * source_x;
    std::uint8_t* const to = result.row(y) + 3 * x;
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
  };
  // In tiles: of an image that is turned, one side is read or written across rows.
  constexpr Index tile = 32;
  for (Index top = 0; top < result.height(); top += tile) {
    for (Index left = 0; left < result.width(); left += tile) {
      const Index bottom = top + tile < result.height() ? top + tile : result.height();
      const Index right = left + tile < result.width() ? left + tile : result.width();
      for (Index y = top; y < bottom; ++y) {
        for (Index x = left; x < right; ++x) copy(x, y);
      }
    }
  }
  return result;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
