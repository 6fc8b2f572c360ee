/// The numbers and choices that make one vision transformer differ from another.
#ifndef EIGENVIT_MODEL_VIT_CONFIG_HPP
#define EIGENVIT_MODEL_VIT_CONFIG_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/float_format.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/grid_resampler.hpp>
#include <eigenvit/layers/pooling.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Configuration of a `VisionTransformer`, in timm's words where timm has one. The defaults are
/// those of ViT-B/16 at 224 x 224.
struct VitConfig {
  Index in_chans = 3;
  Index image_height = 224;  ///< pixels, of the size that the model was built for
  Index image_width = 224;
  Index patch_height = 16;
  Index patch_width = 16;

  Index embed_dim = 768;     ///< D
  Index depth = 12;          ///< L
  Index num_heads = 12;      ///< H
  Index mlp_hidden = 3072;   ///< F
  Index num_classes = 1000;  ///< C; 0 for a model without a head

  bool class_token = true;
  bool dist_token = false;     ///< DeiT's distillation token, after CLS
  Index reg_tokens = 0;        ///< register tokens, after CLS and the distillation token
  Index det_tokens = 0;        ///< detection tokens, after the patches (YOLOS); the heads read them
  bool mid_pos_embed = false;  ///< position tables that are added between the blocks too
  bool pos_embed = true;       ///< a learned position table
  bool no_embed_class = false;  ///< the position table has no rows for prefix tokens
  GridInterpolation pos_interpolation;
  /// Whether another image size than the built one is taken, with resampled position embeddings.
  bool dynamic_image_size = true;

  RopeConfig rope;            ///< rotary embedding of the patches
  bool rel_pos_bias = false;  ///< a bias by relative positions in each block
  RelativeInterpolation rel_pos_interpolation = RelativeInterpolation::geometric;
  /// What resampled tables of positions are rounded to: timm keeps them as the file has them.
  FloatFormat table_format = FloatFormat::single;

  bool patch_bias = true;
  bool patch_norm = false;  ///< a norm of the patches before their positions are added
  bool pre_norm = false;    ///< a norm before the first block (`norm_pre`, CLIP)

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
  Activation act = Activation::gelu;
  NormKind norm = NormKind::layer_norm;
  double norm_eps = 1e-6;
  bool final_norm = true;  ///< `norm` over all tokens after the last block

  Pool global_pool = Pool::token;
  bool pool_include_prefix = false;  ///< prefix tokens are pooled as patches are
  Index attn_pool_heads = 1;         ///< of the pooling `map`
  Index attn_pool_hidden = 1;        ///< width of its MLP
  Activation attn_pool_act = Activation::gelu;
  bool fc_norm = false;     ///< a norm on the pooled vector
  bool dist_head = false;   ///< a second head on the distillation token; logits are their mean
  Index pooler_hidden = 0;  ///< width of the pooler, `act(dense(pooled))`; 0: none
  Activation pooler_act = Activation::tanh;
  /// Whether the model class calls the pooled vector itself its `pooler_output`.
  bool pooled_is_pooler_output = false;

  /// Whether the model class has `image_embeds`, the vector that is compared with texts.
  bool image_embeds = false;
  Index projection_dim = 0;  ///< width of their projection of the pooled vector; 0: there is none
  bool projection_bias = false;   ///< whether that has a bias
  bool normalize_embeds = false;  ///< whether they are scaled to length 1

