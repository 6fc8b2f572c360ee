#ifndef EIGENVIT_FEATURES_PCA_PALETTE_INL
#define EIGENVIT_FEATURES_PCA_PALETTE_INL

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/pca_palette.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The fewest patches that have three components.
constexpr Index fewest_colour_patches = 4;

/// The patches of all images below each other, `[N, D]`.
EIGENVIT_INLINE Matrix<float> stack_patches(const std::vector<VisualTokensView>& images) {
  Index rows = 0;
  for (const VisualTokensView& image : images) {
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
  for (const VisualTokensView& image : images) {
    patches.middleRows(row, image.patches().rows()) = image.patches();
    row += image.patches().rows();
  }
  return patches;
}

/// How much higher, on average, the patches inside of the grids lie than those at the borders; 0
/// where no grid has an inside.
EIGENVIT_INLINE double inside_over_border(const std::vector<VisualTokensView>& images,
                                          const Vector<double>& values) {
  double inside = 0, border = 0;
  Index inside_count = 0, border_count = 0, at = 0;
  for (const VisualTokensView& image : images) {
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

/// The picture of an image whose patches begin at row `first` of the foreground and the colours.
EIGENVIT_INLINE PcaColours colour_picture(const VisualTokensView& image,
                                          const Vector<float>& foreground,
                                          const Matrix<float>& colours, Index first) {
  const Index h = image.grid_height(), w = image.grid_width();
  PcaColours picture;
  picture.foreground = ConstMatrixView<float>(foreground.data() + first, h, w);
  for (Index c = 0; c < 3; ++c) {
    const Vector<float> column =
        colours.col(c).segment(first, h * w).cwiseProduct(foreground.segment(first, h * w));
    picture.rgb[static_cast<std::size_t>(c)] = ConstMatrixView<float>(column.data(), h, w);
  }
  return picture;
}

}  // namespace detail

/// A palette, and what the patches that it was fitted to are in it.
struct PcaPalette::Fit {
  PcaPalette palette;
  Vector<float> foreground;   ///< `[N]`
  Matrix<float> coordinates;  ///< `[N, 3]`
};

EIGENVIT_INLINE PcaPalette::PcaPalette(std::optional<Cut> cut, Pca components) noexcept
    : cut_(std::move(cut)), components_(std::move(components)) {}

EIGENVIT_INLINE PcaPalette PcaPalette::fit(const std::vector<VisualTokensView>& images,
                                           const PcaColoursOptions& options) {
  return fit_patches(images, detail::stack_patches(images), options).palette;
}

EIGENVIT_INLINE PcaPalette::Fit PcaPalette::fit_patches(const std::vector<VisualTokensView>& images,
                                                        const Matrix<float>& patches,
                                                        const PcaColoursOptions& options) {
  std::optional<Cut> cut;
  Vector<float> foreground = Vector<float>::Ones(patches.rows());
  Matrix<float> chosen = patches;
  if (options.cut_background) {
    Pca pca = Pca::fit(patches, 1);
    Vector<double> first = pca.transform(patches).col(0).cast<double>();
    const double sign = detail::inside_over_border(images, first) < 0 ? -1.0 : 1.0;
    const double threshold = options.threshold * std::sqrt(pca.explained_variance()[0]);
    first *= sign;
    const Index count = (first.array() > threshold).count();
    if (count >= detail::fewest_colour_patches) {
      cut = Cut{std::move(pca), sign, threshold};
      foreground = (first.array() > threshold).cast<float>();
      chosen.resize(count, patches.cols());
      Index row = 0;
      for (Index i = 0; i < patches.rows(); ++i) {
        if (first[i] > threshold) chosen.row(row++) = patches.row(i);
      }
    }
  }
  PcaPalette palette(std::move(cut), Pca::fit(chosen, 3));
  Matrix<float> coordinates = palette.components_.transform(patches);
  for (std::size_t c = 0; c < 3; ++c) {
    float least = std::numeric_limits<float>::max();
    float most = std::numeric_limits<float>::lowest();
    for (Index i = 0; i < patches.rows(); ++i) {
      if (foreground[i] == 0) continue;
      least = std::min(least, coordinates(i, static_cast<Index>(c)));
      most = std::max(most, coordinates(i, static_cast<Index>(c)));
    }
    palette.least_[c] = least;
    palette.range_[c] = most - least;
  }
  return {std::move(palette), std::move(foreground), std::move(coordinates)};
}

EIGENVIT_INLINE Vector<float> PcaPalette::foreground(const Matrix<float>& patches) const {
  if (!cut_) return Vector<float>::Ones(patches.rows());
  const Vector<double> first = cut_->first.transform(patches).col(0).cast<double>();
  return ((cut_->sign * first).array() > cut_->threshold).cast<float>();
}

EIGENVIT_INLINE void PcaPalette::stretch(Matrix<float>& coordinates) const {
  for (std::size_t c = 0; c < 3; ++c) {
    auto column = coordinates.col(static_cast<Index>(c));
    // A component without any spread is drawn in the middle.
    if (range_[c] > 0) {
      column = ((column.array() - least_[c]) / range_[c]).matrix();
    } else {
      column.setConstant(0.5F);
    }
  }
}

EIGENVIT_INLINE std::vector<PcaColours> PcaPalette::fitted_colours(
    const std::vector<VisualTokensView>& images, const PcaColoursOptions& options) {
  Fit fit = fit_patches(images, detail::stack_patches(images), options);
  fit.palette.stretch(fit.coordinates);
  std::vector<PcaColours> result;
  Index first = 0;
  for (const VisualTokensView& image : images) {
    result.push_back(detail::colour_picture(image, fit.foreground, fit.coordinates, first));
    first += image.patches().rows();
  }
  return result;
}

EIGENVIT_INLINE PcaColours PcaPalette::colours(const VisualTokensView& tokens) const {
  if (tokens.width() != width()) {
    detail::raise<ShapeError>(
        {"pca palette: expected tokens of ", width(), " values, found ", tokens.width()});
  }
  const Matrix<float> patches = tokens.patches();
  Matrix<float> colours = components_.transform(patches);
  stretch(colours);
  colours = colours.cwiseMax(0.0F).cwiseMin(1.0F);
  return detail::colour_picture(tokens, foreground(patches), colours, 0);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
