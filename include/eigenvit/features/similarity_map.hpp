/// Which patches are like a vector.
#ifndef EIGENVIT_FEATURES_SIMILARITY_MAP_HPP
#define EIGENVIT_FEATURES_SIMILARITY_MAP_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
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
inline void similarity_map(const VisualTokensView& tokens, const ConstVectorRef<float>& query,
                           Matrix<float>& map) {
  const Index width = tokens.width();
  if (query.size() != width) {
    detail::raise<ShapeError>(
        {"similarity map: expected a query of ", width, " values, found ", query.size()});
  }
  map.resize(tokens.grid_height(), tokens.grid_width());
  constexpr Index widest = 2048;
  double block[2 * widest] = {};
  Vector<double> longer(width > widest ? 2 * width : 0);
  double* const values = width > widest ? longer.data() : block;
  VectorView<double> direction(values, width);
  VectorView<double> patch(values + width, width);
  direction = query.cast<double>();
  const double length = direction.norm();
  for (Index i = 0; i < map.size(); ++i) {
    patch = tokens.patches().row(i).transpose().cast<double>();
    const double lengths = patch.norm() * length;
    map.data()[i] = lengths > 0 ? static_cast<float>(patch.dot(direction) / lengths) : 0.0F;
  }
}

/// The same as a new map.
inline Matrix<float> similarity_map(const VisualTokensView& tokens,
                                    const ConstVectorRef<float>& query) {
  Matrix<float> map;
  similarity_map(tokens, query, map);
  return map;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
