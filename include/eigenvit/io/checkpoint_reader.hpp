/// From the tensors of a checkpoint to the layers of a network.
#ifndef EIGENVIT_IO_CHECKPOINT_READER_HPP
#define EIGENVIT_IO_CHECKPOINT_READER_HPP

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/block_reader.hpp>
#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/dense_readers.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/pixel_major_rows.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/weight_formats.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads a network's weights: its embeddings, blocks (`BlockReader`), pooling and heads.
template <class Scalar>
class CheckpointReader {
 public:
  /// Keeps references: the three must outlive the reader.
  CheckpointReader(const TensorStore& tensors, const CheckpointNames& names,
                   const VitConfig& config, const WeightOptions& options = {})
      : names_(names), config_(config), file_(tensors, names, config, options) {}

  /// As above, but shares the tensors: the matrices of the network are read from them when they are
  /// first used, or whenever they are used where packed ones are not kept.
  CheckpointReader(std::shared_ptr<const TensorStore> tensors, const CheckpointNames& names,
                   const VitConfig& config, const WeightOptions& options = {})
      : names_(names), config_(config), file_(std::move(tensors), names, config, options) {}

  /// With the dense head that there is. Throws `FormatError` for a tensor that is missing,
  /// `ShapeError` for one of another shape,
  /// `ConfigError` when the checkpoint holds weights that the configuration has no place for, or
  /// the options do not suit the network.
  VisionTransformer<Scalar> read(const DenseHeadSource<Scalar>& dense = {}) {
    validate(config_, file_.tensors().source());
    file_.check_precision();
    const Index width = config_.embed_dim;
    VitLayers<Scalar> layers;
    const std::string projection = file_.backbone(names_.patch_embed);
    PackedMatrix<Scalar> weight = patch_weight(projection);
    layers.patch_embed = PatchEmbedding<Scalar>(
        std::move(weight),
        config_.patch_bias ? file_.values(file_.bias_of(projection), {width})
                           : AlignedBuffer<Scalar>(),
        config_.in_chans, config_.patch_height, config_.patch_width, config_.patch_padding);
    layers.patch_norm = file_.norm_if(config_.patch_norm, file_.backbone(names_.patch_norm));
    layers.prefix_tokens = prefix_tokens();
    layers.pos_embed = position_embedding();
    if (config_.det_tokens > 0) {
      layers.det_tokens =
          file_.values(file_.backbone(names_.det_token), {config_.det_tokens, width});
    }
    if (config_.query_tokens > 0) layers.query_tokens = queries();
    if (config_.mid_pos_embed) layers.mid_pos_embed = mid_position_embeddings();
    layers.rope = rotary_embedding();
    std::optional<RelativeTables> relative;
    if (config_.rel_pos_bias) {
      relative = RelativeTables{config_.grid_height(), config_.grid_width(),
                                config_.rel_pos_interpolation};
    }
    BlockReader<Scalar> blocks(names_, config_, file_, relative);
    layers.norm_pre = file_.norm_if(config_.pre_norm, file_.backbone(names_.norm_pre));
    // At once: growing a vector of blocks takes the compiler as long as a family does.
    std::vector<EncoderBlock<Scalar>> read(
        static_cast<std::size_t>(config_.depth * config_.num_parallel));
    auto next = read.begin();
    for (Index i = 0; i < config_.depth; ++i) {
      for (Index branch = 0; branch < config_.num_parallel; ++branch) {
        *next++ = blocks.read(i, branch);
      }
    }
    layers.blocks = std::move(read);
    layers.norm = file_.norm_if(config_.final_norm, file_.backbone(names_.norm));
    if (config_.global_pool == Pool::map) layers.attn_pool = attention_pool();
    const Index inputs = config_.head_inputs();
    layers.fc_norm = file_.norm_if(config_.fc_norm, file_.backbone(names_.fc_norm), inputs);
    if (config_.detects()) {
      layers.class_head = detection_head(names_.class_head, config_.num_classes);
      layers.box_head = detection_head(names_.box_head, 4);
    } else if (config_.num_classes > 0) {
      layers.head = file_.linear(names_.head, config_.num_classes, inputs);
    }
    if (config_.dist_head) {
      layers.head_dist = file_.linear(names_.head_dist, config_.num_classes, inputs);
    }
    if (config_.pooler_hidden > 0) {
      layers.pooler = file_.linear(file_.backbone(names_.pooler), config_.pooler_hidden, inputs);
    }
    if (config_.projection_dim > 0) {
      layers.projection = names_.projection_is_transposed
                              ? file_.transposed(names_.projection, config_.projection_dim, inputs)
                              : file_.linear(names_.projection, config_.projection_dim, inputs,
                                             config_.projection_bias);
    }
    if (dense.reader) layers.dense_head = dense.reader(*dense.config, config_, file_);
    file_.check_unused();
    file_.formats().check_used();
    return VisionTransformer<Scalar>(config_, std::move(layers));
  }

