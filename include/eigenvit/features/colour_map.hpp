/// Numbers as colours.
#ifndef EIGENVIT_FEATURES_COLOUR_MAP_HPP
#define EIGENVIT_FEATURES_COLOUR_MAP_HPP

#include <algorithm>
#include <array>
#include <cstddef>
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
inline Colour viridis(float value) noexcept {
  constexpr std::array<Colour, 16> points = {{{68, 1, 84},
                                              {72, 26, 108},
                                              {71, 47, 125},
                                              {65, 68, 135},
                                              {57, 86, 140},
                                              {49, 104, 142},
                                              {42, 120, 142},
                                              {35, 136, 142},
                                              {31, 152, 139},
                                              {34, 168, 132},
                                              {53, 183, 121},
                                              {84, 197, 104},
                                              {122, 209, 81},
                                              {165, 219, 54},
                                              {210, 226, 27},
                                              {253, 231, 37}}};
  constexpr float last = points.size() - 1;
  const float at = value > 0 ? std::min(value, 1.0F) * last : 0.0F;
  const auto first = static_cast<std::size_t>(std::min(at, last - 1));
  const float share = at - static_cast<float>(first);
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    const float mixed = (1.0F - share) * static_cast<float>(points[first][c]) +
                        share * static_cast<float>(points[first + 1][c]);
    colour[c] = static_cast<std::uint8_t>(mixed + 0.5F);
  }
  return colour;
}

/// Colours that are told apart also by colour-blind eyes, for labels from 0 on. After eight they
/// come again, darker; after 24 they repeat.
///
/// Source: Okabe and Ito, "Color Universal Design" (2008).
inline Colour label_colour(Index label) noexcept {
  constexpr std::array<Colour, 8> colours = {{{230, 159, 0},
                                              {86, 180, 233},
                                              {0, 158, 115},
                                              {240, 228, 66},
                                              {0, 114, 178},
                                              {213, 94, 0},
                                              {204, 121, 167},
                                              {80, 80, 80}}};
  const auto size = static_cast<Index>(colours.size());
  const auto round = static_cast<unsigned>(label / size % 3);
  Colour colour = colours[static_cast<std::size_t>(label % size)];
  for (std::uint8_t& sample : colour) {
    sample = static_cast<std::uint8_t>(sample * (10 - 3 * round) / 10);
  }
  return colour;
}

/// A map as a picture of its size, `low` in the first colour of viridis and `high` in the last.
/// Throws `ShapeError` for a map without entries.
inline Image colour_picture(const Matrix<float>& map, float low, float high) {
  Image image(map.cols(), map.rows());
  const float scale = high > low ? 1.0F / (high - low) : 0.0F;
  for (Index i = 0; i < map.size(); ++i) {
    const Colour colour = viridis((map.data()[i] - low) * scale);
    std::copy(colour.begin(), colour.end(), image.data() + 3 * i);
  }
  return image;
}

/// Labels as a picture of their size. Throws `ShapeError` for a map without entries.
inline Image label_picture(const Matrix<Index>& labels) {
  Image image(labels.cols(), labels.rows());
  for (Index i = 0; i < labels.size(); ++i) {
    const Colour colour = label_colour(labels.data()[i]);
    std::copy(colour.begin(), colour.end(), image.data() + 3 * i);
  }
  return image;
}

/// Red, green and blue from 0 to 1, beyond which they are clamped, as a picture of their size.
/// Throws `ShapeError` where the planes have no entries or differ in size.
inline Image rgb_picture(const std::array<Matrix<float>, 3>& planes) {
  Image image(planes[0].cols(), planes[0].rows());
  for (std::size_t c = 0; c < 3; ++c) {
    const Matrix<float>& plane = planes[c];
    if (plane.rows() != image.height() || plane.cols() != image.width()) {
      detail::raise<ShapeError>({"rgb picture: expected planes of ", image.height(), " x ",
                                 image.width(), ", found ", plane.rows(), " x ", plane.cols()});
    }
    for (Index i = 0; i < plane.size(); ++i) {
      const float value = plane.data()[i] > 0 ? std::min(plane.data()[i], 1.0F) : 0.0F;
      image.data()[3 * i + static_cast<Index>(c)] =
          static_cast<std::uint8_t>(255.0F * value + 0.5F);
    }
  }
  return image;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
