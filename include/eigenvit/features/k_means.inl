#ifndef EIGENVIT_FEATURES_K_MEANS_INL
#define EIGENVIT_FEATURES_K_MEANS_INL

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/k_means.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Lloyd's iterations over vectors of mean 0, which squared differences are the most exact for.
class Lloyd {
 public:
  Lloyd(const Matrix<double>& rows, Matrix<double> centres)
      : rows_(rows),
        centres_(std::move(centres)),
        labels_(static_cast<std::size_t>(rows.rows()), 0),
        distances_(Vector<double>::Zero(rows.rows())) {}

  void run(const KMeansOptions& options) {
    const double spread = rows_.squaredNorm() / static_cast<double>(rows_.size());
    std::vector<Index> before(labels_.size(), -1);
    bool settled = false;
    while (iterations_ < options.max_iterations && !settled) {
      ++iterations_;
      assign();
      const double moved = move_centres();
      if (labels_ == before) return;
      settled = moved <= options.tolerance * spread;
      before = labels_;
    }
    // The centres have moved since.
    assign();
  }

  const Matrix<double>& centres() const noexcept { return centres_; }
  std::vector<Index>& labels() noexcept { return labels_; }
  Index iterations() const noexcept { return iterations_; }

  double inertia() const {
    double sum = 0;
    for (Index i = 0; i < rows_.rows(); ++i) {
      sum += (rows_.row(i) - centres_.row(labels_[static_cast<std::size_t>(i)])).squaredNorm();
    }
    return sum;
  }

 private:
  /// Gives each vector the nearest centre, the first of equals.
  void assign() {
    for (Index i = 0; i < rows_.rows(); ++i) {
      double least = std::numeric_limits<double>::max();
      Index label = 0;
      for (Index c = 0; c < centres_.rows(); ++c) {
        const double distance = (rows_.row(i) - centres_.row(c)).squaredNorm();
        if (distance < least) {
          least = distance;
          label = c;
        }
      }
      labels_[static_cast<std::size_t>(i)] = label;
      distances_[i] = least;
    }
  }

  /// Moves the centres to the means of their groups; returns the sum of their squared ways.
  double move_centres() {
    Matrix<double> sums = Matrix<double>::Zero(centres_.rows(), centres_.cols());
    Vector<double> counts = Vector<double>::Zero(centres_.rows());
    for (Index i = 0; i < rows_.rows(); ++i) {
      const Index label = labels_[static_cast<std::size_t>(i)];
      sums.row(label) += rows_.row(i);
      counts[label] += 1;
    }
    fill_empty(sums, counts);
    double moved = 0;
    for (Index c = 0; c < centres_.rows(); ++c) {
      if (counts[c] == 0) continue;
      sums.row(c) /= counts[c];
      moved += (sums.row(c) - centres_.row(c)).squaredNorm();
      centres_.row(c) = sums.row(c);
    }
    return moved;
  }

  /// Moves the vectors that lie farthest from their centres to the groups without any.
  void fill_empty(Matrix<double>& sums, Vector<double>& counts) const {
    std::vector<Index> farthest;
    for (Index c = 0; c < counts.size(); ++c) {
      if (counts[c] > 0) continue;
      if (farthest.empty()) {
        farthest.resize(labels_.size());
        std::iota(farthest.begin(), farthest.end(), Index{0});
        std::stable_sort(farthest.begin(), farthest.end(),
                         [this](Index a, Index b) { return distances_[a] < distances_[b]; });
      }
      const Index row = farthest.back();
      farthest.pop_back();
      if (!(distances_[row] > 0)) return;
      const Index old = labels_[static_cast<std::size_t>(row)];
      sums.row(old) -= rows_.row(row);
      counts[old] -= 1;
      sums.row(c) = rows_.row(row);
      counts[c] = 1;
    }
  }

  const Matrix<double>& rows_;
  Matrix<double> centres_;
  std::vector<Index> labels_;
  Vector<double> distances_;
  Index iterations_ = 0;
};

