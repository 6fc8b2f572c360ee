/// From the tensors of a checkpoint to the layers of a network.
#ifndef EIGENVIT_IO_CHECKPOINT_READER_HPP
#define EIGENVIT_IO_CHECKPOINT_READER_HPP

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/checkpoint_tensors.hpp>
#include <eigenvit/io/tensor_rows.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Reads a network's weights, each tensor straight into the memory in which it stays. Every shape
/// and type is checked against the configuration before memory is asked for.
template <class Scalar>
class CheckpointReader : private detail::CheckpointTensors {
 public:
  /// Keeps references: the three must outlive the reader.
  CheckpointReader(const TensorStore& tensors, const CheckpointNames& names,
                   const VitConfig& config)
      : CheckpointTensors(tensors, names, config) {}

  /// As above, but shares the tensors: the matrices of the network are read from them when they are
  /// first used.
  CheckpointReader(std::shared_ptr<const TensorStore> tensors, const CheckpointNames& names,
                   const VitConfig& config)
      : CheckpointTensors(*tensors, names, config), shared_(std::move(tensors)) {}

  /// Throws `FormatError` for a tensor that is missing, `ShapeError` for one of another shape,
  /// `ConfigError` when the checkpoint holds weights that the configuration has no place for.
  VisionTransformer<Scalar> read() {
    validate(config_, tensors_.source());
    const Index width = config_.embed_dim;
    VitLayers<Scalar> layers;
    const Index patch = config_.in_chans * config_.patch_height * config_.patch_width;
    const std::string projection = backbone(names_.patch_embed);
    PackedMatrix<Scalar> patch_weight =
        packed({&checked(weight_of(projection),
                         {width, config_.in_chans, config_.patch_height, config_.patch_width})},
               width, patch, width);
    layers.patch_embed = PatchEmbedding<Scalar>(
        std::move(patch_weight),
        config_.patch_bias ? values(bias_of(projection), {width}) : AlignedBuffer<Scalar>(),
        config_.in_chans, config_.patch_height, config_.patch_width);
    layers.prefix_tokens = prefix_tokens();
    layers.pos_embed = position_embedding();
    if (config_.det_tokens > 0) {
      layers.det_tokens = values(backbone(names_.det_token), {config_.det_tokens, width});
    }
    if (config_.mid_pos_embed) layers.mid_pos_embed = mid_position_embeddings();
    layers.norm_pre = norm_if(config_.pre_norm, backbone(names_.norm_pre));
    for (Index i = 0; i < config_.depth; ++i) layers.blocks.push_back(block(i));
    layers.norm = norm_if(config_.final_norm, backbone(names_.norm));
    layers.fc_norm = norm_if(config_.fc_norm, backbone(names_.fc_norm));
    const Index inputs = config_.head_inputs();
    if (config_.detects()) {
      layers.class_head = detection_head(names_.class_head, config_.num_classes);
      layers.box_head = detection_head(names_.box_head, 4);
    } else if (config_.num_classes > 0) {
      layers.head = linear(names_.head, config_.num_classes, inputs);
    }
    if (config_.dist_head) {
      layers.head_dist = linear(names_.head_dist, config_.num_classes, inputs);
    }
    if (config_.pooler_hidden > 0) {
      layers.pooler = linear(backbone(names_.pooler), config_.pooler_hidden, inputs);
    }
    if (config_.projection_dim > 0) {
      layers.projection = names_.projection_is_transposed
                              ? transposed(names_.projection, config_.projection_dim, inputs)
                              : linear(names_.projection, config_.projection_dim, inputs, false);
    }
    check_unused();
    return VisionTransformer<Scalar>(config_, std::move(layers));
  }

 private:
  AlignedBuffer<Scalar> values(std::string_view name, std::initializer_list<Index> expected) {
    const TensorInfo& info = checked(name, expected);
    AlignedBuffer<Scalar> result(static_cast<std::size_t>(info.element_count()));
    tensors_.read(info, result.data());
    return result;
  }

  /// The rows of some tensors, below each other, in groups of `group` outputs. Packed now, or when
  /// they are used where the store outlives this reader.
  PackedMatrix<Scalar> packed(std::vector<const TensorInfo*> tensors, Index outputs, Index inputs,
                              Index group) {
    for (const TensorInfo* const tensor : tensors) tensors_.check_readable(*tensor);
    const bool later = shared_ != nullptr;
    // A store that is not shared is borrowed for as long as packing takes.
    auto store = later ? shared_ : std::shared_ptr<const TensorStore>(&tensors_, [](auto*) {});
    PackedMatrix<Scalar> weight(
        std::make_unique<TensorRows<Scalar>>(std::move(store), std::move(tensors), inputs), outputs,
        inputs, group);
    if (!later) weight.pack();
    return weight;
  }

