/// The scratch memory of the blocks of a forward pass.
#ifndef EIGENVIT_MODEL_PASS_BLOCK_SCRATCH_HPP
#define EIGENVIT_MODEL_PASS_BLOCK_SCRATCH_HPP

#include <algorithm>
#include <cstddef>

#include <eigenvit/kernels/arguments.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/model/encoder_config.hpp>
#include <eigenvit/model/pass/block_plan.hpp>
#include <eigenvit/model/pass/sequence.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What decides, beside the configuration, how much memory the blocks of a pass take.
struct BlockSizes {
  Index sequences = 0;
  Index tokens = 0;  ///< of each
  Index workers = 1;
  bool packs_heads = false;  ///< whether a block packs keys and values
  /// Whether attention may write over the normed tokens: nothing reads them after queries, keys and
  /// values, or reads and writes both at the same time.
  bool attends_in_place = false;
  Index bias_tokens = 0;    ///< T where attention has a bias of its own for each query, else 0
  Index least_wide = 0;     ///< values of a row of `wide`, at least
  Index least_scratch = 0;  ///< values of `attention_scratch` of one worker, at least
};

/// Takes the memory of the blocks from `arena`, a `Workspace` or a `WorkspaceSize`, and that of the
/// workers from `worker_arena`.
template <class Scalar, class Arena, class WorkerArena>
BlockBuffers<Scalar> take_block_buffers(const EncoderConfig& config, const BlockSizes& sizes,
                                        Arena& arena, WorkerArena& worker_arena) {
  using Attention = MultiHeadSelfAttention<Scalar>;
  const auto values = [&](Index count) {
    return arena.template take<Scalar>(static_cast<std::size_t>(count));
  };
  const Index rows = sizes.sequences * sizes.tokens;
  const Index branches = config.num_parallel;
  const Index head_dim = config.head_dim();
  BlockBuffers<Scalar> blocks;
  blocks.normed_stride = kernels::spread_rows(config.embed_dim);
  blocks.wide_stride = kernels::spread_rows(std::max(sizes.least_wide, config.fc1_outputs()));
  blocks.branch_rows = rows * blocks.normed_stride;
  blocks.branch_wide = rows * blocks.wide_stride;
  blocks.branch_qkv =
      static_cast<Index>(Attention::qkv_size(sizes.tokens, config.attention_heads(), head_dim));
  blocks.image_qkv = branches * blocks.branch_qkv;
  const kernels::PackedHead packed_head(sizes.tokens, Attention::head_width(head_dim));
  blocks.branch_packed = sizes.packs_heads ? config.attention_heads() * packed_head.size : 0;
  blocks.image_packed = branches * blocks.branch_packed;
  blocks.worker_size =
      std::max(sizes.least_scratch, static_cast<Index>(Attention::scratch_size(
                                        head_dim, sizes.bias_tokens, config.diff_attention)));
  blocks.normed = values(branches * blocks.branch_rows);
  blocks.qkv = values(sizes.sequences * blocks.image_qkv);
  blocks.packed = values(sizes.sequences * blocks.image_packed);
  blocks.attended = sizes.attends_in_place ? blocks.normed : values(branches * blocks.branch_rows);
  blocks.wide = values(branches * blocks.branch_wide);
  blocks.attention_scratch = worker_arena.template take<Scalar>(
      static_cast<std::size_t>(sizes.workers * blocks.worker_size));
  return blocks;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
