/// Which patches are like a vector.
#ifndef EIGENVIT_FEATURES_SIMILARITY_MAP_HPP
#define EIGENVIT_FEATURES_SIMILARITY_MAP_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/visual_tokens.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Writes to `map [h, w]` the cosine between each patch and `query [D]`, a patch of this or of
/// another image for example. From -1 to 1; 0 where one of the two is 0.
///
///     eigenvit::Matrix<float> map;
///     eigenvit::similarity_map(tokens, tokens.patch(3, 5), map);
///
/// A map of another size is resized. Throws `ShapeError` for a query of another width. Allocates
/// nothing where the map has that size and `D <= 2048`.
void similarity_map(const VisualTokensView& tokens, const ConstVectorRef<float>& query,
                    Matrix<float>& map);

/// The same as a new map.
Matrix<float> similarity_map(const VisualTokensView& tokens, const ConstVectorRef<float>& query);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/similarity_map.inl>
#endif

#endif
