// The second source of EigenViT::compiled: the definitions of features/, once.
#include <eigenvit/features.hpp>

#if EIGENVIT_HEADER_ONLY
#error "EIGENVIT_COMPILED is not defined: build this file through the target EigenViT::compiled"
#endif
