/// How a model of images and texts scores a text for an image.
#ifndef EIGENVIT_IO_CONTRASTIVE_LOGITS_HPP
#define EIGENVIT_IO_CONTRASTIVE_LOGITS_HPP

#include <optional>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What the logits of all texts for an image become.
enum class TextScore {
  softmax,  ///< One of the texts is true: CLIP.
  sigmoid,  ///< Each text is true or not, on its own: SigLIP.
};

/// `logit = exp(log_scale) cos(image, text) + bias`. What a file does not state is empty.
struct ContrastiveLogits {
  std::optional<TextScore> score;
  std::optional<double> log_scale;  ///< the checkpoints' `logit_scale`
  std::optional<double> bias;       ///< the checkpoints' `logit_bias`
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
