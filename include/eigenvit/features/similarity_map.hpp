/// Which patches are like a vector.
#ifndef EIGENVIT_FEATURES_SIMILARITY_MAP_HPP
#define EIGENVIT_FEATURES_SIMILARITY_MAP_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/visual_tokens.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The cosine between each patch and `query [D]`, a patch of this or of another image for example,
/// `[h, w]`:
///
///     const auto map = eigenvit::similarity_map(tokens, tokens.patch(3, 5));
///
/// From -1 to 1; 0 where one of the two is 0. Throws `ShapeError` for a query of another width.
inline Matrix<float> similarity_map(const VisualTokens& tokens,
                                    const ConstVectorRef<float>& query) {
  // Also checks the width.
  Matrix<float> map = tokens.project(query);
  const Vector<double> direction = query.cast<double>();
  for (Index i = 0; i < map.size(); ++i) {
    const Vector<double> patch = tokens.patches().row(i).transpose().cast<double>();
    const double lengths = patch.norm() * direction.norm();
    map.data()[i] = lengths > 0 ? static_cast<float>(patch.dot(direction) / lengths) : 0.0F;
  }
  return map;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