/// `rows` less their mean.
EIGENVIT_INLINE Matrix<double> without_mean(const ConstMatrixRef<float>& rows,
                                            Vector<double>& mean) {
  const Matrix<double> values = rows.cast<double>();
  mean = values.colwise().mean().transpose();
  return values.rowwise() - mean.transpose();
}

EIGENVIT_INLINE KMeansResult finish(Lloyd& lloyd, const Vector<double>& mean) {
  KMeansResult result;
  result.centres = (lloyd.centres().rowwise() + mean.transpose()).cast<float>();
  result.inertia = lloyd.inertia();
  result.labels = std::move(lloyd.labels());
  result.iterations = lloyd.iterations();
  return result;
}

/// The first centres, by k-means++.
EIGENVIT_INLINE Matrix<double> first_centres(const Matrix<double>& rows, Index clusters,
                                             std::mt19937_64& random) {
  // The standard's distributions differ between libraries.
  const auto uniform = [&random] { return std::ldexp(static_cast<double>(random() >> 11), -53); };
  const auto trials = 2 + static_cast<Index>(std::log(static_cast<double>(clusters)));
  const auto count = static_cast<double>(rows.rows());
  Matrix<double> centres(clusters, rows.cols());
  centres.row(0) = rows.row(static_cast<Index>(uniform() * count));
  Vector<double> nearest = (rows.rowwise() - centres.row(0)).rowwise().squaredNorm();
  for (Index c = 1; c < clusters; ++c) {
    const double total = nearest.sum();
    Vector<double> best;
    double least = std::numeric_limits<double>::max();
    for (Index trial = 0; trial < trials; ++trial) {
      double left = uniform() * total;
      Index row = 0;
      while (row + 1 < rows.rows() && (left -= nearest[row]) >= 0) ++row;
      const Vector<double> candidate =
          nearest.cwiseMin((rows.rowwise() - rows.row(row)).rowwise().squaredNorm());
      if (candidate.sum() < least || trial == 0) {
        least = candidate.sum();
        best = candidate;
        centres.row(c) = rows.row(row);
      }
    }
    nearest = best;
  }
  return centres;
}

EIGENVIT_INLINE void check_clusters(Index clusters, Index rows) {
  if (clusters < 1 || clusters > rows) {
    raise<ShapeError>(
        {"k-means: expected from 1 to ", rows, " groups, one for each vector, found ", clusters});
  }
}

}  // namespace detail

EIGENVIT_INLINE KMeansResult k_means(const ConstMatrixRef<float>& rows,
                                     const Matrix<float>& centres, const KMeansOptions& options) {
  detail::check_clusters(centres.rows(), rows.rows());
  if (centres.cols() != rows.cols()) {
    detail::raise<ShapeError>(
        {"k-means: expected centres of ", rows.cols(), " values, found ", centres.cols()});
  }
  Vector<double> mean;
  const Matrix<double> centred = detail::without_mean(rows, mean);
  detail::Lloyd lloyd(centred, centres.cast<double>().rowwise() - mean.transpose());
  lloyd.run(options);
  return detail::finish(lloyd, mean);
}

EIGENVIT_INLINE KMeansResult k_means(const ConstMatrixRef<float>& rows, Index clusters,
                                     const KMeansOptions& options) {
  detail::check_clusters(clusters, rows.rows());
  if (options.restarts < 1) {
    detail::raise<ConfigError>({"k-means: expected one start or more, found ", options.restarts});
  }
  Vector<double> mean;
  const Matrix<double> centred = detail::without_mean(rows, mean);
  std::mt19937_64 random(options.seed);
  KMeansResult best;
  for (Index start = 0; start < options.restarts; ++start) {
    detail::Lloyd lloyd(centred, detail::first_centres(centred, clusters, random));
    lloyd.run(options);
    if (start == 0 || lloyd.inertia() < best.inertia) best = detail::finish(lloyd, mean);
  }
  return best;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
