#ifndef EIGENVIT_FEATURES_WEIGHTED_KNN_INL
#define EIGENVIT_FEATURES_WEIGHTED_KNN_INL

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/feature_scaling.hpp>
#include <eigenvit/features/unit_rows.hpp>
#include <eigenvit/features/weighted_knn.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE WeightedKnn::WeightedKnn(const TrainingSet& set, const KnnOptions& options)
    : WeightedKnn(FeatureScaling::unit_length()(set.features()), set, options) {}

EIGENVIT_INLINE WeightedKnn WeightedKnn::of_unit_vectors(const TrainingSet& set,
                                                         const KnnOptions& options) {
  const Index longer = detail::first_longer_than_1(set.features());
  if (longer >= 0) {
    detail::raise<ConfigError>(
        {"weighted k-NN: expected vectors of length 1 or less, found a longer one in row ",
         longer});
  }
  return WeightedKnn(set.features(), set, options);
}

EIGENVIT_INLINE WeightedKnn::WeightedKnn(Matrix<float> unit_vectors, const TrainingSet& set,
                                         const KnnOptions& options)
    : neighbours_(std::move(unit_vectors)),
      classes_(set.classes()),
      class_count_(set.class_count()),
      options_(options) {
  if (options.neighbours < 1) {
    detail::raise<ConfigError>(
        {"weighted k-NN: expected at least 1 neighbour, found ", options.neighbours});
  }
  if (!detail::is_finite(options.temperature) || !(options.temperature > 0)) {
    detail::raise<ConfigError>({"weighted k-NN: expected a finite temperature above 0, found ",
                                std::to_string(options.temperature)});
  }
  cosines_ = Linear<float>(neighbours_);
}

EIGENVIT_INLINE Matrix<float> WeightedKnn::scores(const ConstMatrixRef<float>& features) const {
  if (features.cols() != width()) {
    detail::raise<ShapeError>(
        {"weighted k-NN: expected features of ", width(), " values, found ", features.cols()});
  }
  // A block of rows at a time: all cosines of many images to many neighbours would fill the memory.
  constexpr Index block = 64;
  const FeatureScaling unit_length = FeatureScaling::unit_length();
  const Index k = std::min<Index>(options_.neighbours, neighbours_.rows());
  Matrix<float> scores(features.rows(), class_count_);
  std::vector<Index> order(classes_.size());
  Vector<double> votes(class_count_);
  for (Index first = 0; first < features.rows(); first += block) {
    const Index count = std::min(block, features.rows() - first);
    const Matrix<float> cosines = cosines_(unit_length(features.middleRows(first, count)));
    for (Index row = 0; row < count; ++row) {
      const auto cosine = cosines.row(row);
      std::iota(order.begin(), order.end(), Index{0});
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](Index a, Index b) {
        return cosine[a] != cosine[b] ? cosine[a] > cosine[b] : a < b;
      });
      const double nearest = cosine[order.front()];
      votes.setZero();
      for (Index i = 0; i < k; ++i) {
        const Index neighbour = order[static_cast<std::size_t>(i)];
        // Relative to the nearest, so that no temperature makes it overflow.
        votes[classes_[static_cast<std::size_t>(neighbour)]] +=
            std::exp((cosine[neighbour] - nearest) / options_.temperature);
      }
      scores.row(first + row) = (votes / votes.sum()).cast<float>().transpose();
    }
  }
  return scores;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
