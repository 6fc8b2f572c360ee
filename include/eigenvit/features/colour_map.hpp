/// Numbers as colours.
#ifndef EIGENVIT_FEATURES_COLOUR_MAP_HPP
#define EIGENVIT_FEATURES_COLOUR_MAP_HPP

#include <array>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Red, green and blue.
using Colour = std::array<std::uint8_t, 3>;

/// Viridis, from dark violet at 0 over blue and green to yellow at 1; numbers beyond are clamped,
/// NaN is drawn as 0. Lightness rises steadily, so the map keeps its order in grey print and for
/// colour-blind eyes.
///
/// Source: van der Walt and Smith's map of matplotlib (CC0), here at 16 points with straight lines
/// between them, which keeps to within 7 levels of it.
Colour viridis(float value) noexcept;

/// Colours that are told apart also by colour-blind eyes, for labels from 0 on. After eight they
/// come again, darker; after 24 they repeat. Negative labels, which stand for none, are black.
///
/// Source: Okabe and Ito, "Color Universal Design" (2008).
Colour label_colour(Index label) noexcept;

/// A map as a picture of its size, `low` in the first colour of viridis and `high` in the last.
/// Throws `ShapeError` for a map without entries.
Image colour_picture(const Matrix<float>& map, float low, float high);

/// Labels as a picture of their size, in the colours of `label_colour`. Throws `ShapeError` for a
/// map without entries.
Image label_picture(const Matrix<Index>& labels);

/// Red, green and blue from 0 to 1, beyond which they are clamped, as a picture of their size.
/// Throws `ShapeError` where the planes have no entries or differ in size.
Image rgb_picture(const std::array<Matrix<float>, 3>& planes);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/colour_map.inl>
#endif

#endif
