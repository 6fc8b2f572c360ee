/// OpenCLIP's image towers whose queries attend to the tokens: CoCa's.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_ATTENTION_POOL_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_ATTENTION_POOL_INL

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the tower has one set of queries. Throws `UnsupportedError` for two of them, parallel or
/// cascaded, whose pooled vector open_clip gives a further axis.
inline bool open_clip_pools_by_attention(const JsonObject& vision) {
  constexpr const char* key = "attentional_pool";
  if (vision.has(key) && !vision.required(key).is_boolean()) {
    raise<UnsupportedError>({vision.place(key), ": expected true, false or null, found ",
                             json_text(vision.required(key))});
  }
  return vision.boolean_or(key, false);
}

/// `tokens = ln_k(x)`, `pooled = ln_post(z)` where `z` is what attention of the first query over
/// all tokens gives; the other queries serve captions. Throws `UnsupportedError` for another
/// pooling of the queries, and for an epsilon of the tower's norms that those of attention do not
/// have. Source: mlfoundations/open_clip, transformer.py (AttentionalPooler, VisionTransformer).
inline void read_open_clip_attention_pool(const JsonObject& model, const JsonObject& vision,
                                          const TensorStore& tensors, Checkpoint& checkpoint) {
  if (vision.string_or("pool_type", "tok") != "tok") {
    raise<UnsupportedError>({vision.place("pool_type"),
                             ": expected 'tok', the first query, beside ",
                             "attentional_pool, found ", json_text(vision.required("pool_type"))});
  }
  VitConfig& config = checkpoint.config;
  if (config.norm_eps != 1e-5) {
    raise<UnsupportedError>({vision.place("norm_kwargs"), ": expected none beside ",
                             "attentional_pool, whose norms it leaves alone, found ",
                             json_text(vision.required("norm_kwargs"))});
  }
  config.global_pool = Pool::map;
  config.pool_include_prefix = true;
  config.attn_pool_heads =
      static_cast<Index>(vision.integer_or("attn_pooler_heads", 8, 1, 1 << 16));
  config.attn_pool_dim = static_cast<Index>(model.integer("embed_dim", 1, 1 << 16));
  config.attn_pool_hidden = 0;

  CheckpointNames& names = checkpoint.names;
  names.norm = "attn_pool.ln_k";
  names.pool_latent = "attn_pool.query";
  names.pool_latents = static_cast<int>(vision.integer_or("attn_pooler_queries", 256, 1, 1 << 16));
  names.pool_latent_norm = "attn_pool.ln_q";
  names.pool_proj = "attn_pool.attn.out_proj";
  // PyTorch's attention has one tensor where keys are as wide as queries, and else three.
  const bool together =
      tensors.find(message({names.prefix, "attn_pool.attn.in_proj_weight"})) != nullptr;
  names.pool_q = together ? "attn_pool.attn.in_proj_" : "attn_pool.attn.q_proj_";
  names.pool_kv = together ? "attn_pool.attn.in_proj_" : "attn_pool.attn.k_proj_";
  names.pool_v = together ? "" : "attn_pool.attn.v_proj_";
  names.pool_bias = "attn_pool.attn.in_proj_bias";
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
