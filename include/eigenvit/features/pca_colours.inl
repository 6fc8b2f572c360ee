#ifndef EIGENVIT_FEATURES_PCA_COLOURS_INL
#define EIGENVIT_FEATURES_PCA_COLOURS_INL

#include <eigenvit/features/pca_colours.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE std::vector<PcaColours> pca_colours(const std::vector<VisualTokensView>& images,
                                                    const PcaColoursOptions& options) {
  return PcaPalette::fitted_colours(images, options);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
