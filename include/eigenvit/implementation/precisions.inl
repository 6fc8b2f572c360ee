// What of features/ compares precisions, once.
#ifndef EIGENVIT_IMPLEMENTATION_PRECISIONS_INL
#define EIGENVIT_IMPLEMENTATION_PRECISIONS_INL

#include <eigenvit/features/precision_comparison.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
