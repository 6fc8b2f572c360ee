#ifndef EIGENVIT_MODEL_PASS_BLOCK_PLAN_INL
#define EIGENVIT_MODEL_PASS_BLOCK_PLAN_INL

#include <algorithm>

#include <eigenvit/kernels/packed_matrix.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/model/pass/block_plan.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE Index LayerShares::of(Index outputs, Index inputs) const noexcept {
  const Index panels = ceil_div(outputs, kernels::panel_width);
  // A task should outlast what it takes to hand it over, and there should be enough of them
  // that threads which finish together are kept waiting for a small part of the stage only.
  // Two panels or a multiple, since a kernel may take two at a time.
  const Index least = ceil_div(least_task, 2 * rows_ * inputs * kernels::panel_width);
  const Index most = ceil_div(panels * parts_, 6 * threads_);
  const Index share = std::max(least, std::min<Index>(most, 8));
  return ceil_div(panels, ceil_div(share, 2) * 2);
}

EIGENVIT_INLINE BlockShares LayerShares::of_blocks(const EncoderConfig& config) const noexcept {
  const Index width = config.embed_dim;
  const Index head_width = MultiHeadSelfAttention<float>::head_width(config.head_dim());
  BlockShares shares;
  shares.qkv = of(3 * config.attention_heads() * head_width, width);
  shares.proj = of(width, width);
  shares.fc1 = of(config.fc1_outputs(), width);
  shares.fc2 = of(width, config.mlp_hidden);
  return shares;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
