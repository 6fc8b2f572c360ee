// The second source of EigenViT::compiled: the definitions of features/, once.
#include <eigenvit/features.hpp>
#include <eigenvit/image/encode.inl>

#if EIGENVIT_HEADER_ONLY
#error "EIGENVIT_COMPILED is not defined: build this file through the target EigenViT::compiled"
#endif
