/// Which release the tensors of OpenAI's CLIP or OpenCLIP are of, where no configuration says it.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_RELEASE_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_RELEASE_INL

#include <string_view>

#include <eigenvit/io/checkpoint_families/state_dict.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// OpenAI's models and those that OpenCLIP trained have the same shapes and different activations,
/// but for the sizes that OpenAI alone has. `config` has the sizes of the image tower.
inline std::string_view open_clip_release(const BareWeights& weights, const VitConfig& config) {
  const auto is = [&](Index width, Index depth, Index patch, Index side) {
    return config.embed_dim == width && config.depth == depth && config.patch_height == patch &&
           config.image_height == side && config.in_chans == 3;
  };
  const bool both = is(768, 12, 32, 224) || is(768, 12, 16, 224) || is(1024, 24, 14, 224);
  const bool huge = is(1280, 32, 14, 224) || is(1408, 40, 14, 224) || is(1664, 48, 14, 224);
  // What OpenAI's archive holds beside the weights.
  const bool archive = weights.tensors.find("input_resolution") != nullptr;
  return state_dict_release(
      weights,
      {{"openai_clip", both || is(1024, 24, 14, 336)}, {"open_clip", (both && !archive) || huge}},
      huge ? "models that OpenCLIP builds with quick_gelu, which need their open_clip_config.json"
           : "");
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
