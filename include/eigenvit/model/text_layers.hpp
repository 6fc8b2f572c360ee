/// The layers of a network of texts, as a loader hands them over.
#ifndef EIGENVIT_MODEL_TEXT_LAYERS_HPP
#define EIGENVIT_MODEL_TEXT_LAYERS_HPP

#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/distance_bias.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/token_embedding.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/text_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Every weight of a `TextTransformer`.
template <class Scalar>
struct TextLayers {
  TokenEmbedding<Scalar> token_embed;
  AlignedBuffer<Scalar> class_token;  ///< behind the tokens, `[D]`; empty where there is none
  std::optional<LayerNorm<Scalar>> embed_norm;
  std::optional<DistanceBias<Scalar>> distance_bias;  ///< of all blocks
  std::vector<EncoderBlock<Scalar>> blocks;
  std::optional<LayerNorm<Scalar>> norm;
  std::optional<Linear<Scalar>> projection_hidden;  ///< before the projection
  std::optional<Linear<Scalar>> projection;

  Index parameters() const noexcept {
    Index count = token_embed.parameters() + static_cast<Index>(class_token.size());
    for (const auto& block : blocks) count += block.parameters();
    if (embed_norm) count += embed_norm->parameters();
    if (distance_bias) count += distance_bias->parameters();
    if (norm) count += norm->parameters();
    if (projection_hidden) count += projection_hidden->parameters();
    if (projection) count += projection->parameters();
    return count;
  }
};

namespace detail {

/// Throws `ShapeError` unless the layers have the sizes that the configuration states.
template <class Scalar>
void check_layers(const TextConfig& config, const TextLayers<Scalar>& layers) {
  const auto require = [](const char* part, Index expected, Index found) {
    if (expected != found) {
      raise<ShapeError>({"text transformer: expected ", part, " ", expected, ", found ", found});
    }
  };
  const Index width = config.embed_dim;
  require("a vocabulary of", config.vocabulary, layers.token_embed.vocabulary());
  require("positions:", config.positions(), layers.token_embed.context_length());
  require("a token embedding of width", width, layers.token_embed.width());
  require("values of a class token:", config.class_token ? width : 0,
          static_cast<Index>(layers.class_token.size()));
  require("blocks:", config.depth, static_cast<Index>(layers.blocks.size()));
  for (const auto& block : layers.blocks) {
    check_block(LayerCheck{"text transformer"}, config, block);
  }
  require("final norms:", config.final_norm ? 1 : 0, layers.norm ? 1 : 0);
  if (layers.norm) require("a final norm of width", width, layers.norm->features());
  require("norms of embeddings:", config.embed_norm ? 1 : 0, layers.embed_norm ? 1 : 0);
  if (layers.embed_norm) require("a norm of width", width, layers.embed_norm->features());
  require("biases by distances:", config.distance_bias ? 1 : 0, layers.distance_bias ? 1 : 0);
  if (layers.distance_bias) {
    require("a bias by distances of heads:", config.num_heads, layers.distance_bias->heads());
  }
  const Index hidden = config.projection_hidden;
  require("layers before the projection:", hidden > 0 ? 1 : 0, layers.projection_hidden ? 1 : 0);
  if (layers.projection_hidden) {
    require("inputs before the projection:", width, layers.projection_hidden->in_features());
    require("outputs before the projection:", hidden, layers.projection_hidden->out_features());
  }
  require("projections:", config.projection_dim > 0 ? 1 : 0, layers.projection ? 1 : 0);
  if (layers.projection) {
    require("inputs of the projection:", hidden > 0 ? hidden : width,
            layers.projection->in_features());
    require("outputs of the projection:", config.projection_dim, layers.projection->out_features());
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
