/// The head of transformers' `EomtForUniversalSegmentation` and
/// `EomtDinov3ForUniversalSegmentation`.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_EOMT_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_EOMT_INL

#include <algorithm>
#include <optional>

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>
#include <eigenvit/io/dense_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the image processor takes images in windows. An image size that is asked for takes them
/// whole.
inline bool eomt_takes_windows(const CheckpointFiles& files) {
  if (files.preprocessor == nullptr || files.image_size) return false;
  const JsonObject top(*files.preprocessor, files.preprocessor_source);
  const std::optional<JsonObject> nested = top.find_object("image_processor");
  return (nested ? *nested : top).boolean_or("do_split_image", false);
}

/// Source: transformers, models/eomt and models/eomt_dinov3.
inline DenseConfig read_transformers_eomt_head(const CheckpointFiles& files,
                                               Checkpoint& checkpoint) {
  const JsonObject json(files.config, files.config_source);
  EomtConfig head;
  head.classes =
      std::max<Index>(1, classifier_rows(json, files.tensors, "class_predictor.weight") - 1);
  head.block = checkpoint.config.depth - 1;
  head.enlargements = static_cast<Index>(json.integer_or("num_upscale_blocks", 2, 0, 6));
  head.act = transformers_activation(json, "hidden_act", "gelu");
  head.takes_windows = eomt_takes_windows(files);
  checkpoint.labels = transformers_labels(json, static_cast<std::size_t>(head.classes), checkpoint);
  return head;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