  Linear<Scalar> linear(std::string_view name, Index out, Index in, bool bias = true) {
    PackedMatrix<Scalar> weight = packed({&checked(weight_of(name), {out, in})}, out, in, out);
    return Linear<Scalar>(std::move(weight),
                          bias ? values(bias_of(name), {out}) : AlignedBuffer<Scalar>());
  }

  /// A map without bias whose tensor is `[in, out]`.
  Linear<Scalar> transposed(std::string_view name, Index out, Index in) {
    const AlignedBuffer<Scalar> weight = values(name, {in, out});
    const ConstMatrixView<Scalar> view(weight.data(), in, out);
    return Linear<Scalar>(Matrix<Scalar>(view.transpose()));
  }

  LayerNorm<Scalar> norm(std::string_view name) {
    auto gamma = values(weight_of(name), {config_.embed_dim});
    auto beta = values(bias_of(name), {config_.embed_dim});
    return LayerNorm<Scalar>(std::move(gamma), std::move(beta),
                             static_cast<Scalar>(config_.norm_eps));
  }

  std::optional<LayerNorm<Scalar>> norm_if(bool present, std::string_view name) {
    if (!present) return std::nullopt;
    return norm(name);
  }

  AlignedBuffer<Scalar> prefix_tokens() {
    const Index width = config_.embed_dim;
    AlignedBuffer<Scalar> rows(static_cast<std::size_t>(config_.prefix_tokens() * width));
    Scalar* next = rows.data();
    const auto add = [&](std::string_view name, Index count) {
      if (count == 0) return;
      tensors_.read(checked(backbone(name), {count, width}), next);
      next += count * width;
    };
    add(names_.cls_token, config_.class_token ? 1 : 0);
    add(names_.dist_token, config_.dist_token ? 1 : 0);
    add(names_.reg_token, config_.reg_tokens);
    return rows;
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
    const AlignedBuffer<Scalar> all = values(
        backbone(names_.mid_pos_embed), {config_.depth - 1, 1, position_rows(), config_.embed_dim});
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
    std::vector<Linear<Scalar>> maps;
    for (Index i = 0; i < 3; ++i) {
      maps.push_back(linear(detail::message({name, i}), i < 2 ? width : outputs, width));
    }
    return maps;
  }

  std::optional<PositionEmbedding<Scalar>> position_embedding() {
    return position_table(values(backbone(names_.pos_embed), {position_rows(), config_.embed_dim}));
  }

  /// Queries, keys and values as one map `[3D, D]`, whether the file has one tensor or three.
  Linear<Scalar> qkv(Index i) {
    const Index width = config_.embed_dim;
    const auto parts = static_cast<Index>(names_.qkv.size());
    const Index rows = 3 * width / parts;
    std::vector<const TensorInfo*> weights;
    AlignedBuffer<Scalar> bias(static_cast<std::size_t>(config_.qkv_bias ? 3 * width : 0));
    for (Index part = 0; part < parts; ++part) {
      const std::string name = in_block(i, names_.qkv[static_cast<std::size_t>(part)]);
      weights.push_back(&checked(weight_of(name), {rows, width}));
      if (config_.qkv_bias) {
        tensors_.read(checked(bias_of(name), {rows}), bias.data() + part * rows);
      }
    }
    return Linear<Scalar>(packed(std::move(weights), 3 * width, width, width / config_.num_heads),
                          bias);
  }

  EncoderBlock<Scalar> block(Index i) {
    const Index width = config_.embed_dim;
    const auto scale = [&](std::string_view name) {
      return config_.layer_scale ? values(in_block(i, name), {width}) : AlignedBuffer<Scalar>();
    };
    // One after the other, so that the first fault in the file's order is the one that is reported.
    auto norm1 = norm(in_block(i, names_.norm1));
    auto in_proj = qkv(i);
    auto out_proj = linear(in_block(i, names_.proj), width, width);
    auto ls1 = scale(names_.ls1);
    auto norm2 = norm(in_block(i, names_.norm2));
    auto fc1 = linear(in_block(i, names_.fc1), config_.mlp_hidden, width);
    auto fc2 = linear(in_block(i, names_.fc2), width, config_.mlp_hidden);
    auto ls2 = scale(names_.ls2);
    return EncoderBlock<Scalar>(
        std::move(norm1),
        MultiHeadSelfAttention<Scalar>(std::move(in_proj), std::move(out_proj), config_.num_heads),
        std::move(ls1), std::move(norm2), Mlp<Scalar>(std::move(fc1), std::move(fc2), config_.act),
        std::move(ls2));
  }

  std::shared_ptr<const TensorStore> shared_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
