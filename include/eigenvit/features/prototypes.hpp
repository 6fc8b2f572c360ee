/// Classification by the nearest class mean.
#ifndef EIGENVIT_FEATURES_PROTOTYPES_HPP
#define EIGENVIT_FEATURES_PROTOTYPES_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/features/linear_probe.hpp>
#include <eigenvit/features/training_set.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// One prototype a class, the direction of the mean of its unit vectors; scores are cosines:
///
///     u(x) = x / |x|
///     p_c  = u(mean of u(x) over the vectors of class c)
///     score_c(x) = u(x) . p_c
///
/// Throws as the constructor of `LinearProbe`. Cost: `2 N D` flops.
/// Source: Snell et al. 2017, "Prototypical Networks for Few-shot Learning", with the cosine in
/// place of the distance, as in Gidaris and Komodakis 2018.
LinearProbe fit_prototypes(const TrainingSet& set);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/prototypes.inl>
#endif

#endif
