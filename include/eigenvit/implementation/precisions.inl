// What of features/ compares precisions, draws maps and counts mistakes, once.
#ifndef EIGENVIT_IMPLEMENTATION_PRECISIONS_INL
#define EIGENVIT_IMPLEMENTATION_PRECISIONS_INL

#include <eigenvit/features/colour_map.inl>
#include <eigenvit/features/confusion_table.inl>
#include <eigenvit/features/overlay.inl>
#include <eigenvit/features/precision_comparison.inl>
#include <eigenvit/features/similarity_map.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
