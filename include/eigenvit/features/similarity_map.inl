#ifndef EIGENVIT_FEATURES_SIMILARITY_MAP_INL
#define EIGENVIT_FEATURES_SIMILARITY_MAP_INL

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/similarity_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE void similarity_map(const VisualTokensView& tokens,
                                    const ConstVectorRef<float>& query, Matrix<float>& map) {
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

EIGENVIT_INLINE Matrix<float> similarity_map(const VisualTokensView& tokens,
                                             const ConstVectorRef<float>& query) {
  Matrix<float> map;
  similarity_map(tokens, query, map);
  return map;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
