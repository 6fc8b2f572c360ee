// image/, once.
#ifndef EIGENVIT_IMPLEMENTATION_IMAGE_INL
#define EIGENVIT_IMPLEMENTATION_IMAGE_INL

#include <eigenvit/image/codecs/codecs.inl>
#include <eigenvit/image/decode.inl>
#include <eigenvit/image/encode.inl>
#include <eigenvit/image/image_formats.inl>
#include <eigenvit/image/preprocess_check.inl>
#include <eigenvit/image/preprocessor.inl>
#include <eigenvit/image/resize.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
