/// From the tensors of a checkpoint to the layers of a network.
#ifndef EIGENVIT_IO_CHECKPOINT_READER_HPP
#define EIGENVIT_IO_CHECKPOINT_READER_HPP

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Reads a network's weights, each tensor straight into the memory in which it stays. Every shape
/// is checked against the configuration before its memory is asked for.
template <class Scalar>
class CheckpointReader {
 public:
  /// Keeps references: the three must outlive the reader.
  CheckpointReader(const TensorStore& tensors, const CheckpointNames& names,
                   const VitConfig& config)
      : tensors_(tensors), names_(names), config_(config) {}

  /// Throws `FormatError` for a tensor that is missing, `ShapeError` for one of another shape,
  /// `ConfigError` when the checkpoint holds weights that the configuration has no place for.
  VisionTransformer<Scalar> read() {
    validate(config_, tensors_.source());
    const Index width = config_.embed_dim;
    VitLayers<Scalar> layers;
    const Index patch = config_.in_chans * config_.patch_height * config_.patch_width;
    const std::string projection = backbone(names_.patch_embed);
    PackedMatrix<Scalar> patch_weight(
        values(projection + ".weight",
               {width, config_.in_chans, config_.patch_height, config_.patch_width}),
        width, patch);
    layers.patch_embed = PatchEmbedding<Scalar>(
        std::move(patch_weight),
        config_.patch_bias ? values(projection + ".bias", {width}) : AlignedBuffer<Scalar>(),
        config_.in_chans, config_.patch_height, config_.patch_width);
    layers.prefix_tokens = prefix_tokens();
    layers.pos_embed = position_embedding();
    layers.norm_pre = norm_if(config_.pre_norm, backbone(names_.norm_pre));
    for (Index i = 0; i < config_.depth; ++i) layers.blocks.push_back(block(i));
    layers.norm = norm_if(config_.final_norm, backbone(names_.norm));
    layers.fc_norm = norm_if(config_.fc_norm, backbone(names_.fc_norm));
    if (config_.num_classes > 0) layers.head = linear(names_.head, config_.num_classes, width);
    if (config_.dist_head) {
      layers.head_dist = linear(names_.head_dist, config_.num_classes, width);
    }
    if (config_.pooler_hidden > 0) {
      layers.pooler = linear(backbone(names_.pooler), config_.pooler_hidden, width);
    }
    check_unused();
    return VisionTransformer<Scalar>(config_, std::move(layers));
  }

 private:
  std::string backbone(const std::string& name) const { return names_.prefix + name; }

  std::string in_block(Index i, const std::string& name) const {
    std::string path = names_.block;
    path.replace(path.find("{}"), 2, std::to_string(i));
    return backbone(path + name);
  }

  /// The tensor of that name, whose shape must be `expected` but for leading ones.
  const TensorInfo& checked(const std::string& name, const std::vector<Index>& expected) {
    const TensorInfo& info = tensors_.at(name);
    used_.insert(&info);
    const auto is_one = [](auto size) { return size == 1; };
    const auto first = std::find_if_not(info.shape.begin(), info.shape.end(), is_one);
    const auto expected_first = std::find_if_not(expected.begin(), expected.end(), is_one);
    const bool same =
        std::equal(first, info.shape.end(), expected_first, expected.end(),
                   [](std::uint64_t a, Index b) { return a == static_cast<std::uint64_t>(b); });
    if (!same) {
      throw ShapeError(tensors_.source() + ": tensor '" + name + "': expected shape " +
                       shape_text(expected) + ", found " + shape_text(info.shape));
    }
    return info;
  }

  template <class Sizes>
  static std::string shape_text(const Sizes& sizes) {
    std::string text = "[";
    for (const auto size : sizes) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
  }

  AlignedBuffer<Scalar> values(const std::string& name, const std::vector<Index>& expected) {
    const TensorInfo& info = checked(name, expected);
    AlignedBuffer<Scalar> result(static_cast<std::size_t>(info.element_count()));
    tensors_.read(info, result.data());
    return result;
  }

