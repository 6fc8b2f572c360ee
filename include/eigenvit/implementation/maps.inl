// What of features/ is computed for the patches of pictures, once.
#ifndef EIGENVIT_IMPLEMENTATION_MAPS_INL
#define EIGENVIT_IMPLEMENTATION_MAPS_INL

#include <eigenvit/features/attention_map.inl>
#include <eigenvit/features/attention_rollout.inl>
#include <eigenvit/features/k_means.inl>
#include <eigenvit/features/mask_classes.inl>
#include <eigenvit/features/patch_classes.inl>
#include <eigenvit/features/patch_map.inl>
#include <eigenvit/features/pca_colours.inl>
#include <eigenvit/features/pca_palette.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