  /// The layers whose format the precision chooses, once they are read; of a network in float.
  const std::vector<std::string>& layer_names() const noexcept { return file_.formats().layers(); }

 private:
  PackedMatrix<Scalar> patch_weight(const std::string& projection) {
    const Index width = config_.embed_dim;
    const Index pixels = config_.patch_height * config_.patch_width;
    const Index inputs = config_.in_chans * pixels;
    const std::string name = file_.weight_of(projection);
    if (names_.patch_layout == PatchLayout::pixel_major) {
      const TensorInfo& tensor = file_.checked(name, {width, inputs});
      file_.tensors().check_readable(tensor);
      return file_.packed(
          std::make_unique<PixelMajorRows<Scalar>>(file_.store(), tensor, pixels, config_.in_chans),
          {&tensor}, width, inputs, width, "patch_embed.proj");
    }
    const TensorInfo& tensor =
        names_.patch_layout == PatchLayout::rows
            ? file_.checked(name, {width, inputs})
            : file_.checked(name,
                            {width, config_.in_chans, config_.patch_height, config_.patch_width});
    return file_.packed({&tensor}, width, inputs, width, {}, "patch_embed.proj");
  }

  AlignedBuffer<Scalar> prefix_tokens() {
    const Index width = config_.embed_dim;
    std::vector<const TensorInfo*> parts;
    const auto add = [&](std::string_view name, Index count) {
      if (count > 0) parts.push_back(&file_.checked(file_.backbone(name), {count, width}));
    };
    if (names_.cls_token == names_.reg_token) {
      add(names_.cls_token, config_.prefix_tokens());
    } else {
      add(names_.cls_token, config_.class_token ? 1 : 0);
      add(names_.dist_token, config_.dist_token ? 1 : 0);
      add(names_.reg_token, config_.reg_tokens);
    }
    AlignedBuffer<Scalar> rows(static_cast<std::size_t>(config_.prefix_tokens() * width));
    Scalar* next = rows.data();
    for (const TensorInfo* const part : parts) {
      file_.tensors().read(*part, next);
      next += part->element_count();
    }
    return rows;
  }

  /// The queries, which attend to all tokens in every block.
  AlignedBuffer<Scalar> queries() {
    const Index blocks = config_.depth - config_.query_block;
    for (const Scalar share : file_.values(std::string(names_.mask_share), {blocks})) {
      if (share == 0) continue;
      raise<UnsupportedError>(
          {file_.tensors().source(), ": tensor '", names_.mask_share,
           "': expected 0 for each block, as training leaves it, found masked attention"});
    }
    return file_.values(std::string(names_.query_token), {config_.query_tokens, config_.embed_dim});
  }

  Index position_rows() const noexcept {
    return names_.pos_embed_prefix_rows + config_.grid_height() * config_.grid_width() +
           config_.det_tokens;
  }

  PositionEmbedding<Scalar> position_table(AlignedBuffer<Scalar> rows) const {
    return PositionEmbedding<Scalar>(
        std::move(rows), config_.embed_dim, names_.pos_embed_prefix_rows, config_.grid_height(),
        config_.grid_width(), config_.pos_interpolation, config_.det_tokens);
  }

