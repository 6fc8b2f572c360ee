/// The numbers and choices of a network that reads texts.
#ifndef EIGENVIT_MODEL_TEXT_CONFIG_HPP
#define EIGENVIT_MODEL_TEXT_CONFIG_HPP

#include <cstdint>
#include <limits>
#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/core/whole_count.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Which token's vector is that of the text.
enum class TextPool {
  first,        ///< The first: BERT.
  last,         ///< The last, which may be one that fills the text up: SigLIP.
  end_token,    ///< The first that is `end_id`; the first of all where none is: CLIP.
  greatest_id,  ///< The first of those with the greatest id: OpenAI's CLIP and OpenCLIP.
  mean,         ///< The mean of those that do not fill the text up, after the final norm.
};

/// What a network of texts adds to an encoder.
struct TextModelConfig {
  Index vocabulary = 49408;   ///< V, rows of the table of tokens
  Index context_length = 77;  ///< L, tokens of a text at most
  bool causal = true;         ///< tokens attend to themselves and to those before them only
  TextPool text_pool = TextPool::end_token;
  Index end_id = 49407;        ///< the token that `TextPool::end_token` looks for
  bool pos_embed = true;       ///< positions are added to the tokens
  bool distance_bias = false;  ///< scores have a bias by distances, which all blocks share: T5
  bool scales_scores = true;   ///< scores are scaled by the root of a head's width; T5's are not
  double token_scale = 1;      ///< what rows of the table of tokens are multiplied by
  bool embed_norm = false;     ///< a norm of the embedded tokens
  bool masks_padding = false;  ///< no token attends to those `pad_id` that a text ends with
  /// Nor to those inside of a text, which its mean leaves out too; only with `masks_padding`.
  bool masks_inner_padding = false;
  /// Tokens `pad_id` have a position of their own, the first of the table, and are not counted by
  /// those of the others: RoBERTa.
  bool pad_position = false;
  /// Positions are computed rather than learned: sines and cosines of the places from `pad_id + 1`
  /// on, and zeros for tokens `pad_id`; only with `pad_position`.
  bool sine_positions = false;
  /// A learned vector behind the tokens, at the position after theirs, whose vector is that of the
  /// text, normed alone: CoCa. The mask of padding is then that of OpenCLIP, which CoCa was trained
  /// with: no token attends to the one behind a `pad_id`, and all attend to the first.
  bool class_token = false;
  Index pad_id = 0;                     ///< what fills texts up, where that counts
  Index projection_hidden = 0;          ///< width of a layer before the projection; 0: none
  bool projection_hidden_bias = false;  ///< whether that has a bias
  Activation projection_act = Activation::none;  ///< between the two
  Index projection_dim = 0;       ///< E, width of `text_embeds`; 0: they are the pooled vector
  bool projection_bias = false;   ///< whether the projection has a bias
  bool normalize_embeds = false;  ///< whether `text_embeds` are scaled to length 1
};

/// Configuration of a `TextTransformer`: its encoder and what a network of texts adds. The defaults
/// are those of CLIP's networks but for the sizes of the encoder.
struct TextConfig : EncoderConfig, TextModelConfig {
  /// Width of `text_embeds`.
  Index embeds_width() const noexcept { return projection_dim > 0 ? projection_dim : embed_dim; }
  /// Rows of the table of positions.
  Index positions() const noexcept {
    return pos_embed ? context_length + (pad_position || class_token ? 1 : 0) : 0;
  }

  /// Values of the table of positions that a checkpoint lacks.
  Index computed_values() const noexcept { return sine_positions ? positions() * embed_dim : 0; }

  /// Floating-point operations of one text of `tokens` tokens, projection included: each
  /// multiply-add counts as two; norms, softmax and activations are left out.
  std::uint64_t flops(Index tokens) const noexcept {
    const Index projection = projection_hidden > 0
                                 ? projection_hidden * (embed_dim + projection_dim)
                                 : embed_dim * projection_dim;
    const Index rows = tokens + (class_token ? 1 : 0);
    return detail::whole_count(block_flops(rows) + 2 * static_cast<double>(projection));
  }
};

namespace detail {

/// Throws `ConfigError`, its message beginning with `source`, unless the numbers fit together and
/// stay in a range in which no product of them overflows.
inline void validate(const TextConfig& config, const std::string& source) {
  const ConfigCheck check{source};
  validate_encoder(config, check);
  check.within("vocabulary", config.vocabulary, 1, 1 << 24);
  check.within("context length", config.context_length, 1, 1 << 16);
  check.within("end token", config.end_id, 0, std::numeric_limits<std::int32_t>::max());
  check.within("token that fills up", config.pad_id, 0, std::numeric_limits<std::int32_t>::max());
  check.within("projection width", config.projection_dim, 0, 1 << 16);
  check.within("width before the projection", config.projection_hidden, 0, 1 << 16);
  check.require(config.projection_hidden == 0 || config.projection_dim > 0,
                "a projection after the layer before it", "none");
  check.require(config.token_scale > 0 && config.token_scale < 1e6,
                "a scale of tokens between 0 and 1000000", std::to_string(config.token_scale));
  check.require(config.pos_embed || !config.pad_position,
                "no position of padding where there are none", "one");
  check.require(!config.distance_bias || !config.causal,
                "no causal mask beside a bias by distances", "one");
  check.require(!config.sine_positions || (config.pad_position && config.embed_dim >= 4),
                "positions that are computed of a width of at least 4 and with one of padding",
                "others");
  check.require(config.masks_padding || !config.masks_inner_padding,
                "no mask of padding inside of a text where there is none at its end", "one");
  check.require(!config.class_token || config.masks_inner_padding,
                "a mask of padding, also inside of a text, beside a class token", "none");
  check.require(!config.class_token || config.final_norm, "a final norm beside a class token",
                "none");
  check.require(!config.class_token || !config.pad_position,
                "no position of padding beside a class token", "one");
  check.require(!config.class_token || config.pos_embed, "positions beside a class token", "none");
  check.require(!config.class_token || config.text_pool == TextPool::last,
                "the class token to be pooled as the last one", "another pooling");
  check.require(config.num_parallel == 1, "one attention in each block of a network of texts",
                std::to_string(config.num_parallel));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
