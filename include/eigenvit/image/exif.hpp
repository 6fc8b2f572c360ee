/// The orientation that a camera wrote beside the pixels.
#ifndef EIGENVIT_IMAGE_EXIF_HPP
#define EIGENVIT_IMAGE_EXIF_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

namespace detail {

/// A whole number of up to eight bytes in either byte order.
inline std::uint64_t exif_number(const std::uint8_t* bytes, std::size_t count,
                                 bool little) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | bytes[little ? count - 1 - i : i];
  }
  return value;
}

/// The number of a TIFF type as an orientation, 0 where it is not one of 1 to 8. Bytes and text are
/// not numbers to Pillow.
inline int exif_orientation_value(std::size_t type, const std::uint8_t* bytes,
                                  bool little) noexcept {
  std::uint64_t value = 0;
  if (type == 6) {
    value = bytes[0];
  } else if (type == 3 || type == 8) {
    value = exif_number(bytes, 2, little);
  } else if (type == 4 || type == 9 || type == 13) {
    value = exif_number(bytes, 4, little);
  } else if (type == 16) {
    value = exif_number(bytes, 8, little);
  } else if (type == 5 || type == 10) {
    auto above = static_cast<std::uint32_t>(exif_number(bytes, 4, little));
    auto below = static_cast<std::uint32_t>(exif_number(bytes + 4, 4, little));
    if (type == 10 && below > 0x7fffffff) {
      above = 0U - above;
      below = 0U - below;
    }
    if (below != 0 && above % below == 0) value = above / below;
  } else if (type == 11 || type == 12) {
    const bool wide = type == 12;
    const std::uint64_t bits = exif_number(bytes, wide ? 8 : 4, little);
    const auto narrow_bits = static_cast<std::uint32_t>(bits);
    float narrow = 0;
    std::memcpy(&narrow, &narrow_bits, sizeof narrow);
    double number = narrow;
    if (wide) std::memcpy(&number, &bits, sizeof number);
    while (value < 9 && static_cast<double>(value) != number) ++value;
  }
  return value <= 8 ? static_cast<int>(value) : 0;
}

/// The value of the orientation tag in a block of EXIF, 0 where it is not one of 1 to 8 or the
/// block has no valid header; nothing where the block is empty or lacks the tag.
inline std::optional<int> exif_orientation_tag(const std::uint8_t* exif,
                                               std::size_t size) noexcept {
  // Some writers put JPEG's prefix in front of it, also twice.
  for (int i = 0; i < 2 && size >= 6 && std::memcmp(exif, "Exif\0\0", 6) == 0; ++i) {
    exif += 6;
    size -= 6;
  }
  if (size == 0) return std::nullopt;
  if (size < 8) return 0;
  const bool little = std::memcmp(exif, "II", 2) == 0;
  if (!little && std::memcmp(exif, "MM", 2) != 0) return 0;
  const auto read = [&](std::size_t at, std::size_t bytes) {
    return static_cast<std::size_t>(exif_number(exif + at, bytes, little));
  };
  // Also in the wrong byte order; Pillow takes BigTIFF's number, of one byte order, for TIFF's.
  const std::size_t magic = read(2, 2);
  if (magic != 42 && magic != 42 << 8 && (little || magic != 43)) return 0;
  const std::size_t directory = read(4, 4);
  if (directory > size - 2) return std::nullopt;
  const std::size_t entries = read(directory, 2);
  std::uint64_t outside = 0;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > size) return std::nullopt;
    const std::size_t type = read(entry + 2, 2);
    constexpr std::array<std::uint8_t, 17> type_bytes{0, 1, 1, 2, 4, 8, 1, 1, 2,
                                                      4, 8, 4, 8, 4, 0, 0, 8};
    if (type >= type_bytes.size() || type_bytes[type] == 0) continue;
    const std::uint64_t bytes = std::uint64_t{type_bytes[type]} * read(entry + 4, 4);
    std::size_t at = entry + 8;
    if (bytes > 4) {
      // Values that together exceed the block are passed over; at one beyond the block's end Pillow
      // stops.
      outside += bytes;
      if (outside > size) continue;
      at = read(entry + 8, 4);
      if (at > size || bytes > size - at) return std::nullopt;
    }
    if (bytes == 0 || read(entry, 2) != 0x0112) continue;
    return exif_orientation_value(type, exif + at, little);
  }
  return std::nullopt;
}

}  // namespace detail

/// The value of the orientation tag (0x0112) in a block of EXIF data that begins with its TIFF
/// header, as JPEG's APP1 segment (after `Exif\0\0`, which may be there too) and PNG's eXIf chunk
/// hold it: 1 to 8, or 0 where the block is malformed, lacks the tag or holds another value. The
/// tag's type is that of 16-bit integers by the standard; the types that Pillow takes are taken.
///
/// Source: CIPA DC-008 (Exif 2.32), section 4.6.4.
inline int exif_orientation(const std::uint8_t* exif, std::size_t size) noexcept {
  return detail::exif_orientation_tag(exif, size).value_or(0);
}

/// The image turned and mirrored so that it is upright, as Pillow's
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
