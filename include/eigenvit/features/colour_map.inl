#ifndef EIGENVIT_FEATURES_COLOUR_MAP_INL
#define EIGENVIT_FEATURES_COLOUR_MAP_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/colour_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE Colour viridis(float value) noexcept {
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

EIGENVIT_INLINE Colour label_colour(Index label) noexcept {
  if (label < 0) return {0, 0, 0};
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

EIGENVIT_INLINE Image colour_picture(const Matrix<float>& map, float low, float high) {
  Image image(map.cols(), map.rows());
  const float scale = high > low ? 1.0F / (high - low) : 0.0F;
  for (Index i = 0; i < map.size(); ++i) {
    const Colour colour = viridis((map.data()[i] - low) * scale);
    std::copy(colour.begin(), colour.end(), image.data() + 3 * i);
  }
  return image;
}

EIGENVIT_INLINE Image label_picture(const Matrix<Index>& labels) {
  Image image(labels.cols(), labels.rows());
  for (Index i = 0; i < labels.size(); ++i) {
    const Colour colour = label_colour(labels.data()[i]);
    std::copy(colour.begin(), colour.end(), image.data() + 3 * i);
  }
  return image;
}

EIGENVIT_INLINE Image rgb_picture(const std::array<Matrix<float>, 3>& planes) {
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
