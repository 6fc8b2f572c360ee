/// The numbers and choices that make one vision transformer differ from another.
#ifndef EIGENVIT_MODEL_VIT_CONFIG_HPP
#define EIGENVIT_MODEL_VIT_CONFIG_HPP

#include <cstdint>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/float_format.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/whole_count.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/layers/grid_resampler.hpp>
#include <eigenvit/layers/pooling.hpp>
#include <eigenvit/layers/rotary_embedding.hpp>
#include <eigenvit/model/encoder_config.hpp>
#include <eigenvit/model/heads/heads.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a model of images adds to an encoder, in timm's words where timm has one.
struct ImageModelConfig {
  Index in_chans = 3;
  Index image_height = 224;  ///< pixels, of the size that the model was built for
  Index image_width = 224;
  Index patch_height = 16;
  Index patch_width = 16;
  /// Rows above and columns left of the image, zeros as pixel values, with which the first patches
  /// begin (ViTPose). They make no patches more.
  Index patch_padding = 0;

  bool class_token = true;
  bool dist_token = false;     ///< DeiT's distillation token, after CLS
  Index reg_tokens = 0;        ///< register tokens, after CLS and the distillation token
  Index det_tokens = 0;        ///< detection tokens, after the patches (YOLOS); the heads read them
  Index query_tokens = 0;      ///< queries, after the patches (EoMT), which join late
  Index query_block = 0;       ///< the block before which they join, from 0
  bool mid_pos_embed = false;  ///< position tables that are added between the blocks too
  bool pos_embed = true;       ///< a learned position table
  bool sine_positions = false;  ///< positions of patches that are computed for each grid (AIMv2)
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

  Pool global_pool = Pool::token;
  bool pool_include_prefix = false;  ///< prefix tokens are pooled as patches are
  Index attn_pool_heads = 1;         ///< of the pooling `map`
  Index attn_pool_dim = 0;           ///< E, width of what it gives; 0: D
  Index attn_pool_hidden = 1;        ///< width of its MLP; 0: it has none (AIMv2)
  Activation attn_pool_act = Activation::gelu;
  bool fc_norm = false;  ///< a norm on the pooled vector
};

/// Configuration of a `VisionTransformer`: its encoder, what a model of images adds, and the
/// members of its heads (`num_classes`, `projection_dim`, ..., each in its file of `model/heads/`).
/// The defaults are those of ViT-B/16 at 224 x 224.
struct VitConfig : EncoderConfig, ImageModelConfig, detail::Heads::Config {
  Index prefix_tokens() const noexcept {
    return (class_token ? 1 : 0) + (dist_token ? 1 : 0) + reg_tokens;
  }
  /// Tokens that pooling leaves out, from the first on.
  Index unpooled_tokens() const noexcept { return pool_include_prefix ? 0 : prefix_tokens(); }
  /// Whether only prefix tokens are pooled.
  bool pools_prefix() const noexcept { return eigenvit::pools_prefix(global_pool); }
  /// Prefix tokens that the heads read, where only prefix tokens are pooled.
  Index pooled_prefix_tokens() const noexcept {
    if (global_pool == Pool::prefix_avg) return prefix_tokens();
    const bool two = global_pool == Pool::token_pair || global_pool == Pool::first_two;
    return two || dist_head ? 2 : 1;
  }
  /// Tokens after the patches.
  Index suffix_tokens() const noexcept { return det_tokens + query_tokens; }
  Index grid_height() const noexcept { return image_height / patch_height; }
  Index grid_width() const noexcept { return image_width / patch_width; }
  Index tokens() const noexcept {
    return prefix_tokens() + grid_height() * grid_width() + suffix_tokens();
  }
  /// Whether there are heads for the boxes and classes of detection tokens: `logits` are theirs.
  bool detects() const noexcept { return det_tokens > 0 && num_classes > 0; }
  /// Width of what the heads read.
  Index head_inputs() const noexcept {
    const bool widens = global_pool == Pool::map && attn_pool_dim > 0;
    return widens ? attn_pool_dim : pooled_size(global_pool, embed_dim);
  }
  /// Width of the pooled vector: that of the pooler where its output is the image's vector.
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

