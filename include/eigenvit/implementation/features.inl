// features/ but for what fitting.inl and precisions.inl have, once.
#ifndef EIGENVIT_IMPLEMENTATION_FEATURES_INL
#define EIGENVIT_IMPLEMENTATION_FEATURES_INL

#include <eigenvit/features/attention_map.inl>
#include <eigenvit/features/attention_rollout.inl>
#include <eigenvit/features/class_folders.inl>
#include <eigenvit/features/feature_file.inl>
#include <eigenvit/features/feature_scaling.inl>
#include <eigenvit/features/gem_pooling.inl>
#include <eigenvit/features/head.inl>
#include <eigenvit/features/holdout.inl>
#include <eigenvit/features/image_embedder.inl>
#include <eigenvit/features/image_files.inl>
#include <eigenvit/features/image_index.inl>
#include <eigenvit/features/image_index_builder.inl>
#include <eigenvit/features/image_index_file.inl>
#include <eigenvit/features/index_journal.inl>
#include <eigenvit/features/k_means.inl>
#include <eigenvit/features/library_names.inl>
#include <eigenvit/features/linear_probe.inl>
#include <eigenvit/features/mask_classes.inl>
#include <eigenvit/features/passed_over.inl>
#include <eigenvit/features/patch_classes.inl>
#include <eigenvit/features/patch_map.inl>
#include <eigenvit/features/pca_colours.inl>
#include <eigenvit/features/pca_palette.inl>
#include <eigenvit/features/prototypes.inl>
#include <eigenvit/features/training_set.inl>
#include <eigenvit/features/vlad.inl>
#include <eigenvit/features/weighted_knn.inl>
#include <eigenvit/features/zero_shot.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

#endif