  /// The tables between the blocks, which the file has in one tensor.
  std::vector<PositionEmbedding<Scalar>> mid_position_embeddings() {
    const Index size = position_rows() * config_.embed_dim;
    const AlignedBuffer<Scalar> all =
        file_.values(file_.backbone(names_.mid_pos_embed),
                     {config_.depth - 1, 1, position_rows(), config_.embed_dim});
    std::vector<PositionEmbedding<Scalar>> tables;
    for (Index i = 0; i + 1 < config_.depth; ++i) {
      AlignedBuffer<Scalar> rows(static_cast<std::size_t>(size));
      std::copy_n(all.data() + i * size, size, rows.data());
      tables.push_back(position_table(std::move(rows)));
    }
    return tables;
  }

  std::vector<Linear<Scalar>> detection_head(std::string_view name, Index outputs) {
    const Index width = config_.embed_dim;
    std::vector<Linear<Scalar>> layers;
    for (Index i = 0; i < 3; ++i) {
      layers.push_back(file_.linear(message({name, i}), i < 2 ? width : outputs, width));
    }
    return layers;
  }

  std::optional<PositionEmbedding<Scalar>> position_embedding() {
    if (!config_.pos_embed) return std::nullopt;
    const std::string name = file_.backbone(names_.pos_embed);
    const Index height = config_.grid_height();
    const Index width = config_.grid_width();
    const Index dim = config_.embed_dim;
    switch (names_.pos_embed_layout) {
      case PositionLayout::rows:
        break;
      case PositionLayout::grid:
        return position_table(file_.values(name, {height, width, dim}));
      case PositionLayout::shared:
        return position_table(
            sums_with_first(file_.values(name, {1 + height * width, dim}), height * width));
      case PositionLayout::factors:
        return position_table(sums(file_.values(name + "_y", {height, dim}),
                                   file_.values(name + "_x", {width, dim})));
    }
    return position_table(file_.values(name, {position_rows(), dim}));
  }

  /// The first row plus each of the `rows` others.
  AlignedBuffer<Scalar> sums_with_first(const AlignedBuffer<Scalar>& table, Index rows) const {
    const auto dim = static_cast<std::size_t>(config_.embed_dim);
    AlignedBuffer<Scalar> sums(static_cast<std::size_t>(rows) * dim);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = table[dim + i] + table[i % dim];
    return sums;
  }

  /// Each row of the first plus each of the second.
  AlignedBuffer<Scalar> sums(const AlignedBuffer<Scalar>& down,
                             const AlignedBuffer<Scalar>& across) const {
    const auto dim = static_cast<std::size_t>(config_.embed_dim);
    AlignedBuffer<Scalar> table(down.size() * across.size() / dim);
    Scalar* next = table.data();
    for (std::size_t y = 0; y < down.size(); y += dim) {
      for (std::size_t i = 0; i < across.size(); ++i) *next++ = down[y + i % dim] + across[i];
    }
    return table;
  }

  std::optional<RotaryEmbedding<Scalar>> rotary_embedding() {
    if (config_.rope.kind == RopeKind::none) return std::nullopt;
    AlignedBuffer<float> freqs;
    if (config_.rope.kind == RopeKind::mixed) {
      const TensorInfo& info =
          file_.checked(file_.backbone(names_.rope_freqs),
                        {2, config_.depth, config_.num_heads, config_.head_dim() / 2});
      freqs.resize(static_cast<std::size_t>(info.element_count()));
      file_.tensors().read(info, freqs.data());
    } else if (config_.rope.class_token) {
      freqs.resize(static_cast<std::size_t>(config_.head_dim() / 2));
      file_.tensors().read(
          file_.checked(file_.backbone(names_.rope_freqs), {config_.head_dim() / 2}), freqs.data());
    }
    return RotaryEmbedding<Scalar>(config_.rope, config_.depth, config_.num_heads,
                                   config_.head_dim(), std::move(freqs));
  }

  /// One linear layer of tensors of attention pooling below each other, of `rows` rows each.
  Linear<Scalar> pool_linear(const std::vector<std::string_view>& parts, Index rows, Index inputs,
                             const AlignedBuffer<Scalar>& bias) {
    std::vector<const TensorInfo*> weights;
    for (const std::string_view part : parts) {
      weights.push_back(&file_.checked(file_.weight_of(file_.backbone(part)), {rows, inputs}));
    }
    const Index outputs = rows * static_cast<Index>(parts.size());
    return Linear<Scalar>(file_.packed(weights, outputs, inputs, outputs), bias);
  }

