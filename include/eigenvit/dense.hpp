/// Dense heads, whose result is a map over the image: depth, classes of pixels, joints. Apart from
/// `eigenvit.hpp`, so that programs without them do not compile them. The unit that defines
/// EIGENVIT_IMPLEMENTATION implements them; EigenViT::compiled has them.
#ifndef EIGENVIT_DENSE_HPP
#define EIGENVIT_DENSE_HPP

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/pipeline/dense_model.hpp>

#if defined(EIGENVIT_IMPLEMENTATION)
#include <eigenvit/implementation/dense.inl>
#endif

#endif
