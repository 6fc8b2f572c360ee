#ifndef EIGENVIT_FEATURES_HOLDOUT_INL
#define EIGENVIT_FEATURES_HOLDOUT_INL

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/holdout.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The first `count` places hold a random choice of the rows. `std::shuffle` and the standard
/// distributions differ between libraries; the engine does not, and what its remainder favours is
/// far below what anybody could count.
EIGENVIT_INLINE void choose(std::vector<Index>& rows, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(rows[i], rows[i + static_cast<std::size_t>(random() % (rows.size() - i))]);
  }
}

}  // namespace detail

EIGENVIT_INLINE Holdout hold_out(const std::vector<Index>& classes, Index class_count,
                                 double fraction, std::uint64_t seed) {
  if (!detail::is_finite(fraction) || !(fraction >= 0 && fraction < 1)) {
    detail::raise<ConfigError>(
        {"holdout: expected a fraction from 0 to below 1, found ", std::to_string(fraction)});
  }
  std::vector<std::vector<Index>> rows(static_cast<std::size_t>(std::max<Index>(class_count, 0)));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0 || classes[i] >= class_count) {
      detail::raise<ConfigError>(
          {"holdout: expected classes from 0 to ", class_count - 1, ", found ", classes[i]});
    }
    rows[static_cast<std::size_t>(classes[i])].push_back(static_cast<Index>(i));
  }
  Holdout parts;
  for (std::size_t c = 0; c < rows.size(); ++c) {
    const std::size_t size = rows[c].size();
    std::size_t count = 0;
    if (fraction > 0 && size > 1) {
      const auto wanted = static_cast<std::size_t>(std::lround(fraction * double(size)));
      count = std::min(std::max<std::size_t>(wanted, 1), size - 1);
    }
    detail::choose(rows[c], count, seed * 0x9E3779B97F4A7C15u + c);
    const auto border = rows[c].begin() + static_cast<std::ptrdiff_t>(count);
    parts.held_out.insert(parts.held_out.end(), rows[c].begin(), border);
    parts.fitted.insert(parts.fitted.end(), border, rows[c].end());
  }
  std::sort(parts.held_out.begin(), parts.held_out.end());
  std::sort(parts.fitted.begin(), parts.fitted.end());
  return parts;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