  /// Attention pooling whose query is in the file, without an MLP. Keys and values have biases
  /// where those of the blocks have.
  AttentionPool<Scalar> bare_attention_pool() {
    const Index width = config_.embed_dim;
    const auto query = file_.values(file_.backbone(names_.pool_latent), {width});
    AlignedBuffer<Scalar> bias;
    for (const std::string_view part : {names_.pool_kv, names_.pool_v}) {
      if (!config_.qkv_bias) continue;
      const auto more = file_.values(file_.bias_of(file_.backbone(part)), {width});
      bias.insert(bias.end(), more.begin(), more.end());
    }
    const auto kv = pool_linear({names_.pool_kv, names_.pool_v}, width, width, bias);
    return AttentionPool<Scalar>(query, kv,
                                 file_.linear(file_.backbone(names_.pool_proj), width, width),
                                 config_.attn_pool_heads);
  }

  /// Attention pooling of the first of some latents, which is normed, without an MLP. It gives a
  /// vector of a width of its own.
  AttentionPool<Scalar> latent_attention_pool() {
    const Index width = config_.embed_dim;
    const Index dim = config_.head_inputs();
    const auto latents =
        file_.values(file_.backbone(names_.pool_latent), {Index{names_.pool_latents}, dim});
    const AlignedBuffer<Scalar> latent(latents.begin(), latents.begin() + dim);
    const auto latent_norm = file_.norm(file_.backbone(names_.pool_latent_norm), dim);
    Linear<Scalar> q, kv;
    if (names_.pool_q == names_.pool_kv) {
      const std::string name = file_.backbone(names_.pool_kv);
      q = file_.rows_of(name, 3 * dim, 0, dim, dim);
      kv = file_.rows_of(name, 3 * dim, dim, 2 * dim, width);
    } else {
      const auto biases = file_.values(file_.backbone(names_.pool_bias), {3 * dim});
      const auto of_keys = biases.begin() + dim;
      q = pool_linear({names_.pool_q}, dim, dim, {biases.begin(), of_keys});
      kv = pool_linear({names_.pool_kv, names_.pool_v}, dim, width, {of_keys, biases.end()});
    }
    return AttentionPool<Scalar>(latent, latent_norm, q, kv,
                                 file_.linear(file_.backbone(names_.pool_proj), dim, dim),
                                 config_.attn_pool_heads);
  }

  AttentionPool<Scalar> attention_pool() {
    if (!names_.pool_latent_norm.empty()) return latent_attention_pool();
    if (names_.pool_q.empty()) return bare_attention_pool();
    const Index width = config_.embed_dim;
    const bool together = names_.pool_q == names_.pool_kv;
    const std::string kv_name = file_.backbone(names_.pool_kv);
    auto latent = file_.values(file_.backbone(names_.pool_latent), {width});
    auto q = together ? file_.rows_of(kv_name, 3 * width, 0, width, width)
                      : file_.linear(file_.backbone(names_.pool_q), width, width);
    auto kv = together ? file_.rows_of(kv_name, 3 * width, width, 2 * width, width)
                       : file_.linear(kv_name, 2 * width, width);
    auto proj = file_.linear(file_.backbone(names_.pool_proj), width, width);
    auto pool_norm = file_.norm(file_.backbone(names_.pool_norm));
    auto first = file_.linear(file_.backbone(names_.pool_fc1), config_.attn_pool_hidden, width);
    auto second = file_.linear(file_.backbone(names_.pool_fc2), width, config_.attn_pool_hidden);
    return AttentionPool<Scalar>(
        latent, q, kv, std::move(proj), std::move(pool_norm),
        Mlp<Scalar>(std::move(first), std::move(second), config_.attn_pool_act),
        config_.attn_pool_heads);
  }

  const CheckpointNames& names_;
  const VitConfig& config_;
  LayerReader<Scalar> file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
