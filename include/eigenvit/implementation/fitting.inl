// What of features/ uses Eigen's products and decompositions, which take seconds to compile, once.
#ifndef EIGENVIT_IMPLEMENTATION_FITTING_INL
#define EIGENVIT_IMPLEMENTATION_FITTING_INL

#include <eigenvit/features/logistic_probe.inl>
#include <eigenvit/features/matrix_product.inl>
#include <eigenvit/features/pca.inl>
#include <eigenvit/features/ridge_probe.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
