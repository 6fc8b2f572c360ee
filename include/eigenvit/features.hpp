/// What people do with visual tokens. Apart from `eigenvit.hpp`, so that programs which classify do
/// not compile it. The unit that defines EIGENVIT_IMPLEMENTATION implements both.
#ifndef EIGENVIT_FEATURES_HPP
#define EIGENVIT_FEATURES_HPP

#include <eigenvit/eigenvit.hpp>
#include <eigenvit/features/attention_map.hpp>
#include <eigenvit/features/attention_rollout.hpp>
#include <eigenvit/features/class_folders.hpp>
#include <eigenvit/features/colour_map.hpp>
#include <eigenvit/features/confusion_table.hpp>
#include <eigenvit/features/feature_scaling.hpp>
#include <eigenvit/features/gem_pooling.hpp>
#include <eigenvit/features/head.hpp>
#include <eigenvit/features/holdout.hpp>
#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/features/image_files.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/image_index_builder.hpp>
#include <eigenvit/features/image_index_file.hpp>
#include <eigenvit/features/k_means.hpp>
#include <eigenvit/features/linear_probe.hpp>
#include <eigenvit/features/logistic_probe.hpp>
#include <eigenvit/features/mask_classes.hpp>
#include <eigenvit/features/overlay.hpp>
#include <eigenvit/features/passed_over.hpp>
#include <eigenvit/features/patch_classes.hpp>
#include <eigenvit/features/patch_map.hpp>
#include <eigenvit/features/pca.hpp>
#include <eigenvit/features/pca_colours.hpp>
#include <eigenvit/features/pca_palette.hpp>
#include <eigenvit/features/precision_comparison.hpp>
#include <eigenvit/features/prototypes.hpp>
#include <eigenvit/features/ridge_probe.hpp>
#include <eigenvit/features/similarity_map.hpp>
#include <eigenvit/features/training_set.hpp>
#include <eigenvit/features/vlad.hpp>
#include <eigenvit/features/weighted_knn.hpp>
#include <eigenvit/features/zero_shot.hpp>
#include <eigenvit/image/encode.hpp>
#include <eigenvit/io/text_embeddings.hpp>

#if defined(EIGENVIT_IMPLEMENTATION)
#include <eigenvit/implementation/features.inl>
#include <eigenvit/implementation/fitting.inl>
#include <eigenvit/implementation/precisions.inl>
#endif

#endif
