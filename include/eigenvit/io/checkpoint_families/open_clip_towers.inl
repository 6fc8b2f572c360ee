/// What the configurations of OpenCLIP's own towers, of images and of texts, say alike.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_TOWERS_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_TOWERS_INL

#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/kernels/activation.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `UnsupportedError` for blocks that compute something else. `expected` is what the message
/// says instead.
inline void check_open_clip_blocks(const JsonObject& tower, const char* expected) {
  const auto refuse = [&](const char* key) {
    raise<UnsupportedError>(
        {tower.place(key), ": expected ", expected, ", found ", json_text(tower.required(key))});
  };
  if (tower.string_or("block_type", "default") != "default") refuse("block_type");
  for (const char* const key : {"qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner",
                                "scale_attn", "scale_fc"}) {
    if (tower.boolean_or(key, false)) refuse(key);
  }
}

/// `act_kwargs` are arguments of PyTorch's GELU; OpenAI's quick GELU takes none.
inline Activation open_clip_activation(const JsonObject& model, const JsonObject& tower) {
  const bool quick = model.boolean_or("quick_gelu", false);
  const auto arguments = tower.find_object("act_kwargs");
  if (!arguments || !arguments->has("approximate")) {
    return quick ? Activation::quick_gelu : Activation::gelu;
  }
  const std::string form = arguments->string_or("approximate", "none");
  if (quick) arguments->fail("approximate", "no arguments of quick_gelu");
  if (form != "none" && form != "tanh") arguments->fail("approximate", "'none' or 'tanh'");
  return form == "tanh" ? Activation::gelu_tanh : Activation::gelu;
}

/// The epsilon of all norms of a tower: that of `norm_kwargs`, or PyTorch's.
inline double open_clip_norm_eps(const JsonObject& tower) {
  const auto norm = tower.find_object("norm_kwargs");
  return norm ? norm->number_or("eps", 1e-5, 1e-30, 1) : 1e-5;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
