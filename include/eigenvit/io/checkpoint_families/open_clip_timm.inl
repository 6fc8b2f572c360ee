/// OpenCLIP's image towers that are timm's networks: those of SigLIP, EVA and the perception
/// encoders.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_TIMM_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_TIMM_INL

#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/timm.inl>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// From the trunk's pooled vector to `image_embeds`: `timm_proj`.
enum class OpenClipProjection {
  none,       ///< The pooled vector itself.
  of_trunk,   ///< The trunk's own head, with a bias.
  of_adapter  ///< Attention pooling beside the trunk.
};

/// A word of the configuration: where it is absent open_clip's own, where it is null, which is
/// Python's None, an empty one.
inline std::string open_clip_word(const JsonObject& vision, const char* key, const char* absent) {
  if (vision.has(key)) return vision.string(key);
  return vision.json().contains(key) ? "" : absent;
}

inline OpenClipProjection open_clip_projection(const JsonObject& vision) {
  static constexpr TimmWord<OpenClipProjection> words[] = {
      {"linear", OpenClipProjection::of_adapter},
      {"none", OpenClipProjection::none},
      {"", OpenClipProjection::of_trunk}};
  return timm_word(vision, "timm_proj", open_clip_word(vision, "timm_proj", "linear"), words);
}

/// The trunk's configuration. A pooling other than the architecture's is an argument of its
/// constructor, which then also places the last norm; but below attention pooling of the adapter it
/// is set afterwards, the norm staying where it is, and an empty one leaves the architecture's.
inline VitConfig open_clip_trunk(const JsonObject& vision, OpenClipProjection projection,
                                 TimmArchitecture& arch) {
  static constexpr TimmWord<TimmPool> words[] = {
      {"avg", TimmPool::avg}, {"token", TimmPool::token}, {"map", TimmPool::map}};
  const bool of_adapter = projection == OpenClipProjection::of_adapter;
  const std::string word = open_clip_word(vision, "timm_pool", "avg");
  const TimmPool pool =
      of_adapter && word.empty() ? arch.global_pool : timm_word(vision, "timm_pool", word, words);
  // The first two are refused by timm; the last it takes in one direction only.
  const bool needs_map = pool == TimmPool::map && arch.model_class == TimmClass::beit;
  const bool needs_token = pool == TimmPool::token && !arch.class_token;
  const bool changes_map =
      of_adapter && (pool == TimmPool::map) != (arch.global_pool == TimmPool::map);
  if (needs_map || needs_token || changes_map) {
    raise<UnsupportedError>({vision.place("timm_pool"), ": expected a pooling that ", arch.name,
                             " can be given here, found ", Quoted{word}});
  }
  if (!of_adapter) arch.global_pool = pool;
  VitConfig sizes;
  sizes.patch_height = sizes.patch_width = arch.patch_size;
  VitConfig config = timm_vit_config(arch, sizes);
  config.global_pool = timm_pool(pool);
  return config;
}

/// `tokens` and `pooled` are the trunk's as those of a timm folder; `image_embeds` are their
/// projection, not scaled: `encode_image(x)`.
/// Source: mlfoundations/open_clip, timm_model.py and model.py.
inline Checkpoint read_open_clip_timm(const CheckpointFiles& files, const JsonObject& model) {
  const JsonObject vision = model.object("vision_cfg");
  TimmArchitecture arch = timm_architecture(vision, "timm_model_name");
  if (arch.dist_token) {
    raise<UnsupportedError>({vision.place("timm_model_name"),
                             ": expected an architecture without a distillation token, found ",
                             Quoted{arch.name}});
  }
  const OpenClipProjection projection = open_clip_projection(vision);
  arch.img_height = arch.img_width =
      static_cast<int>(vision.integer_or("image_size", 224, 1, 1 << 16));
  arch.num_classes = 0;

  Checkpoint checkpoint;
  checkpoint.family = "open_clip";
  checkpoint.architecture = message({"OpenCLIP ", arch.name});
  VitConfig& config = checkpoint.config;
  config = open_clip_trunk(vision, projection, arch);
  config.image_embeds = true;
  CheckpointNames& names = checkpoint.names;
  names.prefix = "visual.trunk.";
  describe_timm_tensors(arch, files.tensors, config, names);
  if (projection != OpenClipProjection::none) {
    const bool of_trunk = projection == OpenClipProjection::of_trunk;
    config.projection_dim = static_cast<Index>(model.integer("embed_dim", 1, 1 << 16));
    config.projection_bias = of_trunk || vision.boolean_or("timm_proj_bias", false);
    names.projection = of_trunk ? "visual.trunk.head" : "visual.head.proj";
  }
  checkpoint.contrastive = open_clip_logits(files.tensors);
  checkpoint.preprocessing = open_clip_preprocess_config(files.config, config.image_height,
                                                         files.config_source, files.image_size);
  return checkpoint;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
