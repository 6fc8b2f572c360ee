#ifndef EIGENVIT_FEATURES_PATCH_MAP_INL
#define EIGENVIT_FEATURES_PATCH_MAP_INL

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/patch_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The two patches of an axis that a pixel lies between, and the share of the second.
struct PatchBlend {
  Index first = 0;
  Index second = 0;
  float share = 0;
};

/// `at` in patches from the beginning of the grid.
inline PatchBlend patch_blend(double at, Index patches) noexcept {
  const double centre = std::clamp(at - 0.5, 0.0, static_cast<double>(patches - 1));
  PatchBlend blend;
  blend.first = static_cast<Index>(centre);
  blend.second = std::min(blend.first + 1, patches - 1);
  blend.share = static_cast<float>(centre - static_cast<double>(blend.first));
  return blend;
}

inline Index nearest_on_axis(double at, Index patches) noexcept {
  return static_cast<Index>(std::clamp(std::floor(at), 0.0, static_cast<double>(patches - 1)));
}

/// The first pixel of an axis whose centre is not before a point.
inline Index first_pixel_from(double point, Index pixels) noexcept {
  return static_cast<Index>(std::clamp(std::ceil(point - 0.5), 0.0, static_cast<double>(pixels)));
}

}  // namespace detail

EIGENVIT_INLINE PatchMap::PatchMap(const PixelMapping& mapping, Index patch_height,
                                   Index patch_width)
    : mapping_(mapping), patch_height_(patch_height), patch_width_(patch_width) {
  if (patch_height < 1 || patch_width < 1 || patch_height > mapping.height ||
      patch_width > mapping.width) {
    detail::raise<ShapeError>({"patch map: expected patches that fit into an input of ",
                               mapping.height, " x ", mapping.width, ", found ", patch_height,
                               " x ", patch_width});
  }
  grid_height_ = mapping.height / patch_height;
  grid_width_ = mapping.width / patch_width;
}

EIGENVIT_INLINE PatchMap::PatchMap(const Model& model, const ImageView& image)
    : PatchMap(model.preprocessor().mapping(image.width, image.height),
               model.network().config().patch_height, model.network().config().patch_width) {}

EIGENVIT_INLINE PatchRectangle PatchMap::rectangle(Index row, Index col) const {
  if (row < 0 || row >= grid_height_ || col < 0 || col >= grid_width_) {
    detail::raise<ShapeError>({"patch map: expected a patch in a grid of ", grid_height_, " x ",
                               grid_width_, ", found row ", row, ", column ", col});
  }
  const auto begin = mapping_.to_image(static_cast<double>(col * patch_width_),
                                       static_cast<double>(row * patch_height_));
  const auto end = mapping_.to_image(static_cast<double>((col + 1) * patch_width_),
                                     static_cast<double>((row + 1) * patch_height_));
  return {begin[0], begin[1], end[0], end[1]};
}

EIGENVIT_INLINE PatchPosition PatchMap::nearest_patch(Index x, Index y) const noexcept {
  const auto at = mapping_.to_input(static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5);
  return {detail::nearest_on_axis(at[1] / static_cast<double>(patch_height_), grid_height_),
          detail::nearest_on_axis(at[0] / static_cast<double>(patch_width_), grid_width_)};
}

EIGENVIT_INLINE std::optional<PatchPosition> PatchMap::patch_at(Index x, Index y) const noexcept {
  const Window window = seen();
  if (x < window.left || y < window.top || x >= window.left + window.width ||
      y >= window.top + window.height) {
    return std::nullopt;
  }
  return nearest_patch(x, y);
}

EIGENVIT_INLINE Window PatchMap::seen() const noexcept {
  const auto begin = mapping_.to_image(0, 0);
  const auto end = mapping_.to_image(static_cast<double>(grid_width_ * patch_width_),
                                     static_cast<double>(grid_height_ * patch_height_));
  Window window;
  window.left = detail::first_pixel_from(begin[0], mapping_.image_width);
  window.top = detail::first_pixel_from(begin[1], mapping_.image_height);
  window.width = detail::first_pixel_from(end[0], mapping_.image_width) - window.left;
  window.height = detail::first_pixel_from(end[1], mapping_.image_height) - window.top;
  return window;
}

EIGENVIT_INLINE void PatchMap::check_map(Index rows, Index cols) const {
  if (rows == grid_height_ && cols == grid_width_) return;
  detail::raise<ShapeError>({"patch map: expected a map of ", grid_height_, " x ", grid_width_,
                             " patches, found ", rows, " x ", cols});
}

EIGENVIT_INLINE Matrix<float> PatchMap::upsample(
    const Eigen::Ref<const Matrix<float>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>& map)
    const {
  check_map(map.rows(), map.cols());
  std::vector<detail::PatchBlend> across;
  across.reserve(static_cast<std::size_t>(mapping_.image_width));
  for (Index x = 0; x < mapping_.image_width; ++x) {
    const double at = mapping_.to_input(static_cast<double>(x) + 0.5, 0)[0];
    across.push_back(detail::patch_blend(at / static_cast<double>(patch_width_), grid_width_));
  }
  Matrix<float> picture(mapping_.image_height, mapping_.image_width);
  Vector<float> line(grid_width_);
  for (Index y = 0; y < mapping_.image_height; ++y) {
    const double at = mapping_.to_input(0, static_cast<double>(y) + 0.5)[1];
    const auto down = detail::patch_blend(at / static_cast<double>(patch_height_), grid_height_);
    line = (1.0F - down.share) * map.row(down.first).transpose() +
           down.share * map.row(down.second).transpose();
    for (Index x = 0; x < mapping_.image_width; ++x) {
      const auto& blend = across[static_cast<std::size_t>(x)];
      picture(y, x) = (1.0F - blend.share) * line[blend.first] + blend.share * line[blend.second];
    }
  }
  return picture;
}

EIGENVIT_INLINE Matrix<Index> PatchMap::upsample_labels(const Matrix<Index>& map) const {
  check_map(map.rows(), map.cols());
  Matrix<Index> picture(mapping_.image_height, mapping_.image_width);
  for (Index y = 0; y < mapping_.image_height; ++y) {
    for (Index x = 0; x < mapping_.image_width; ++x) {
      const PatchPosition patch = nearest_patch(x, y);
      picture(y, x) = map(patch.row, patch.col);
    }
  }
  return picture;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
