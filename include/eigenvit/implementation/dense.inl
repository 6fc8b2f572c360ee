// Dense heads, and the parts of io/ and pipeline/ that they alone use, once.
#ifndef EIGENVIT_IMPLEMENTATION_DENSE_INL
#define EIGENVIT_IMPLEMENTATION_DENSE_INL

#include <eigenvit/io/dense_heads.inl>
#include <eigenvit/pipeline/dense_model.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
