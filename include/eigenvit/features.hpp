/// What people do with visual tokens. Apart from `eigenvit.hpp`, so that programs which classify do
/// not compile it.
#ifndef EIGENVIT_FEATURES_HPP
#define EIGENVIT_FEATURES_HPP

#include <eigenvit/eigenvit.hpp>
#include <eigenvit/image/encode.hpp>

#endif