  Index prefix_tokens() const noexcept {
    return (class_token ? 1 : 0) + (dist_token ? 1 : 0) + reg_tokens;
  }
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
  /// Tokens that pooling leaves out, from the first on.
  Index unpooled_tokens() const noexcept { return pool_include_prefix ? 0 : prefix_tokens(); }
  /// Whether only prefix tokens are pooled.
  bool pools_prefix() const noexcept {
    return global_pool == Pool::token || global_pool == Pool::token_pair;
  }
  /// Whether blocks are `EncoderBlock`s without any of the parts that only some models have.
  bool plain_blocks() const noexcept {
    return block == BlockForm::pre_norm && num_parallel == 1 && rope.kind == RopeKind::none &&
           !rel_pos_bias && !qk_norm && !attn_norm && !diff_attention && !mlp_gate && !mlp_norm;
  }
  Index grid_height() const noexcept { return image_height / patch_height; }
  Index grid_width() const noexcept { return image_width / patch_width; }
  Index tokens() const noexcept {
    return prefix_tokens() + grid_height() * grid_width() + det_tokens;
  }
  /// Whether there are heads for the boxes and classes of detection tokens: `logits` are theirs.
  bool detects() const noexcept { return det_tokens > 0 && num_classes > 0; }
  /// Width of what the heads read.
  Index head_inputs() const noexcept { return pooled_size(global_pool, embed_dim); }
  /// Width of the pooled vector: that of the pooler where its output stands for the image.
  Index pooled_width() const noexcept {
    return pooler_hidden > 0 && num_classes == 0 ? pooler_hidden : head_inputs();
  }
  bool has_pooler_output() const noexcept { return pooler_hidden > 0 || pooled_is_pooler_output; }
  /// Width of `pooler_output`; 0 where there is none.
  Index pooler_output_width() const noexcept {
    return pooler_hidden > 0 ? pooler_hidden : pooled_is_pooler_output ? head_inputs() : 0;
  }
  /// Width of `image_embeds`; 0 where there are none.
  Index image_embeds_width() const noexcept {
    return !image_embeds ? 0 : projection_dim > 0 ? projection_dim : head_inputs();
  }

  /// Floating-point operations of one image of such a size, logits included: each multiply-add
  /// counts as two; norms, softmax and activations are left out.
  std::uint64_t flops(Index height, Index width) const noexcept {
    const Index patches = height / patch_height * (width / patch_width);
    const Index t = prefix_tokens() + patches + det_tokens;
    const Index branch = 8 * t * embed_dim * embed_dim + 4 * t * t * embed_dim +
                         2 * t * embed_dim * (mlp_hidden + fc1_outputs());
    const Index pool = global_pool == Pool::map ? 4 * t * embed_dim * attn_pool_heads +
                                                      4 * embed_dim * (embed_dim + attn_pool_hidden)
                                                : 0;
    const Index heads = detects() ? 2 * det_tokens * embed_dim * (4 * embed_dim + num_classes + 4)
                                  : 2 * head_inputs() * num_classes * (dist_head ? 2 : 1);
    return static_cast<std::uint64_t>(
        2 * patches * embed_dim * in_chans * patch_height * patch_width +
        depth * num_parallel * branch + pool + heads + 2 * head_inputs() * projection_dim);
  }
};

