/// Patches as colours that tell which of them are alike.
#ifndef EIGENVIT_FEATURES_PCA_COLOURS_HPP
#define EIGENVIT_FEATURES_PCA_COLOURS_HPP

#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/features/pca_palette.hpp>
#include <eigenvit/model/visual_tokens.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The first three principal components of the patches as red, green and blue, over all images
/// jointly, so that the same colour means the same in each:
///
/// 1. The first component of all patches cuts the foreground off: its patches are those above the
///    threshold. Of the two directions that one is taken in which the patches inside of the grids
///    lie higher on average than those at the borders, since what is photographed is seldom at the
///    border. Where fewer than four patches are left, all are foreground.
/// 2. The components of the foreground's patches alone become the colours, each stretched from its
///    least to its greatest value.
///
/// Further images get the same colours from a `PcaPalette`.
///
/// Throws `ShapeError` where there is no image, where the widths differ, or where there are fewer
/// than four patches or three values in all. Cost: that of two `Pca::fit`.
///
/// Source: Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision" (2023),
/// section 7.5.
std::vector<PcaColours> pca_colours(const std::vector<VisualTokensView>& images,
                                    const PcaColoursOptions& options = {});

/// The same for images that own their tokens. A template, so that a list in braces means views.
template <class Owner>
std::vector<PcaColours> pca_colours(const std::vector<BasicVisualTokens<Owner>>& images,
                                    const PcaColoursOptions& options = {}) {
  return pca_colours(std::vector<VisualTokensView>(images.begin(), images.end()), options);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/pca_colours.inl>
#endif

#endif