  /// Floating-point operations of one image of such a size, with all heads: each multiply-add
  /// counts as two; norms, softmax, activations and interpolation are left out. Exact up to 2^53;
  /// of more than the type holds, the most that it holds.
  std::uint64_t flops(Index height, Index width) const noexcept {
    const Index patches = height / patch_height * (width / patch_width);
    const Index t = prefix_tokens() + patches + suffix_tokens();
    const auto tokens = static_cast<double>(t), dim = static_cast<double>(embed_dim);
    const auto patch_values = static_cast<double>(in_chans * patch_height * patch_width);
    double sum = 2 * static_cast<double>(patches) * dim * patch_values + block_flops(t);
    if (query_tokens > 0) {
      sum -= (block_flops(t) - block_flops(t - query_tokens)) / static_cast<double>(depth) *
             static_cast<double>(query_block);
    }
    if (global_pool == Pool::map) {
      sum += 4 * tokens * dim * static_cast<double>(attn_pool_heads) +
             2 * static_cast<double>(head_inputs()) *
                 static_cast<double>(embed_dim + head_inputs() + 2 * attn_pool_hidden);
    }
    return detail::whole_count(sum +
                               static_cast<double>(detail::Heads::flops(*this, height, width)));
  }
};

namespace detail {

/// Throws `ConfigError`, its message beginning with `source`, unless the numbers fit together and
/// stay in a range in which no product of them overflows.
inline void validate(const VitConfig& config, const std::string& source) {
  const detail::ConfigCheck check{source};
  check.within("in_chans", config.in_chans, 1, 4096);
  check.within("image height", config.image_height, 1, 1 << 16);
  check.within("image width", config.image_width, 1, 1 << 16);
  check.within("patch height", config.patch_height, 1, config.image_height);
  check.within("patch width", config.patch_width, 1, config.image_width);
  check.require(config.patch_padding >= 0 && config.patch_padding < config.patch_height &&
                    config.patch_padding < config.patch_width &&
                    (config.image_height + 2 * config.patch_padding) / config.patch_height ==
                        config.grid_height() &&
                    (config.image_width + 2 * config.patch_padding) / config.patch_width ==
                        config.grid_width(),
                "a padding of " + std::to_string(config.patch_padding) +
                    " pixels on all sides that makes no patches more",
                "patches of " + std::to_string(config.patch_height) + " x " +
                    std::to_string(config.patch_width));
  detail::validate_encoder(config, check);
  check.within("reg_tokens", config.reg_tokens, 0, 1 << 12);
  check.within("detection tokens", config.det_tokens, 0, 1 << 12);
  check.within("queries", config.query_tokens, 0, 1 << 12);
  check.within("block that queries join", config.query_block, 0,
               config.query_tokens > 0 ? config.depth - 1 : 0);
  check.require(config.query_tokens == 0 || !(config.det_tokens > 0 || config.mid_pos_embed ||
                                              config.pre_norm || config.rel_pos_bias),
                "neither detection tokens, positions between blocks or in attention nor a norm "
                "before the blocks beside queries",
                "some");
  check.require(config.query_tokens == 0 || config.pools_prefix(),
                "only prefix tokens to be pooled beside queries", "others");
  check.require(!config.mid_pos_embed || config.depth > 1, "two blocks to add positions between",
                std::to_string(config.depth));
  check.require(!config.sine_positions || (!config.pos_embed && config.embed_dim % 4 == 0),
                "an embed_dim that 4 divides and no table where positions are computed",
                config.pos_embed ? "a table" : std::to_string(config.embed_dim));
  check.within("attention pooling width", config.attn_pool_dim, 0, 1 << 16);
  const Index pool_dim = config.attn_pool_dim > 0 ? config.attn_pool_dim : config.embed_dim;
  check.within("attention pooling heads", config.attn_pool_heads, 1, pool_dim);
  check.within("attention pooling mlp width", config.attn_pool_hidden, 0, 1 << 20);
  check.require(config.global_pool != Pool::map || pool_dim % config.attn_pool_heads == 0,
                std::string("attention pooling heads that divide ") +
                    (config.attn_pool_dim > 0 ? "its width " : "embed_dim ") +
                    std::to_string(pool_dim),
                std::to_string(config.attn_pool_heads));
  check.require(config.rope.kind == RopeKind::none || config.head_dim() % 4 == 0,
                "a head width that 4 divides for rotary embedding",
                std::to_string(config.head_dim()));
  check.require(config.rope.kind == RopeKind::none ||
                    (config.rope.temperature > 0 && config.rope.temperature < 1e9),
                "a temperature of rotary embedding between 0 and 1e9",
                std::to_string(config.rope.temperature));
  check.require(!config.rope.class_token || (config.rope.kind != RopeKind::mixed &&
                                             config.class_token && config.prefix_tokens() == 1),
                "CLS as the only prefix token where rotary embedding has angles for it", "another");
  check.require(config.rope.kind != RopeKind::mixed || !config.diff_attention,
                "no differential attention where each head has rotary angles of its own", "one");
  check.within("rotary reference height", config.rope.ref_height, 0, 1 << 16);
  check.within("rotary reference width", config.rope.ref_width, 0, 1 << 16);
  check.require((config.rope.ref_height > 0) == (config.rope.ref_width > 0),
                "both sides of the rotary reference grid", "one");
  check.require(!config.rel_pos_bias || (config.class_token && config.prefix_tokens() == 1),
                "CLS as the only prefix token for a relative position bias",
                std::to_string(config.prefix_tokens()) + " prefix tokens");
  check.require(!config.rel_pos_bias || !config.diff_attention,
                "no relative position bias in differential attention", "one");
  check.require(!config.rel_pos_bias || config.num_parallel == 1,
                "no relative position bias in attentions side by side", "one");
  // Their tables end with the patches.
  check.require(config.det_tokens == 0 || config.rope.kind == RopeKind::none,
                "no rotary embedding beside detection tokens", "one");
  check.require(config.det_tokens == 0 || !config.rel_pos_bias,
                "no relative position bias beside detection tokens", "one");
  check.require(config.global_pool != Pool::token || config.prefix_tokens() > 0,
                "a class token for global_pool 'token'", "none");
  check.require(config.global_pool != Pool::prefix_avg || config.unpooled_tokens() > 0,
                "prefix tokens for their mean", "none");
  check.require(config.global_pool != Pool::prefix_avg || !config.dist_head,
                "no second head beside the mean of the prefix tokens", "one");
  check.require(config.global_pool != Pool::token_avg || config.class_token,
                "a class token beside the mean of the patches", "none");
  check.require(config.global_pool != Pool::token_avg || !(config.fc_norm || config.dist_head),
                "neither a norm of CLS and mean together nor a second head", "one");
  check.require(config.global_pool != Pool::first_two || config.prefix_tokens() > 1,
                "two prefix tokens to be pooled", std::to_string(config.prefix_tokens()));
  check.require(config.global_pool != Pool::first_two || !(config.fc_norm || config.dist_head),
                "neither a norm of the first two tokens together nor a second head", "one");
  check.require(
      !config.pos_interpolation.crops_square || config.grid_height() == config.grid_width(),
      "a square table of positions", "another");
  check.require(config.global_pool != Pool::token_pair || (config.class_token && config.dist_token),
                "class and distillation token for their mean", "not both");
  detail::Heads::validate(config, check);
}

}  // namespace detail

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
