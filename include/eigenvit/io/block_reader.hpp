/// From the tensors of a checkpoint to encoder blocks.
#ifndef EIGENVIT_IO_BLOCK_READER_HPP
#define EIGENVIT_IO_BLOCK_READER_HPP

#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/encoder_names.hpp>
#include <eigenvit/io/grouped_head_rows.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/relative_position_bias.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The tables of a bias by relative positions: the grid that they are for, and how they are
/// resampled.
struct RelativeTables {
  Index grid_height;
  Index grid_width;
  RelativeInterpolation interpolation;
};

/// Reads the blocks of an encoder in all their forms.
template <class Scalar>
class BlockReader {
 public:
  /// Keeps references: the first three must outlive this. Reads what the blocks share. `relative`
  /// is there where attention has a bias by relative positions.
  BlockReader(const EncoderNames& names, const EncoderConfig& config, LayerReader<Scalar>& file,
              const std::optional<RelativeTables>& relative = std::nullopt)
      : names_(names), config_(config), file_(file), relative_(relative) {
    if (relative_ && !names_.shared_rel_pos_bias.empty()) {
      shared_bias_ = relative_biases(file_.backbone(names_.shared_rel_pos_bias));
    }
  }

  EncoderBlock<Scalar> read(Index i, Index branch) {
    return config_.block == BlockForm::parallel ? parallel_block(i) : block(i, branch);
  }

 private:
  using BlockLayer = typename LayerReader<Scalar>::BlockLayer;

  AlignedBuffer<Scalar> relative_biases(std::string_view name) {
    return file_.values(
        name, {RelativePositionBias<Scalar>::entries(relative_->grid_height, relative_->grid_width),
               config_.num_heads});
  }

  /// The tensor of the bias of a part of queries, keys and values; empty where it has none.
  std::string part_bias(Index i, std::size_t part, Index branch) const {
    if (names_.qkv_bias.empty()) return file_.bias_of(file_.in_block(i, names_.qkv[part], branch));
    const std::string_view name = names_.qkv_bias[part];
    return name.empty() ? std::string() : file_.in_block(i, name, branch);
  }

  /// Biases of queries, keys and values `[3D]`, each part zero where it has none.
  AlignedBuffer<Scalar> qkv_bias(Index i, Index branch) {
    const Index width = config_.embed_dim;
    AlignedBuffer<Scalar> bias(static_cast<std::size_t>(3 * width), Scalar(0));
    const auto parts =
        static_cast<Index>(names_.qkv_bias.empty() ? names_.qkv.size() : names_.qkv_bias.size());
    const Index rows = 3 * width / parts;
    for (Index part = 0; part < parts; ++part) {
      const std::string name = part_bias(i, static_cast<std::size_t>(part), branch);
      if (name.empty()) continue;
      file_.tensors().read(file_.checked(name, {rows}), bias.data() + part * rows);
    }
    return bias;
  }

  /// Queries, keys and values as one linear layer `[3D, D]`, whether the file has one tensor or
  /// three.
  Linear<Scalar> qkv(Index i, Index branch, LayerNorm<Scalar>* norm_before) {
    const Index width = config_.embed_dim;
    const BlockLayer layer(i, "attn.qkv", norm_before);
    if (kv_heads(i) != config_.num_heads) return grouped_qkv(i, branch, layer);
    const auto parts = static_cast<Index>(names_.qkv.size());
    std::vector<const TensorInfo*> weights;
    for (const std::string_view name : names_.qkv) {
      weights.push_back(&file_.checked(file_.weight_of(file_.in_block(i, name, branch)),
                                       {3 * width / parts, width}));
    }
    const AlignedBuffer<Scalar> bias =
        config_.qkv_bias ? qkv_bias(i, branch) : AlignedBuffer<Scalar>();
    return Linear<Scalar>(file_.packed(weights, 3 * width, width, config_.head_dim(), {}, layer),
                          bias);
  }