/// Throws `ConfigError`, its message beginning with `source`, unless the numbers fit together and
/// stay in a range in which no product of them overflows.
inline void validate(const VitConfig& config, const std::string& source) {
  const auto require = [&](bool holds, const std::string& expected, const std::string& found) {
    if (!holds) detail::raise<ConfigError>({source, ": expected ", expected, ", found ", found});
  };
  const auto within = [&](const char* name, Index value, Index least, Index most) {
    require(value >= least && value <= most,
            std::string(name) + " from " + std::to_string(least) + " to " + std::to_string(most),
            std::to_string(value));
  };
  within("in_chans", config.in_chans, 1, 4096);
  within("image height", config.image_height, 1, 1 << 16);
  within("image width", config.image_width, 1, 1 << 16);
  within("patch height", config.patch_height, 1, config.image_height);
  within("patch width", config.patch_width, 1, config.image_width);
  within("embed_dim", config.embed_dim, 1, 1 << 16);
  within("depth", config.depth, 1, 1 << 12);
  within("num_heads", config.num_heads, 1, config.embed_dim);
  within("mlp width", config.mlp_hidden, 1, 1 << 20);
  within("num_classes", config.num_classes, 0, 1 << 24);
  within("reg_tokens", config.reg_tokens, 0, 1 << 12);
  within("detection tokens", config.det_tokens, 0, 1 << 12);
  require(!config.mid_pos_embed || config.depth > 1, "two blocks to add positions between",
          std::to_string(config.depth));
  within("pooler width", config.pooler_hidden, 0, 1 << 16);
  within("projection width", config.projection_dim, 0, 1 << 16);
  require(config.embed_dim % config.num_heads == 0,
          "num_heads that divides embed_dim " + std::to_string(config.embed_dim),
          std::to_string(config.num_heads));
  within("num_parallel", config.num_parallel, 1, 16);
  within("attention pooling heads", config.attn_pool_heads, 1, config.embed_dim);
  within("attention pooling mlp width", config.attn_pool_hidden, 1, 1 << 20);
  require(config.embed_dim % config.attention_heads() == 0,
          "pairs of heads that divide embed_dim " + std::to_string(config.embed_dim),
          std::to_string(config.num_heads));
  require(config.global_pool != Pool::map || config.embed_dim % config.attn_pool_heads == 0,
          "attention pooling heads that divide embed_dim " + std::to_string(config.embed_dim),
          std::to_string(config.attn_pool_heads));
  require(config.kv_heads.empty() || static_cast<Index>(config.kv_heads.size()) == config.depth,
          "heads of keys and values for each of " + std::to_string(config.depth) + " blocks",
          std::to_string(config.kv_heads.size()) + " numbers");
  for (const Index heads : config.kv_heads) {
    require(heads > 0 && config.num_heads % heads == 0,
            "heads of keys and values that divide num_heads " + std::to_string(config.num_heads),
            std::to_string(heads));
  }
  require(
      config.kv_heads.empty() || (config.block != BlockForm::parallel && !config.diff_attention),
      "keys and values that heads share in plain attention only", "another");
  require(config.num_parallel == 1 || config.block == BlockForm::pre_norm,
          "pre-norm blocks side by side", "another form");
  require(config.block != BlockForm::post_norm || !config.layer_scale,
          "no LayerScale in post-norm blocks", "one");
  require(config.rope.kind == RopeKind::none || config.head_dim() % 4 == 0,
          "a head width that 4 divides for rotary embedding", std::to_string(config.head_dim()));
  require(config.rope.kind == RopeKind::none ||
              (config.rope.temperature > 0 && config.rope.temperature < 1e9),
          "a temperature of rotary embedding between 0 and 1e9",
          std::to_string(config.rope.temperature));
  within("rotary reference height", config.rope.ref_height, 0, 1 << 16);
  within("rotary reference width", config.rope.ref_width, 0, 1 << 16);
  require((config.rope.ref_height > 0) == (config.rope.ref_width > 0),
          "both sides of the rotary reference grid", "one");
  require(!config.rel_pos_bias || (config.class_token && config.prefix_tokens() == 1),
          "CLS as the only prefix token for a relative position bias",
          std::to_string(config.prefix_tokens()) + " prefix tokens");
  require(!config.rel_pos_bias || !config.diff_attention,
          "no relative position bias in differential attention", "one");
  require(config.norm_eps > 0 && config.norm_eps < 1, "a norm eps between 0 and 1",
          std::to_string(config.norm_eps));
  require(config.global_pool != Pool::token || config.prefix_tokens() > 0,
          "a class token for global_pool 'token'", "none");
  require(config.global_pool != Pool::token_avg || config.class_token,
          "a class token beside the mean of the patches", "none");
  require(config.global_pool != Pool::token_avg || !(config.fc_norm || config.dist_head),
          "neither a norm of CLS and mean together nor a second head", "one");
  require(config.global_pool != Pool::token_pair || (config.class_token && config.dist_token),
          "class and distillation token for their mean", "not both");
  require(!config.dist_head || config.dist_token, "a distillation token for its head", "none");
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
