/// The head of transformers' `BeitForSemanticSegmentation` and
/// `Data2VecVisionForSemanticSegmentation`.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_UPER_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_UPER_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>
#include <eigenvit/io/dense_families/transformers_stages.inl>
#include <eigenvit/io/dense_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The blocks whose tokens BEiT's four levels read: the class takes one from the number of a stage
/// and counts what is then negative from the end, so that 2 is the first block and 0 the last.
inline std::array<Index, UperConfig::levels> transformers_beit_blocks(const JsonObject& json,
                                                                      Index depth) {
  constexpr std::size_t levels = UperConfig::levels;
  const bool is_renamed = json.has("out_indices") || !json.has("segmentation_indices");
  const char* const key = is_renamed ? "out_indices" : "segmentation_indices";
  const auto stages = transformers_stages(json, depth, levels, key);
  std::array<Index, levels> blocks{};
  for (std::size_t i = 0; i < levels; ++i) {
    if (stages[i] == 1) {
      json.fail(json.has(key) ? key : "out_features",
                "no stage 1, which is what enters the first block");
    }
    blocks[i] = static_cast<Index>(stages[i] == 0 ? depth : stages[i] - 1) - 1;
  }
  return blocks;
}

/// The same of Data2Vec, which counts what enters the first block as 1, and takes those that are in
/// the list, in the network's order.
inline std::array<Index, UperConfig::levels> transformers_data2vec_blocks(const JsonObject& json,
                                                                          Index depth) {
  constexpr std::size_t levels = UperConfig::levels;
  std::vector<std::int64_t> places = {3, 5, 7, 11};
  if (json.has("out_indices")) places = json.integers("out_indices", levels, 2, depth + 1);
  std::sort(places.begin(), places.end());
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
  const VitConfig& encoder = checkpoint.config;
  head.blocks = data2vec ? transformers_data2vec_blocks(json, encoder.depth)
                         : transformers_beit_blocks(json, encoder.depth);
  if (!data2vec) {
    const Index last = *std::max_element(head.blocks.begin(), head.blocks.end());
    refuse_normed_last_level(json, encoder, last);
  }
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
