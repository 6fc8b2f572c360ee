/// Vectors kept back from the fit, to see how good it is.
#ifndef EIGENVIT_FEATURES_HOLDOUT_HPP
#define EIGENVIT_FEATURES_HOLDOUT_HPP

#include <cstdint>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Two parts of a set, as rows in rising order.
struct Holdout {
  std::vector<Index> fitted;
  std::vector<Index> held_out;
};

/// Holds out `round(fraction n)` of the `n` vectors of each class, but leaves at least one to fit
/// and, where there are two, holds at least one out. Which ones is chance, the same for the same
/// `seed` on every machine, and does not depend on the other classes. Nothing is held out for a
/// fraction of 0.
///
/// `classes [N]`, each in `[0, class_count)`. Throws `ConfigError` for other classes and unless the
/// fraction is in `[0, 1)`.
Holdout hold_out(const std::vector<Index>& classes, Index class_count, double fraction,
                 std::uint64_t seed = 0);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/holdout.inl>
#endif

#endif
