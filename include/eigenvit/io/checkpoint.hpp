/// What was understood of a model folder.
#ifndef EIGENVIT_IO_CHECKPOINT_HPP
#define EIGENVIT_IO_CHECKPOINT_HPP

#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/preprocess_config.hpp>
#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/class_scores.hpp>
#include <eigenvit/io/contrastive_logits.hpp>
#include <eigenvit/model/heads/dense_config.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a family makes of a folder.
struct Checkpoint {
  std::string family;        ///< for example "timm" or "transformers vit"
  std::string architecture;  ///< for example "vit_base_patch16_224"
  VitConfig config;
  /// Of the dense head, where it was read.
  DenseConfig dense_head;
  detail::CheckpointNames names;
  PreprocessConfig preprocessing;
  /// One name for each class; empty where the folder brings none.
  std::vector<std::string> labels;
  /// Of a model with a head: how its logits become scores.
  ClassScores scores = ClassScores::softmax;
  /// What was assumed or passed over, one line each, for people to read.
  std::vector<std::string> notes;
  /// Of models of images and texts: how they score texts for images.
  ContrastiveLogits contrastive;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
