/// Whether layers have the sizes that a configuration states.
#ifndef EIGENVIT_MODEL_LAYER_CHECK_HPP
#define EIGENVIT_MODEL_LAYER_CHECK_HPP

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Requires sizes of a network's layers; `network` begins the messages.
struct LayerCheck {
  const char* network;

  /// Throws `ShapeError` unless the part `name` has the expected size.
  void size(const char* name, Index expected, Index found) const {
    if (expected != found) {
      raise<ShapeError>({network, ": expected ", name, " of ", expected, ", found ", found});
    }
  }

  /// Throws `ShapeError` unless the part `name` is there as expected.
  void part(const char* name, bool expected, bool found) const {
    if (expected != found) {
      raise<ShapeError>({network, ": expected ", expected ? "a " : "no ", name, ", found ",
                         found ? "one" : "none"});
    }
  }
};

/// Throws `ShapeError` unless a block has the sizes and parts that the configuration states.
template <class Scalar>
void check_block(const LayerCheck& check, const EncoderConfig& config,
                 const EncoderBlock<Scalar>& block) {
  const auto& attn = block.attn();
  const auto& extras = attn.extras();
  const auto& mlp = block.mlp();
  check.size("block width", config.embed_dim, block.width());
  check.size("attention width", config.embed_dim, attn.inner_features());
  check.size("number of heads", config.attention_heads(), attn.heads());
  check.size("mlp width", config.mlp_hidden, mlp.hidden_features());
  check.size("mlp outputs of fc1", config.fc1_outputs(), mlp.fc1().out_features());
  check.size("form of the block", static_cast<Index>(config.block),
             static_cast<Index>(block.form()));
  check.part("norm of queries", config.qk_norm, extras.q_norm.has_value());
  check.part("norm of keys", config.qk_norm, extras.k_norm.has_value());
  check.part("norm of the heads", config.attn_norm, extras.norm.has_value());
  check.part("differential attention", config.diff_attention, extras.differential.has_value());
  check.part("norm in the mlp", config.mlp_norm, mlp.norm().has_value());
}

/// `LayerCheck::size` and `LayerCheck::part` of a vision transformer.
inline void require_size(const char* part, Index expected, Index found) {
  LayerCheck{"vision transformer"}.size(part, expected, found);
}

inline void require_part(const char* part, bool expected, bool found) {
  LayerCheck{"vision transformer"}.part(part, expected, found);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
