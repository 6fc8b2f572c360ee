#ifndef EIGENVIT_FEATURES_PATCH_CLASSES_INL
#define EIGENVIT_FEATURES_PATCH_CLASSES_INL

#include <cmath>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/mask_classes.hpp>
#include <eigenvit/features/patch_classes.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The class of the pixel that the centre of a patch lies in; none outside of the image.
inline Index class_at_centre(const PatchMap& map, const Matrix<Index>& classes, Index row,
                             Index col) {
  const PatchRectangle patch = map.rectangle(row, col);
  const double x = std::floor((patch.left + patch.right) / 2);
  const double y = std::floor((patch.top + patch.bottom) / 2);
  const bool inside = x >= 0 && y >= 0 && x < static_cast<double>(classes.cols()) &&
                      y < static_cast<double>(classes.rows());
  return inside ? classes(static_cast<Index>(y), static_cast<Index>(x)) : no_class;
}

}  // namespace detail

EIGENVIT_INLINE Matrix<Index> patch_classes(const PatchMap& map, const Matrix<Index>& classes,
                                            double share) {
  const PixelMapping& mapping = map.mapping();
  if (classes.rows() != mapping.image_height || classes.cols() != mapping.image_width) {
    detail::raise<ShapeError>({"patch classes: expected classes of ", mapping.image_height, " x ",
                               mapping.image_width, " pixels, found ", classes.rows(), " x ",
                               classes.cols()});
  }
  if (!detail::is_finite(share) || share < 0 || share > 1) {
    detail::raise<ConfigError>(
        {"patch classes: expected a share from 0 to 1, found ", std::to_string(share)});
  }
  const Index most = classes.maxCoeff();
  if (classes.minCoeff() < no_class || most >= max_mask_classes) {
    detail::raise<ConfigError>({"patch classes: expected classes from 0 to ", max_mask_classes - 1,
                                " or ", no_class, ", found ",
                                most >= max_mask_classes ? most : classes.minCoeff()});
  }

  // The last column counts pixels of no class.
  const Index columns = most + 2;
  Matrix<Index> counts = Matrix<Index>::Zero(map.grid_height() * map.grid_width(), columns);
  const Window seen = map.seen();
  for (Index y = seen.top; y < seen.top + seen.height; ++y) {
    for (Index x = seen.left; x < seen.left + seen.width; ++x) {
      const PatchPosition patch = map.nearest_patch(x, y);
      const Index c = classes(y, x);
      ++counts(patch.row * map.grid_width() + patch.col, c == no_class ? columns - 1 : c);
    }
  }
  Matrix<Index> found(map.grid_height(), map.grid_width());
  for (Index patch = 0; patch < counts.rows(); ++patch) {
    const Index row = patch / map.grid_width();
    const Index col = patch % map.grid_width();
    const Index pixels = counts.row(patch).sum();
    if (pixels == 0) {
      found(row, col) = detail::class_at_centre(map, classes, row, col);
      continue;
    }
    Index best = no_class;
    for (Index c = 0; c <= most; ++c) {
      if (counts(patch, c) > (best == no_class ? 0 : counts(patch, best))) best = c;
    }
    const bool enough = best != no_class && static_cast<double>(counts(patch, best)) >=
                                                share * static_cast<double>(pixels);
    found(row, col) = enough ? best : no_class;
  }
  return found;
}

EIGENVIT_INLINE Matrix<Index> pixel_classes(const PatchMap& map,
                                            const ConstMatrixRef<float>& scores) {
  if (scores.rows() != map.grid_height() * map.grid_width() || scores.cols() < 1) {
    detail::raise<ShapeError>({"pixel classes: expected scores of ", map.grid_height(), " x ",
                               map.grid_width(), " patches, found [", scores.rows(), ", ",
                               scores.cols(), "]"});
  }
  const PixelMapping& mapping = map.mapping();
  Matrix<Index> classes = Matrix<Index>::Zero(mapping.image_height, mapping.image_width);
  Matrix<float> best;
  Matrix<float> plane(map.grid_height(), map.grid_width());
  for (Index c = 0; c < scores.cols(); ++c) {
    VectorView<float>(plane.data(), plane.size()) = scores.col(c);
    const Matrix<float> picture = map.upsample(plane);
    if (c == 0) {
      best = picture;
      continue;
    }
    for (Index i = 0; i < picture.size(); ++i) {
      if (!(picture.data()[i] > best.data()[i])) continue;
      best.data()[i] = picture.data()[i];
      classes.data()[i] = c;
    }
  }
  return classes;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