  Index kv_heads(Index i) const noexcept {
    return config_.kv_heads.empty() ? config_.num_heads
                                    : config_.kv_heads[static_cast<std::size_t>(i)];
  }

  /// As `qkv`, of three tensors whose heads of keys and values serve several of queries each.
  Linear<Scalar> grouped_qkv(Index i, Index branch, const BlockLayer& layer) {
    const Index width = config_.embed_dim;
    const Index head_dim = config_.head_dim();
    const Index shared_width = kv_heads(i) * head_dim;
    if (names_.qkv.size() != 3) {
      raise<UnsupportedError>(
          {file_.tensors().source(),
           ": expected tensors of their own for keys and values that heads share, found one"});
    }
    std::array<const TensorInfo*, 3> weights;
    AlignedBuffer<Scalar> bias;
    for (std::size_t part = 0; part < 3; ++part) {
      const std::string name = file_.in_block(i, names_.qkv[part], branch);
      const Index rows = part == 0 ? width : shared_width;
      weights[part] = &file_.checked(file_.weight_of(name), {rows, width});
      file_.tensors().check_readable(*weights[part]);
      if (!config_.qkv_bias) continue;
      const std::string bias_name = part_bias(i, part, branch);
      const AlignedBuffer<Scalar> own =
          bias_name.empty() ? AlignedBuffer<Scalar>(static_cast<std::size_t>(rows), Scalar(0))
                            : file_.values(bias_name, {rows});
      for (Index row = 0; row < width; ++row) {
        const Index head = row / head_dim * rows / width;
        bias.push_back(own[static_cast<std::size_t>(head * head_dim + row % head_dim)]);
      }
    }
    return Linear<Scalar>(
        file_.packed(std::make_unique<GroupedHeadRows<Scalar>>(
                         file_.store(), weights, width, config_.num_heads, kv_heads(i), head_dim),
                     {weights.begin(), weights.end()}, 3 * width, width, head_dim, layer),
        bias);
  }

  AttentionExtras<Scalar> attention_extras(Index i, Index branch) {
    AttentionExtras<Scalar> extras;
    const Index head_dim = config_.head_dim();
    extras.q_norm =
        file_.norm_if(config_.qk_norm, file_.in_block(i, names_.q_norm, branch), head_dim);
    extras.k_norm =
        file_.norm_if(config_.qk_norm, file_.in_block(i, names_.k_norm, branch), head_dim);
    extras.norm = file_.norm_if(config_.attn_norm, file_.in_block(i, names_.attn_norm, branch));
    if (config_.diff_attention) extras.differential = differential_attention(i, branch);
    if (relative_) {
      AlignedBuffer<Scalar> table = shared_bias_;
      if (names_.block_rel_pos_bias) {
        table = relative_biases(file_.in_block(i, names_.rel_pos_bias, branch));
        for (std::size_t at = 0; at < shared_bias_.size(); ++at) table[at] += shared_bias_[at];
      }
      extras.rel_pos_bias.emplace(table, config_.num_heads, relative_->grid_height,
                                  relative_->grid_width, relative_->interpolation);
    }
    return extras;
  }

  DifferentialAttention<Scalar> differential_attention(Index i, Index branch) {
    const Index head_dim = config_.head_dim();
    const auto product = [&](const char* q, const char* k) {
      const std::string name = file_.in_block(i, names_.lambda, branch);
      const auto a = file_.values(name + q, {head_dim});
      const auto b = file_.values(name + k, {head_dim});
      double sum = 0;
      for (std::size_t c = 0; c < a.size(); ++c) {
        sum += static_cast<double>(a[c]) * static_cast<double>(b[c]);
      }
      return std::exp(sum);
    };
    const double init = 0.8 - 0.6 * std::exp(-0.3 * static_cast<double>(i));
    const double first = product("q1", "k1");
    const double second = product("q2", "k2");
    auto gamma =
        file_.values(file_.weight_of(file_.in_block(i, names_.sub_norm, branch)), {2 * head_dim});
    for (Scalar& value : gamma) value *= static_cast<Scalar>(1 - init);
    DifferentialAttention<Scalar> result;
    result.lambda = static_cast<Scalar>(first - second + init);
    // The paper's epsilon, whatever that of the model.
    result.norm = LayerNorm<Scalar>(std::move(gamma), {}, Scalar(1e-5), NormKind::rms_norm);
    return result;
  }