  Linear<Scalar> linear(const std::string& name, Index out, Index in, bool bias = true) {
    PackedMatrix<Scalar> weight(values(name + ".weight", {out, in}), out, in);
    return Linear<Scalar>(std::move(weight),
                          bias ? values(name + ".bias", {out}) : AlignedBuffer<Scalar>());
  }

  LayerNorm<Scalar> norm(const std::string& name) {
    auto gamma = values(name + ".weight", {config_.embed_dim});
    auto beta = values(name + ".bias", {config_.embed_dim});
    return LayerNorm<Scalar>(std::move(gamma), std::move(beta),
                             static_cast<Scalar>(config_.norm_eps));
  }

  std::optional<LayerNorm<Scalar>> norm_if(bool present, const std::string& name) {
    if (!present) return std::nullopt;
    return norm(name);
  }

  AlignedBuffer<Scalar> prefix_tokens() {
    const Index width = config_.embed_dim;
    AlignedBuffer<Scalar> rows(static_cast<std::size_t>(config_.prefix_tokens() * width));
    Scalar* next = rows.data();
    const auto add = [&](const std::string& name, Index count) {
      if (count == 0) return;
      tensors_.read(checked(backbone(name), {count, width}), next);
      next += count * width;
    };
    add(names_.cls_token, config_.class_token ? 1 : 0);
    add(names_.dist_token, config_.dist_token ? 1 : 0);
    add(names_.reg_token, config_.reg_tokens);
    return rows;
  }

  std::optional<PositionEmbedding<Scalar>> position_embedding() {
    const Index prefix = names_.pos_embed_prefix_rows;
    const Index rows = prefix + config_.grid_height() * config_.grid_width();
    return PositionEmbedding<Scalar>(values(backbone(names_.pos_embed), {rows, config_.embed_dim}),
                                     config_.embed_dim, prefix, config_.grid_height(),
                                     config_.grid_width(), config_.pos_interpolation);
  }

  /// Queries, keys and values as one map `[3D, D]`, whether the file has one tensor or three.
  Linear<Scalar> qkv(Index i) {
    const Index width = config_.embed_dim;
    if (names_.qkv.size() == 1) {
      return linear(in_block(i, names_.qkv[0]), 3 * width, width, config_.qkv_bias);
    }
    AlignedBuffer<Scalar> weight(static_cast<std::size_t>(3 * width * width));
    AlignedBuffer<Scalar> bias(static_cast<std::size_t>(config_.qkv_bias ? 3 * width : 0));
    for (Index part = 0; part < 3; ++part) {
      const std::string name = in_block(i, names_.qkv[static_cast<std::size_t>(part)]);
      tensors_.read(checked(name + ".weight", {width, width}),
                    weight.data() + part * width * width);
      if (config_.qkv_bias) {
        tensors_.read(checked(name + ".bias", {width}), bias.data() + part * width);
      }
    }
    return Linear<Scalar>(PackedMatrix<Scalar>(std::move(weight), 3 * width, width),
                          std::move(bias));
  }

  EncoderBlock<Scalar> block(Index i) {
    const Index width = config_.embed_dim;
    const auto scale = [&](const std::string& name) {
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

  /// Weights that were not read mean that the file holds another network than the configuration
  /// says, for example one that is deeper.
  void check_unused() const {
    const std::string blocks = backbone(names_.block.substr(0, names_.block.find("{}")));
    const auto begins = [](const std::string& name, const std::string& start) {
      return name.compare(0, start.size(), start) == 0;
    };
    for (const TensorInfo* info : tensors_.tensors()) {
      if (used_.count(info)) continue;
      const bool ignored =
          std::any_of(names_.ignored.begin(), names_.ignored.end(),
                      [&](const std::string& start) { return begins(info->name, start); });
      if (ignored || !(names_.strict || begins(info->name, blocks))) continue;
      throw ConfigError(tensors_.source() + ": tensor " + detail::in_quotes(info->name) +
                        ": expected only tensors that the configuration calls for (" +
                        std::to_string(config_.depth) + " blocks), found this one besides");
    }
  }

  const TensorStore& tensors_;
  const CheckpointNames& names_;
  const VitConfig& config_;
  std::set<const TensorInfo*> used_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
