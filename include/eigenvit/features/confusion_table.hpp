/// Which classes were taken for which.
#ifndef EIGENVIT_FEATURES_CONFUSION_TABLE_HPP
#define EIGENVIT_FEATURES_CONFUSION_TABLE_HPP

#include <cstddef>
#include <vector>

#include <eigenvit/core/compiler.hpp>
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
  explicit ConfusionTable(Index class_count);

  /// Counts one prediction. Throws `ConfigError` for a class out of range.
  void add(Index actual, Index predicted);

  Index class_count() const noexcept { return counts_.rows(); }
  /// `[C, C]`: rows are actual classes, columns predicted ones.
  const Matrix<Index>& counts() const noexcept { return counts_; }
  Index total() const;
  Index correct() const;

  /// Share of the predictions that are right, 0 of none.
  double accuracy() const;
  /// Share of a class's members that were recognised, 0 of none.
  double recall(Index actual) const;

  /// The `most` most frequent mistakes, the most frequent first, equals by class.
  std::vector<Confusion> mistakes(std::size_t most) const;

 private:
  static double share(Index part, Index whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
  }

  Matrix<Index> counts_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/confusion_table.inl>
#endif

#endif
