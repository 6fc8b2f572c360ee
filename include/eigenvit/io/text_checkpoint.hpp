/// What was understood of the side of texts of a model folder.
#ifndef EIGENVIT_IO_TEXT_CHECKPOINT_HPP
#define EIGENVIT_IO_TEXT_CHECKPOINT_HPP

#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/io/contrastive_logits.hpp>
#include <eigenvit/io/text_names.hpp>
#include <eigenvit/model/text_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a family makes of a folder.
struct TextCheckpoint {
  std::string family;        ///< for example "transformers clip"
  std::string architecture;  ///< for example "CLIPModel"
  TextConfig config;
  detail::TextNames names;
  /// How the model scores texts for images.
  ContrastiveLogits contrastive;
  /// What was assumed, one line each, for people to read.
  std::vector<std::string> notes;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
