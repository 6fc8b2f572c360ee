#ifndef EIGENVIT_FEATURES_PROTOTYPES_INL
#define EIGENVIT_FEATURES_PROTOTYPES_INL

#include <utility>

#include <eigenvit/features/prototypes.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE LinearProbe fit_prototypes(const TrainingSet& set) {
  const FeatureScaling unit_length = FeatureScaling::unit_length();
  const Matrix<float> units = unit_length(set.features());
  // The length of a sum and of a mean differ, their directions do not.
  Matrix<double> sums = Matrix<double>::Zero(set.class_count(), set.width());
  for (Index row = 0; row < set.size(); ++row) {
    sums.row(set.class_of(row)) += units.row(row).cast<double>();
  }
  Matrix<float> prototypes = unit_length(sums.cast<float>());
  return LinearProbe(unit_length, std::move(prototypes), Vector<float>::Zero(set.class_count()));
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
