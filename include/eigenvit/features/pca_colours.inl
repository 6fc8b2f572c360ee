#ifndef EIGENVIT_FEATURES_PCA_COLOURS_INL
#define EIGENVIT_FEATURES_PCA_COLOURS_INL

#include <cmath>
#include <cstddef>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/pca.hpp>
#include <eigenvit/features/pca_colours.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The fewest patches that have three components.
constexpr Index fewest_colour_patches = 4;

/// The patches of all images below each other, `[N, D]`.
EIGENVIT_INLINE Matrix<float> stack_patches(const std::vector<VisualTokens>& images) {
  Index rows = 0;
  for (const VisualTokens& image : images) {
    if (image.width() != images.front().width()) {
      raise<ShapeError>({"pca colours: expected tokens of ", images.front().width(),
                         " values in every image, found ", image.width()});
    }
    rows += image.patches().rows();
  }
  const Index width = images.empty() ? 0 : images.front().width();
  if (rows < fewest_colour_patches || width < 3) {
    raise<ShapeError>({"pca colours: expected at least ", fewest_colour_patches,
                       " patches of 3 values, found ", rows, " of ", width});
  }
  Matrix<float> patches(rows, width);
  Index row = 0;
  for (const VisualTokens& image : images) {
    patches.middleRows(row, image.patches().rows()) = image.patches();
    row += image.patches().rows();
  }
  return patches;
}

/// How much higher, on average, the patches inside of the grids lie than those at the borders; 0
/// where no grid has an inside.
EIGENVIT_INLINE double inside_over_border(const std::vector<VisualTokens>& images,
                                          const Vector<double>& values) {
  double inside = 0, border = 0;
  Index inside_count = 0, border_count = 0, at = 0;
  for (const VisualTokens& image : images) {
    for (Index row = 0; row < image.grid_height(); ++row) {
      for (Index col = 0; col < image.grid_width(); ++col, ++at) {
        if (row == 0 || col == 0 || row == image.grid_height() - 1 ||
            col == image.grid_width() - 1) {
          border += values[at];
          ++border_count;
        } else {
          inside += values[at];
          ++inside_count;
        }
      }
    }
  }
  if (inside_count == 0) return 0;
  return inside / static_cast<double>(inside_count) - border / static_cast<double>(border_count);
}

/// 1 for the patches of the foreground, else 0, `[N]`.
EIGENVIT_INLINE Vector<float> find_foreground(const std::vector<VisualTokens>& images,
                                              const Matrix<float>& patches,
                                              const PcaColoursOptions& options) {
  const Vector<float> all = Vector<float>::Ones(patches.rows());
  if (!options.cut_background) return all;
  const Pca pca = Pca::fit(patches, 1);
  Vector<double> first = pca.transform(patches).col(0).cast<double>();
  if (inside_over_border(images, first) < 0) first = -first;
  const double threshold = options.threshold * std::sqrt(pca.explained_variance()[0]);
  const Vector<float> foreground = (first.array() > threshold).cast<float>();
  return foreground.sum() < static_cast<float>(fewest_colour_patches) ? all : foreground;
}

/// The colours of all patches, `[N, 3]`, of which only those of the foreground are meant.
EIGENVIT_INLINE Matrix<float> foreground_colours(const Matrix<float>& patches,
                                                 const Vector<float>& foreground) {
  Matrix<float> chosen(static_cast<Index>(foreground.sum()), patches.cols());
  Index row = 0;
  for (Index i = 0; i < patches.rows(); ++i) {
    if (foreground[i] > 0) chosen.row(row++) = patches.row(i);
  }
  const Pca pca = Pca::fit(chosen, 3);
  const Matrix<float> coordinates = pca.transform(chosen);
  Matrix<float> colours = pca.transform(patches);
  for (Index c = 0; c < 3; ++c) {
    const float least = coordinates.col(c).minCoeff();
    const float range = coordinates.col(c).maxCoeff() - least;
    // A component without any spread is drawn in the middle.
    if (range > 0) {
      colours.col(c) = ((colours.col(c).array() - least) / range).matrix();
    } else {
      colours.col(c).setConstant(0.5F);
    }
  }
  return colours;
}

}  // namespace detail

EIGENVIT_INLINE std::vector<PcaColours> pca_colours(const std::vector<VisualTokens>& images,
                                                    const PcaColoursOptions& options) {
  const Matrix<float> patches = detail::stack_patches(images);
  const Vector<float> foreground = detail::find_foreground(images, patches, options);
  const Matrix<float> colours = detail::foreground_colours(patches, foreground);
  std::vector<PcaColours> result;
  Index at = 0;
  for (const VisualTokens& image : images) {
    const Index h = image.grid_height(), w = image.grid_width();
    PcaColours picture;
    picture.foreground = ConstMatrixView<float>(foreground.data() + at, h, w);
    for (Index c = 0; c < 3; ++c) {
      Matrix<float>& plane = picture.rgb[static_cast<std::size_t>(c)];
      const Vector<float> column =
          colours.col(c).segment(at, h * w).cwiseProduct(foreground.segment(at, h * w));
      plane = ConstMatrixView<float>(column.data(), h, w);
    }
    result.push_back(std::move(picture));
    at += h * w;
  }
  return result;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
