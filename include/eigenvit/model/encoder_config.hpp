/// The numbers and choices of a transformer encoder.
#ifndef EIGENVIT_MODEL_ENCODER_CONFIG_HPP
#define EIGENVIT_MODEL_ENCODER_CONFIG_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/layer_norm.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Configuration of the blocks of an encoder and of the norm after them, in timm's words: what an
/// encoder of images shares with one of texts. The defaults are those of ViT-B.
struct EncoderConfig {
  Index embed_dim = 768;    ///< D
  Index depth = 12;         ///< L
  Index num_heads = 12;     ///< H
  Index mlp_hidden = 3072;  ///< F

  BlockForm block = BlockForm::pre_norm;
  Index num_parallel = 1;  ///< attentions, then MLPs, side by side in each block
  bool qkv_bias = true;
  /// Heads of keys and values in each block, where heads of queries share them (grouped-query
  /// attention); empty: as many as of queries.
  std::vector<Index> kv_heads;
  bool qk_norm = false;         ///< norms of queries and keys
  bool attn_norm = false;       ///< a norm between attention and `proj`
  bool diff_attention = false;  ///< differential attention: pairs of heads of half the width
  bool proj_bias = true;        ///< biases of `proj`, `fc1` and `fc2`
  bool mlp_gate = false;        ///< a gated MLP, with `2F` outputs in `fc1`
  bool mlp_norm = false;        ///< a norm between activation and `fc2`
  bool layer_scale = false;     ///< `ls1`, `ls2` in each block
  bool mlp_layer_scale = true;  ///< whether LayerScale is there for the MLP too: `ls2`
  /// The last outputs of `fc2`, which a file has several times, once for each expert (ViTPose+).
  Index expert_outputs = 0;
  Index expert = 0;  ///< whose outputs the network has
  Activation act = Activation::gelu;
  NormKind norm = NormKind::layer_norm;
  double norm_eps = 1e-6;
  bool final_norm = true;  ///< `norm` over all tokens after the last block

  /// Heads of the attention kernel: two for each where attention is differential.
  Index attention_heads() const noexcept { return num_heads * (diff_attention ? 2 : 1); }
  Index head_dim() const noexcept { return embed_dim / attention_heads(); }
  /// Weights and biases that the layers have several times, where heads share keys and values.
  Index repeated_parameters() const noexcept {
    Index count = 0;
    for (const Index heads : kv_heads) {
      count += 2 * (num_heads - heads) * head_dim() * (embed_dim + (qkv_bias ? 1 : 0));
    }
    return count * num_parallel;
  }
  /// Outputs of `fc1`.
  Index fc1_outputs() const noexcept { return mlp_gate ? 2 * mlp_hidden : mlp_hidden; }

  /// Floating-point operations of all blocks for one sequence of `t` tokens: each multiply-add
  /// counts as two; norms, softmax and activations are left out. Exact up to 2^53; no valid
  /// configuration overflows it.
  double block_flops(Index t) const noexcept {
    const auto tokens = static_cast<double>(t), width = static_cast<double>(embed_dim);
    const auto mlp = static_cast<double>(mlp_hidden + fc1_outputs());
    return static_cast<double>(depth * num_parallel) * tokens * width *
           (8 * width + 4 * tokens + 2 * mlp);
  }
};

namespace detail {

/// States what a configuration must be, in messages that begin with `source`.
struct ConfigCheck {
  const std::string& source;

  /// Throws `ConfigError` unless `holds`.
  void require(bool holds, const std::string& expected, const std::string& found) const {
    if (!holds) raise<ConfigError>({source, ": expected ", expected, ", found ", found});
  }
  void within(const char* name, Index value, Index least, Index most) const {
    require(value >= least && value <= most,
            std::string(name) + " from " + std::to_string(least) + " to " + std::to_string(most),
            std::to_string(value));
  }
};

/// Throws `ConfigError` unless the numbers fit together and stay in a range in which no product of
/// them overflows.
inline void validate_encoder(const EncoderConfig& config, const ConfigCheck& check) {
  check.within("embed_dim", config.embed_dim, 1, 1 << 16);
  check.within("depth", config.depth, 1, 1 << 12);
  check.within("num_heads", config.num_heads, 1, config.embed_dim);
  check.within("mlp width", config.mlp_hidden, 1, 1 << 20);
  check.require(config.embed_dim % config.num_heads == 0,
                "num_heads that divides embed_dim " + std::to_string(config.embed_dim),
                std::to_string(config.num_heads));
  check.within("num_parallel", config.num_parallel, 1, 16);
  check.require(config.embed_dim % config.attention_heads() == 0,
                "pairs of heads that divide embed_dim " + std::to_string(config.embed_dim),
                std::to_string(config.num_heads));
  check.require(
      config.kv_heads.empty() || static_cast<Index>(config.kv_heads.size()) == config.depth,
      "heads of keys and values for each of " + std::to_string(config.depth) + " blocks",
      std::to_string(config.kv_heads.size()) + " numbers");
  for (const Index heads : config.kv_heads) {
    check.require(
        heads > 0 && config.num_heads % heads == 0,
        "heads of keys and values that divide num_heads " + std::to_string(config.num_heads),
        std::to_string(heads));
  }
  check.require(
      config.kv_heads.empty() || (config.block != BlockForm::parallel && !config.diff_attention),
      "keys and values that heads share in plain attention only", "another");
  check.require(config.num_parallel == 1 || config.block == BlockForm::pre_norm,
                "pre-norm blocks side by side", "another form");
  check.require(config.block != BlockForm::post_norm || !config.layer_scale,
                "no LayerScale in post-norm blocks", "one");
  check.within("outputs of an expert", config.expert_outputs, 0, config.embed_dim - 1);
  check.within("expert", config.expert, 0, 1 << 12);
  check.require(config.expert_outputs == 0 || config.block != BlockForm::parallel,
                "no experts in parallel blocks", "some");
  check.require(config.norm_eps > 0 && config.norm_eps < 1, "a norm eps between 0 and 1",
                std::to_string(config.norm_eps));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