  AlignedBuffer<Scalar> layer_scale(std::string_view name) {
    return config_.layer_scale ? file_.values(name, {config_.embed_dim}) : AlignedBuffer<Scalar>();
  }

  /// fc1, with both halves of a gated MLP below each other, the gate first.
  Linear<Scalar> fc1(Index i, Index branch, LayerNorm<Scalar>* norm_before) {
    const BlockLayer layer(i, "mlp.fc1", norm_before);
    const std::string name = file_.in_block(i, names_.fc1, branch);
    const Index width = config_.embed_dim;
    const Index outputs = config_.fc1_outputs();
    if (!config_.mlp_gate || names_.fc1_ungated.empty()) {
      return file_.linear(name, outputs, width, config_.proj_bias, layer);
    }
    const std::string other = file_.in_block(i, names_.fc1_ungated, branch);
    const Index half = config_.mlp_hidden;
    return stacked({{name, half}, {other, half}}, width, layer);
  }

  /// fc2, with the outputs of the expert below the others.
  Linear<Scalar> fc2(Index i, Index branch) {
    const BlockLayer layer(i, "mlp.fc2");
    const std::string name = file_.in_block(i, names_.fc2, branch);
    const Index shared = config_.embed_dim - config_.expert_outputs;
    if (config_.expert_outputs == 0) {
      return file_.linear(name, shared, config_.mlp_hidden, config_.proj_bias, layer);
    }
    const std::string expert =
        file_.in_block(i, names_.fc2_experts, branch) + std::to_string(config_.expert);
    return stacked({{name, shared}, {expert, config_.expert_outputs}}, config_.mlp_hidden, layer);
  }

  /// One linear layer of several tensors below each other, each with its name and its outputs.
  Linear<Scalar> stacked(const std::vector<std::pair<std::string, Index>>& parts, Index inputs,
                         const BlockLayer& layer) {
    std::vector<const TensorInfo*> weights;
    AlignedBuffer<Scalar> bias;
    Index outputs = 0;
    for (const auto& [name, rows] : parts) {
      weights.push_back(&file_.checked(file_.weight_of(name), {rows, inputs}));
      outputs += rows;
      if (!config_.proj_bias) continue;
      const auto more = file_.values(file_.bias_of(name), {rows});
      bias.insert(bias.end(), more.begin(), more.end());
    }
    return Linear<Scalar>(file_.packed(weights, outputs, inputs, outputs, {}, layer), bias);
  }

  EncoderBlock<Scalar> block(Index i, Index branch) {
    const Index width = config_.embed_dim;
    const bool bias = config_.proj_bias;
    const bool norms_first = config_.block == BlockForm::pre_norm;
    // One after the other, so that the first fault in the file's order is the one that is reported.
    auto norm1 = file_.norm(file_.in_block(i, names_.norm1, branch));
    auto in_proj = qkv(i, branch, norms_first ? &norm1 : nullptr);
    auto extras = attention_extras(i, branch);
    auto proj =
        file_.linear(file_.in_block(i, names_.proj, branch), width, width, bias, {i, "attn.proj"});
    auto ls1 = layer_scale(file_.in_block(i, names_.ls1, branch));
    auto norm2 = file_.norm(file_.in_block(i, names_.norm2, branch));
    auto first = fc1(i, branch, norms_first ? &norm2 : nullptr);
    auto mlp_norm = file_.norm_if(config_.mlp_norm, file_.in_block(i, names_.mlp_norm, branch),
                                  config_.mlp_hidden);
    auto second = fc2(i, branch);
    auto ls2 = config_.mlp_layer_scale ? layer_scale(file_.in_block(i, names_.ls2, branch))
                                       : AlignedBuffer<Scalar>();
    return EncoderBlock<Scalar>(
        std::move(norm1),
        MultiHeadSelfAttention<Scalar>(std::move(in_proj), std::move(proj),
                                       config_.attention_heads(), std::move(extras)),
        std::move(ls1), std::move(norm2),
        Mlp<Scalar>(std::move(first), std::move(second), config_.act, config_.mlp_gate,
                    std::move(mlp_norm)),
        std::move(ls2), config_.block);
  }

