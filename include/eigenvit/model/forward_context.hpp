/// What all tasks of a forward pass share.
#ifndef EIGENVIT_MODEL_FORWARD_CONTEXT_HPP
#define EIGENVIT_MODEL_FORWARD_CONTEXT_HPP

#include <algorithm>

#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/forward_plan.hpp>
#include <eigenvit/model/forward_scratch.hpp>
#include <eigenvit/model/position_tables.hpp>
#include <eigenvit/model/vit_config.hpp>
#include <eigenvit/model/vit_layers.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A group of rows of one image.
struct RowGroup {
  Index index;  ///< among those of all images
  Index image;
  Index first;  ///< row in the image
  Index rows;
  Index row;  ///< in the batch
};

/// A share of the panels of a map.
struct PanelShare {
  Index first;
  Index count;
  Index column;  ///< first output

  /// Share `index` of `shares`, cut between pairs of panels, since a kernel may take two at a time.
  template <class Scalar>
  static PanelShare of(const Linear<Scalar>& map, Index shares, Index index) noexcept {
    const Index pairs = (map.weight().panels() + 1) / 2;
    const Index first = 2 * (pairs * index / shares);
    const Index last = std::min(2 * (pairs * (index + 1) / shares), map.weight().panels());
    return {first, last - first, first * kernels::panel_width};
  }

  /// How many shares serve few rows: they make a product as fast as its weights are read, so eight
  /// panels each, a few hundred kilobytes.
  template <class Scalar>
  static Index shares_for_few_rows(const Linear<Scalar>& map) noexcept {
    return std::max<Index>(1, map.weight().panels() / 8);
  }
};

/// Model, plan and memory of a pass, and how tasks find their rows in it. Refers to objects that
/// outlive it.
template <class Scalar>
struct ForwardContext {
  const VitConfig& config;
  const VitLayers<Scalar>& layers;
  const ForwardPlan& plan;
  const ForwardScratch<Scalar>& scratch;
  const PositionTables<Scalar>& positions;

  Index width() const noexcept { return config.embed_dim; }
  const EncoderBlock<Scalar>& block(Index index, Index branch = 0) const {
    return layers.blocks[static_cast<std::size_t>(index * config.num_parallel + branch)];
  }
  /// Where the tokens stand, for the attention of a block.
  AttentionPositions<Scalar> positions_of(Index index, Index branch) const {
    return positions.of(layers, config, plan, index * config.num_parallel + branch);
  }

  Scalar* stream_row(Index row) const noexcept { return scratch.stream + row * width(); }
  Scalar* normed_row(Index row) const noexcept {
    return scratch.normed + row * scratch.normed_stride;
  }
  Scalar* image_qkv(Index image) const noexcept {
    return scratch.qkv + image * static_cast<Index>(scratch.qkv_size);
  }

  RowGroup group(Index index) const noexcept {
    const Index image = index / plan.groups;
    const Index first = plan.first_row(index % plan.groups);
    const Index rows = plan.last_row(index % plan.groups) - first;
    return {index, image, first, rows, image * plan.tokens + first};
  }

  /// Attention tasks of one image and block.
  Index attention_tasks() const noexcept {
    return config.num_parallel * config.num_heads * plan.query_blocks;
  }

  /// Tokens that are pooled, from the first on.
  Index pooled_tokens() const noexcept {
    if (!config.pools_prefix() || config.det_tokens > 0) return plan.tokens;
    return config.global_pool == Pool::token_pair || config.dist_head ? 2 : 1;
  }
};

/// `y = [y +] scale ⊙ activation(map(x))` for a share of the map, as a task that lacks `x` and `y`.
template <class Scalar>
typename Linear<Scalar>::Share task_of(const Linear<Scalar>& map, const PanelShare& share,
                                       Activation activation, const Scalar* scale,
                                       bool accumulate) {
  auto task = map.share(share.first, share.count);
  task.activation = activation;
  task.scale = scale ? scale + share.column : nullptr;
  task.accumulate = accumulate;
  return task;
}

/// The same done; `y` begins at the share's first output.
template <class Scalar>
void multiply(const Linear<Scalar>& map, const PanelShare& share, const Scalar* x, Index rows,
              Index x_stride, Scalar* y, Index y_stride, Activation activation = Activation::none,
              const Scalar* scale = nullptr, bool accumulate = false) {
  auto task = task_of(map, share, activation, scale, accumulate);
  task.x = x;
  task.rows = rows;
  task.x_stride = x_stride;
  task.y = y;
  task.y_stride = y_stride;
  ops::gemm(task);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
