/// Colours of patches that stay the same from image to image.
#ifndef EIGENVIT_FEATURES_PCA_PALETTE_HPP
#define EIGENVIT_FEATURES_PCA_PALETTE_HPP

#include <array>
#include <optional>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/pca.hpp>
#include <eigenvit/model/visual_tokens.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The colours of one image's patches.
struct PcaColours {
  /// Red, green and blue from 0 to 1, `[h, w]` each; 0 in the background.
  std::array<Matrix<float>, 3> rgb;
  /// 1 for patches of the foreground, else 0, `[h, w]`.
  Matrix<float> foreground;
};

struct PcaColoursOptions {
  /// Whether the background is cut off; else every patch is foreground.
  bool cut_background = true;
  /// Patches whose first component exceeds this many standard deviations of it are foreground.
  double threshold = 0;
};

/// What `pca_colours` finds out about its images, for others: fitted to the first frame of a video,
/// it gives the same colour to the same thing in each further one, at a small part of the cost.
/// Immutable.
///
///     const auto palette = eigenvit::PcaPalette::fit({tokens});
///     const eigenvit::PcaColours picture = palette.colours(tokens);  // of this or another image
class PcaPalette {
 public:
  /// Throws as `pca_colours`, and costs as much.
  static PcaPalette fit(const std::vector<VisualTokensView>& images,
                        const PcaColoursOptions& options = {});

  /// The width of tokens that it was fitted to, D.
  Index width() const noexcept { return components_.mean().size(); }

  /// The colours of an image. Those beyond what was fitted are cut off at 0 and 1; patches below
  /// the threshold of the fit are background, all of them too. Throws `ShapeError` for tokens of
  /// another width. Cost: `8 D` flops for each patch.
  PcaColours colours(const VisualTokensView& tokens) const;

 private:
  friend std::vector<PcaColours> pca_colours(const std::vector<VisualTokensView>& images,
                                             const PcaColoursOptions& options);

  /// From the patches that lie above a threshold along a direction, the foreground.
  struct Cut {
    Pca first;
    double sign;
    double threshold;
  };

  struct Fit;

  /// `pca_colours`.
  static std::vector<PcaColours> fitted_colours(const std::vector<VisualTokensView>& images,
                                                const PcaColoursOptions& options);

  PcaPalette(std::optional<Cut> cut, Pca components) noexcept;

  /// To the patches of all images, `[N, D]`.
  static Fit fit_patches(const std::vector<VisualTokensView>& images, const Matrix<float>& patches,
                         const PcaColoursOptions& options);
  /// 1 for patches of the foreground, else 0, `[N]`.
  Vector<float> foreground(const Matrix<float>& patches) const;
  /// Turns coordinates of patches along the components, `[N, 3]`, into colours.
  void stretch(Matrix<float>& coordinates) const;

  std::optional<Cut> cut_;  ///< none where all is foreground
  Pca components_;
  std::array<float, 3> least_{};  ///< coordinates of the fit's foreground
  std::array<float, 3> range_{};
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/pca_palette.inl>
#endif

#endif
