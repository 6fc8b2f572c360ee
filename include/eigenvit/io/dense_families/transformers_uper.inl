/// The head of transformers' `BeitForSemanticSegmentation` and
/// `Data2VecVisionForSemanticSegmentation`.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_UPER_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_UPER_INL

#include <algorithm>
#include <string>

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>
#include <eigenvit/io/dense_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The blocks whose tokens the four levels read. The classes count what enters the first block as
/// 1, so 2 is the first block. Data2Vec takes them in rising order, BEiT has them so.
inline std::array<Index, UperConfig::levels> transformers_uper_blocks(const JsonObject& json,
                                                                      bool data2vec, Index depth) {
  constexpr std::size_t levels = UperConfig::levels;
  std::vector<std::int64_t> places = {3, 5, 7, 11};
  const char* key = "out_indices";
  if (!json.has(key) && json.has("segmentation_indices")) key = "segmentation_indices";
  if (json.has(key) || !data2vec) places = json.integers(key, levels, 2, depth + 1);
  if (data2vec) std::sort(places.begin(), places.end());
  std::array<Index, levels> blocks{};
  for (std::size_t i = 0; i < levels; ++i) blocks[i] = static_cast<Index>(places[i]) - 2;
  return blocks;
}

/// Nothing where the folder has no such head. Source: transformers, models/beit and
/// models/data2vec.
inline DenseConfig read_transformers_uper(const CheckpointFiles& files, Checkpoint& checkpoint) {
  const JsonObject json(files.config, files.config_source);
  const char* const classifier = "decode_head.classifier.weight";
  if (files.tensors.find(classifier) == nullptr) return {};
  UperConfig head;
  head.classes = classifier_rows(json, files.tensors, classifier);
  checkpoint.labels = transformers_labels(json, static_cast<std::size_t>(head.classes), checkpoint);
  const bool data2vec = has_model_type(files.config, "data2vec-vision");
  head.blocks = transformers_uper_blocks(json, data2vec, checkpoint.config.depth);
  if (const nlohmann::json* const list = json.find("pool_scales")) {
    if (!list->is_array() || list->empty() || list->size() > head.pool_scales.size()) {
      json.fail("pool_scales", message({"1 to ", head.pool_scales.size(), " integers"}));
    }
    const auto scales = json.integers("pool_scales", list->size(), 1, 64);
    head.pool_scales = {};
    std::copy(scales.begin(), scales.end(), head.pool_scales.begin());
  }
  return head;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
