#ifndef EIGENVIT_FEATURES_CONFUSION_TABLE_INL
#define EIGENVIT_FEATURES_CONFUSION_TABLE_INL

#include <algorithm>
#include <cstddef>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/confusion_table.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE ConfusionTable::ConfusionTable(Index class_count) {
  if (class_count < 1) {
    detail::raise<ConfigError>({"confusion table: expected at least 1 class, found ", class_count});
  }
  counts_ = Matrix<Index>::Zero(class_count, class_count);
}

EIGENVIT_INLINE void ConfusionTable::add(Index actual, Index predicted) {
  for (const Index c : {actual, predicted}) {
    if (c >= 0 && c < class_count()) continue;
    detail::raise<ConfigError>(
        {"confusion table: expected classes from 0 to ", class_count() - 1, ", found ", c});
  }
  ++counts_(actual, predicted);
}

EIGENVIT_INLINE Index ConfusionTable::total() const {
  return counts_.sum();
}

EIGENVIT_INLINE Index ConfusionTable::correct() const {
  return counts_.trace();
}

EIGENVIT_INLINE double ConfusionTable::accuracy() const {
  return share(correct(), total());
}

EIGENVIT_INLINE double ConfusionTable::recall(Index actual) const {
  return share(counts_(actual, actual), counts_.row(actual).sum());
}

EIGENVIT_INLINE std::vector<Confusion> ConfusionTable::mistakes(std::size_t most) const {
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

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
