// pipeline/ and the network, once.
#ifndef EIGENVIT_IMPLEMENTATION_PIPELINE_INL
#define EIGENVIT_IMPLEMENTATION_PIPELINE_INL

#include <eigenvit/pipeline/model.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
