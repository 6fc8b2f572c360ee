/// From masks to the classes of patches, and back.
#ifndef EIGENVIT_FEATURES_PATCH_CLASSES_HPP
#define EIGENVIT_FEATURES_PATCH_CLASSES_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/patch_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The class of each patch `[h, w]`: the most frequent one, of equals the first, among the pixels
/// of the image whose centres lie in it. `no_class` where it has less than `share` of these pixels,
/// pixels of no class counted too, and where there are none, in padding. A patch that is smaller
/// than a pixel has the class of the pixel that its centre lies in.
///
/// `classes [image height, image width]`, from 0 to 255 or `no_class`. Throws `ShapeError` for
/// another size, `ConfigError` for another class and unless the share is in `[0, 1]`. Cost: one
/// pass over the pixels.
Matrix<Index> patch_classes(const PatchMap& map, const Matrix<Index>& classes, double share = 0.5);

/// The class of each pixel `[image height, image width]`: that of the highest score, where the
/// scores of the patches, `[h*w, C]`, are blended bilinearly as by `PatchMap::upsample`; of equals
/// the first. Throws `ShapeError` for scores of another size. Memory: two pictures of floats.
Matrix<Index> pixel_classes(const PatchMap& map, const ConstMatrixRef<float>& scores);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/patch_classes.inl>
#endif

#endif
