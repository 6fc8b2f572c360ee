/// Which classes were taken for which.
#ifndef EIGENVIT_FEATURES_CONFUSION_TABLE_HPP
#define EIGENVIT_FEATURES_CONFUSION_TABLE_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Two classes and how often the first was taken for the second.
struct Confusion {
  Index actual = 0;
  Index predicted = 0;
  Index count = 0;
};

/// Counts predictions by actual and predicted class.
class ConfusionTable {
 public:
  /// Throws `ConfigError` for fewer than one class.
  explicit ConfusionTable(Index class_count) {
    if (class_count < 1) {
      detail::raise<ConfigError>(
          {"confusion table: expected at least 1 class, found ", class_count});
    }
    counts_ = Matrix<Index>::Zero(class_count, class_count);
  }

  /// Counts one prediction. Throws `ConfigError` for a class out of range.
  void add(Index actual, Index predicted) {
    for (const Index c : {actual, predicted}) {
      if (c >= 0 && c < class_count()) continue;
      detail::raise<ConfigError>(
          {"confusion table: expected classes from 0 to ", class_count() - 1, ", found ", c});
    }
    ++counts_(actual, predicted);
  }

  Index class_count() const noexcept { return counts_.rows(); }
  /// `[C, C]`: rows are actual classes, columns predicted ones.
  const Matrix<Index>& counts() const noexcept { return counts_; }
  Index total() const { return counts_.sum(); }
  Index correct() const { return counts_.trace(); }

  /// Share of the predictions that are right, 0 of none.
  double accuracy() const { return share(correct(), total()); }
  /// Share of a class's members that were recognised, 0 of none.
  double recall(Index actual) const {
    return share(counts_(actual, actual), counts_.row(actual).sum());
  }

  /// The `most` most frequent mistakes, the most frequent first, equals by class.
  std::vector<Confusion> mistakes(std::size_t most) const {
    std::vector<Confusion> found;
    for (Index actual = 0; actual < class_count(); ++actual) {
      for (Index predicted = 0; predicted < class_count(); ++predicted) {
        const Index count = counts_(actual, predicted);
        if (actual != predicted && count > 0) found.push_back({actual, predicted, count});
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
    if (found.size() > most) found.resize(most);
    return found;
  }

 private:
  static double share(Index part, Index whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  }

  Matrix<Index> counts_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
