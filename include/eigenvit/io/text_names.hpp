/// What a family of checkpoints calls the weights of its network of texts.
#ifndef EIGENVIT_IO_TEXT_NAMES_HPP
#define EIGENVIT_IO_TEXT_NAMES_HPP

#include <string_view>

#include <eigenvit/core/types.hpp>
#include <eigenvit/io/encoder_names.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Names of the tensors of a network of texts: those of its encoder, and of what is before and
/// after it.
struct TextNames : EncoderNames {
  std::string_view token_embed = "embeddings.token_embedding.weight";  ///< a tensor
  /// A tensor, where positions are not computed.
  std::string_view pos_embed = "embeddings.position_embedding.weight";
  Index pos_embed_skipped_rows = 0;  ///< of that table before the first position
  /// A tensor whose first row is added to all positions; empty where there is none. It has
  /// `token_types` rows.
  std::string_view token_type_embed;
  Index token_types = 0;
  std::string_view distance_bias;            ///< a tensor, where scores have such a bias
  std::string_view class_token = "cls_emb";  ///< a tensor
  std::string_view embed_norm = "embeddings.LayerNorm";
  /// The projection to `text_embeds`, and a layer before it: `prefix` does not apply to them.
  std::string_view projection_hidden;
  std::string_view projection = "text_projection";
  /// Whether that is one tensor `[in, out]` without a bias, in place of a linear layer.
  bool projection_is_transposed = false;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
