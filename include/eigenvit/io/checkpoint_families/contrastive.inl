/// What checkpoints of images and texts say of their logits.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_CONTRASTIVE_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_CONTRASTIVE_INL

#include <optional>
#include <string_view>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/contrastive_logits.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A parameter that is one number; nothing where the file, of an image tower alone, has none.
inline std::optional<double> single_number(const TensorStore& tensors, std::string_view name) {
  const TensorInfo* const info = tensors.find(name);
  if (info == nullptr) return std::nullopt;
  if (info->element_count() != 1) {
    raise<ShapeError>({tensors.source(), ": tensor ", Quoted{name}, ": expected one value, found ",
                       info->description()});
  }
  double value = 0;
  tensors.read(*info, &value);
  if (!is_finite(value)) {
    raise<FormatError>(
        {tensors.source(), ": tensor ", Quoted{name}, ": expected a finite value, found another"});
  }
  return value;
}

/// `prefix` stands before the names of the parameters.
inline ContrastiveLogits contrastive_logits(const TensorStore& tensors, TextScore score,
                                            std::string_view prefix = "") {
  return {score, single_number(tensors, message({prefix, "logit_scale"})),
          single_number(tensors, message({prefix, "logit_bias"}))};
}

/// OpenCLIP's: only models that are trained with SigLIP's loss have a bias.
inline ContrastiveLogits open_clip_logits(const TensorStore& tensors) {
  ContrastiveLogits logits = contrastive_logits(tensors, TextScore::softmax);
  if (logits.bias) logits.score = TextScore::sigmoid;
  return logits;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