  /// A block whose attention and MLP share linear layers at the input and, in some models, at the
  /// output.
  EncoderBlock<Scalar> parallel_block(Index i) {
    const Index width = config_.embed_dim;
    const Index hidden = config_.mlp_hidden;
    auto norm1 = file_.norm(file_.in_block(i, names_.norm1));
    const std::string in_name = file_.in_block(i, names_.in_proj);
    const TensorInfo& in = file_.checked(file_.weight_of(in_name), {hidden + 3 * width, width});
    AlignedBuffer<Scalar> mlp_bias;
    AlignedBuffer<Scalar> qkv_bias;
    if (config_.qkv_bias) {
      const auto both = file_.values(file_.bias_of(in_name), {hidden + 3 * width});
      mlp_bias.assign(both.begin(), both.begin() + hidden);
      qkv_bias.assign(both.begin() + hidden, both.end());
    } else {
      mlp_bias = file_.values(file_.in_block(i, names_.mlp_bias), {hidden});
    }
    // One norm for both, which so have one format and keep its weights out of theirs.
    const BlockLayer in_layer(i, "in_proj");
    const BlockLayer out_layer(i, "out_proj");
    Linear<Scalar> first(file_.packed({&in}, hidden, width, hidden, {0, 0, width}, in_layer),
                         mlp_bias);
    Linear<Scalar> in_proj(
        file_.packed({&in}, 3 * width, width, config_.head_dim(), {hidden, 0, width}, in_layer),
        qkv_bias);
    auto extras = attention_extras(i, 0);
    const std::string out_name = file_.in_block(i, names_.out_proj);
    Linear<Scalar> proj;
    Linear<Scalar> second;
    if (file_.tensors().find(file_.weight_of(out_name)) != nullptr) {
      const TensorInfo& out = file_.checked(file_.weight_of(out_name), {width, width + hidden});
      proj = Linear<Scalar>(
          file_.packed({&out}, width, width, width, {0, 0, width + hidden}, out_layer),
          config_.proj_bias ? file_.values(file_.bias_of(out_name), {width})
                            : AlignedBuffer<Scalar>());
      second = Linear<Scalar>(
          file_.packed({&out}, width, hidden, width, {0, width, width + hidden}, out_layer));
    } else {
      proj = file_.linear(file_.in_block(i, names_.proj), width, width, config_.proj_bias,
                          {i, "attn.proj"});
      second = file_.linear(file_.in_block(i, names_.fc2), width, hidden, config_.proj_bias,
                            {i, "mlp.fc2"});
    }
    auto ls1 = layer_scale(file_.in_block(i, names_.ls1));
    auto ls2 = ls1;
    return EncoderBlock<Scalar>(
        std::move(norm1),
        MultiHeadSelfAttention<Scalar>(std::move(in_proj), std::move(proj),
                                       config_.attention_heads(), std::move(extras)),
        std::move(ls1), LayerNorm<Scalar>(),
        Mlp<Scalar>(std::move(first), std::move(second), config_.act), std::move(ls2),
        BlockForm::parallel);
  }

  const EncoderNames& names_;
  const EncoderConfig& config_;
  LayerReader<Scalar>& file_;
  std::optional<RelativeTables> relative_;
  AlignedBuffer<Scalar> shared_bias_;  ///< relative position biases of all blocks
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
