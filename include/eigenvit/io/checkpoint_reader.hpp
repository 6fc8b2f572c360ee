/// From the tensors of a checkpoint to the layers of a network.
#ifndef EIGENVIT_IO_CHECKPOINT_READER_HPP
#define EIGENVIT_IO_CHECKPOINT_READER_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <eigenvit/core/huge_page_arena.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/checkpoint_tensors.hpp>
#include <eigenvit/io/grouped_head_rows.hpp>
#include <eigenvit/io/tensor_rows.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/weight_formats.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads a network's weights, each tensor straight into the memory in which it stays. Every shape
/// and type is checked against the configuration before memory is asked for.
template <class Scalar>
class CheckpointReader : private CheckpointTensors {
 public:
  /// Keeps references: the three must outlive the reader.
  CheckpointReader(const TensorStore& tensors, const CheckpointNames& names,
                   const VitConfig& config, const WeightOptions& options = {})
      : CheckpointTensors(tensors, names, config),
        precision_(options.precision),
        formats_(options) {}

  /// As above, but shares the tensors: the matrices of the network are read from them when they are
  /// first used, or whenever they are used where packed ones are not kept.
  CheckpointReader(std::shared_ptr<const TensorStore> tensors, const CheckpointNames& names,
                   const VitConfig& config, const WeightOptions& options = {})
      : CheckpointTensors(*tensors, names, config),
        shared_(std::move(tensors)),
        pool_(options.keep_packed ? nullptr : std::make_shared<PanelPool<Scalar>>()),
        precision_(options.precision),
        formats_(options) {}

  /// Throws `FormatError` for a tensor that is missing, `ShapeError` for one of another shape,
  /// `ConfigError` when the checkpoint holds weights that the configuration has no place for, or
  /// the options do not suit the network.
  VisionTransformer<Scalar> read() {
    validate(config_, tensors_.source());
    if (!std::is_same_v<Scalar, float> && precision_ != Precision::float32) {
      raise<ConfigError>(
          {"precision: expected float32 for a network in double, found ", name_of(precision_)});
    }
    const Index width = config_.embed_dim;
    VitLayers<Scalar> layers;
    const Index patch = config_.in_chans * config_.patch_height * config_.patch_width;
    const std::string projection = backbone(names_.patch_embed);
    PackedMatrix<Scalar> patch_weight =
        packed({&checked(weight_of(projection),
                         {width, config_.in_chans, config_.patch_height, config_.patch_width})},
               width, patch, width, {}, "patch_embed.proj");
    layers.patch_embed = PatchEmbedding<Scalar>(
        std::move(patch_weight),
        config_.patch_bias ? values(bias_of(projection), {width}) : AlignedBuffer<Scalar>(),
        config_.in_chans, config_.patch_height, config_.patch_width);
    layers.patch_norm = norm_if(config_.patch_norm, backbone(names_.patch_norm));
    layers.prefix_tokens = prefix_tokens();
    layers.pos_embed = position_embedding();
    if (config_.det_tokens > 0) {
      layers.det_tokens = values(backbone(names_.det_token), {config_.det_tokens, width});
    }
    if (config_.mid_pos_embed) layers.mid_pos_embed = mid_position_embeddings();
    layers.rope = rotary_embedding();
    if (config_.rel_pos_bias && !names_.shared_rel_pos_bias.empty()) {
      shared_bias_ = relative_biases(backbone(names_.shared_rel_pos_bias));
    }
    layers.norm_pre = norm_if(config_.pre_norm, backbone(names_.norm_pre));
    for (Index i = 0; i < config_.depth; ++i) {
      for (Index branch = 0; branch < config_.num_parallel; ++branch) {
        layers.blocks.push_back(config_.block == BlockForm::parallel ? parallel_block(i)
                                                                     : block(i, branch));
      }
    }
    layers.norm = norm_if(config_.final_norm, backbone(names_.norm));
    if (config_.global_pool == Pool::map) layers.attn_pool = attention_pool();
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
      layers.projection =
          names_.projection_is_transposed
              ? transposed(names_.projection, config_.projection_dim, inputs)
              : linear(names_.projection, config_.projection_dim, inputs, config_.projection_bias);
    }
    check_unused();
    formats_.check_used();
    return VisionTransformer<Scalar>(config_, std::move(layers));
  }

  /// The layers whose format the precision chooses, once they are read; of a network in float.
  const std::vector<std::string>& layer_names() const noexcept { return formats_.layers(); }

 private:
  AlignedBuffer<Scalar> values(std::string_view name, std::initializer_list<Index> expected) {
    const TensorInfo& info = checked(name, expected);
    AlignedBuffer<Scalar> result(static_cast<std::size_t>(info.element_count()));
    tensors_.read(info, result.data());
    return result;
  }

  /// A linear layer in a block, by which its format is chosen.
  struct BlockLayer {
    std::string name;  ///< "blocks.0.attn.qkv"; empty for layers elsewhere
    /// The norm before the layer, whose weights the layer takes over where its format wants it.
    LayerNorm<Scalar>* norm = nullptr;

    BlockLayer() = default;
    BlockLayer(const char* layer) : name(layer) {}
    BlockLayer(Index block, const char* layer, LayerNorm<Scalar>* norm_before = nullptr)
        : name(message({"blocks.", block, ".", layer})), norm(norm_before) {}
  };

  /// The rows of some tensors, below each other, in groups of `group` outputs. Packed now, or when
  /// they are used where the store outlives this reader.
  PackedMatrix<Scalar> packed(const std::vector<const TensorInfo*>& tensors, Index outputs,
                              Index inputs, Index group, TensorSlice slice = {},
                              const BlockLayer& layer = {}) {
    for (const TensorInfo* const tensor : tensors) tensors_.check_readable(*tensor);
    return packed(std::make_unique<TensorRows<Scalar>>(store(), tensors, inputs, slice), tensors,
                  outputs, inputs, group, layer);
  }

  PackedMatrix<Scalar> packed(std::unique_ptr<const WeightRows<Scalar>> rows,
                              const std::vector<const TensorInfo*>& tensors, Index outputs,
                              Index inputs, Index group, const BlockLayer& layer) {
    kernels::WeightFormat format =
        layer.name.empty() ? WeightFormats::stored(tensors) : formats_.of(layer.name, tensors);
    // A network in double holds doubles.
    if (!std::is_same_v<Scalar, float>) format = kernels::WeightFormat::native;
    PackedMatrix<Scalar> weight =
        pool_ != nullptr
            ? PackedMatrix<Scalar>(std::move(rows), outputs, inputs, group, pool_, format)
            : PackedMatrix<Scalar>(std::move(rows), outputs, inputs, group, &arena_, format);
    if (format == kernels::WeightFormat::int8 && layer.norm != nullptr) {
      weight.absorb(layer.norm->gamma(), layer.norm->beta());
      *layer.norm = layer.norm->without_affine();
    }
    if (shared_ == nullptr) weight.pack();
    return weight;
  }

  /// A store that is not shared is borrowed for as long as packing takes.
  std::shared_ptr<const TensorStore> store() const {
    return shared_ != nullptr ? shared_
                              : std::shared_ptr<const TensorStore>(&tensors_, [](auto*) {});
  }

  Linear<Scalar> linear(std::string_view name, Index out, Index in, bool bias = true,
                        const BlockLayer& layer = {}) {
    PackedMatrix<Scalar> weight =
        packed({&checked(weight_of(name), {out, in})}, out, in, out, {}, layer);
    return Linear<Scalar>(std::move(weight),
                          bias ? values(bias_of(name), {out}) : AlignedBuffer<Scalar>());
  }

  /// A linear layer without bias whose tensor is `[in, out]`.
  Linear<Scalar> transposed(std::string_view name, Index out, Index in) {
    const AlignedBuffer<Scalar> weight = values(name, {in, out});
    const ConstMatrixView<Scalar> view(weight.data(), in, out);
    return Linear<Scalar>(Matrix<Scalar>(view.transpose()));
  }

  LayerNorm<Scalar> norm(std::string_view name) { return norm(name, config_.embed_dim); }

  LayerNorm<Scalar> norm(std::string_view name, Index size) {
    auto gamma = values(weight_of(name), {size});
    auto beta = config_.norm == NormKind::rms_norm ? AlignedBuffer<Scalar>()
                                                   : values(bias_of(name), {size});
    return LayerNorm<Scalar>(std::move(gamma), std::move(beta),
                             static_cast<Scalar>(config_.norm_eps), config_.norm);
  }

  std::optional<LayerNorm<Scalar>> norm_if(bool present, std::string_view name) {
    return norm_if(present, name, config_.embed_dim);
  }

  std::optional<LayerNorm<Scalar>> norm_if(bool present, std::string_view name, Index size) {
    if (!present) return std::nullopt;
    return norm(name, size);
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
    if (names_.cls_token == names_.reg_token) {
      add(names_.cls_token, config_.prefix_tokens());
      return rows;
    }
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
    std::vector<Linear<Scalar>> layers;
    for (Index i = 0; i < 3; ++i) {
      layers.push_back(linear(message({name, i}), i < 2 ? width : outputs, width));
    }
    return layers;
  }

  std::optional<PositionEmbedding<Scalar>> position_embedding() {
    if (!config_.pos_embed) return std::nullopt;
    return position_table(values(backbone(names_.pos_embed), {position_rows(), config_.embed_dim}));
  }

  std::optional<RotaryEmbedding<Scalar>> rotary_embedding() {
    if (config_.rope.kind == RopeKind::none) return std::nullopt;
    AlignedBuffer<float> freqs;
    if (config_.rope.kind == RopeKind::mixed) {
      const TensorInfo& info =
          checked(backbone(names_.rope_freqs),
                  {2, config_.depth, config_.num_heads, config_.head_dim() / 2});
      freqs.resize(static_cast<std::size_t>(info.element_count()));
      tensors_.read(info, freqs.data());
    } else if (config_.rope.class_token) {
      freqs.resize(static_cast<std::size_t>(config_.head_dim() / 2));
      tensors_.read(checked(backbone(names_.rope_freqs), {config_.head_dim() / 2}), freqs.data());
    }
    return RotaryEmbedding<Scalar>(config_.rope, config_.depth, config_.num_heads,
                                   config_.head_dim(), std::move(freqs));
  }

  AlignedBuffer<Scalar> relative_biases(std::string_view name) {
    return values(
        name, {RelativePositionBias<Scalar>::entries(config_.grid_height(), config_.grid_width()),
               config_.num_heads});
  }

  /// The tensor of the bias of a part of queries, keys and values; empty where it has none.
  std::string part_bias(Index i, std::size_t part, Index branch) const {
    if (names_.qkv_bias.empty()) return bias_of(in_block(i, names_.qkv[part], branch));
    const std::string_view name = names_.qkv_bias[part];
    return name.empty() ? std::string() : in_block(i, name, branch);
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
      if (!name.empty()) tensors_.read(checked(name, {rows}), bias.data() + part * rows);
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
      weights.push_back(&checked(weight_of(in_block(i, name, branch)), {3 * width / parts, width}));
    }
    const AlignedBuffer<Scalar> bias =
        config_.qkv_bias ? qkv_bias(i, branch) : AlignedBuffer<Scalar>();
    return Linear<Scalar>(packed(weights, 3 * width, width, config_.head_dim(), {}, layer), bias);
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
          {tensors_.source(),
           ": expected tensors of their own for keys and values that heads share, found one"});
    }
    std::array<const TensorInfo*, 3> weights;
    AlignedBuffer<Scalar> bias;
    for (std::size_t part = 0; part < 3; ++part) {
      const std::string name = in_block(i, names_.qkv[part], branch);
      const Index rows = part == 0 ? width : shared_width;
      weights[part] = &checked(weight_of(name), {rows, width});
      tensors_.check_readable(*weights[part]);
      if (!config_.qkv_bias) continue;
      const std::string bias_name = part_bias(i, part, branch);
      const AlignedBuffer<Scalar> own =
          bias_name.empty() ? AlignedBuffer<Scalar>(static_cast<std::size_t>(rows), Scalar(0))
                            : values(bias_name, {rows});
      for (Index row = 0; row < width; ++row) {
        const Index head = row / head_dim * rows / width;
        bias.push_back(own[static_cast<std::size_t>(head * head_dim + row % head_dim)]);
      }
    }
    return Linear<Scalar>(
        packed(std::make_unique<GroupedHeadRows<Scalar>>(store(), weights, width, config_.num_heads,
                                                         kv_heads(i), head_dim),
               {weights.begin(), weights.end()}, 3 * width, width, head_dim, layer),
        bias);
  }

  AttentionExtras<Scalar> attention_extras(Index i, Index branch) {
    AttentionExtras<Scalar> extras;
    const Index head_dim = config_.head_dim();
    extras.q_norm = norm_if(config_.qk_norm, in_block(i, names_.q_norm, branch), head_dim);
    extras.k_norm = norm_if(config_.qk_norm, in_block(i, names_.k_norm, branch), head_dim);
    extras.norm = norm_if(config_.attn_norm, in_block(i, names_.attn_norm, branch));
    if (config_.diff_attention) extras.differential = differential_attention(i, branch);
    if (config_.rel_pos_bias) {
      AlignedBuffer<Scalar> table = shared_bias_;
      if (names_.block_rel_pos_bias) {
        table = relative_biases(in_block(i, names_.rel_pos_bias, branch));
        for (std::size_t at = 0; at < shared_bias_.size(); ++at) table[at] += shared_bias_[at];
      }
      extras.rel_pos_bias.emplace(table, config_.num_heads, config_.grid_height(),
                                  config_.grid_width(), config_.rel_pos_interpolation);
    }
    return extras;
  }

  DifferentialAttention<Scalar> differential_attention(Index i, Index branch) {
    const Index head_dim = config_.head_dim();
    const auto product = [&](const char* q, const char* k) {
      const std::string name = in_block(i, names_.lambda, branch);
      const auto a = values(name + q, {head_dim});
      const auto b = values(name + k, {head_dim});
      double sum = 0;
      for (std::size_t c = 0; c < a.size(); ++c) {
        sum += static_cast<double>(a[c]) * static_cast<double>(b[c]);
      }
      return std::exp(sum);
    };
    const double init = 0.8 - 0.6 * std::exp(-0.3 * static_cast<double>(i));
    const double first = product("q1", "k1");
    const double second = product("q2", "k2");
    auto gamma = values(weight_of(in_block(i, names_.sub_norm, branch)), {2 * head_dim});
    for (Scalar& value : gamma) value *= static_cast<Scalar>(1 - init);
    DifferentialAttention<Scalar> result;
    result.lambda = static_cast<Scalar>(first - second + init);
    // The paper's epsilon, whatever that of the model.
    result.norm = LayerNorm<Scalar>(std::move(gamma), {}, Scalar(1e-5), NormKind::rms_norm);
    return result;
  }

  AlignedBuffer<Scalar> layer_scale(std::string_view name) {
    return config_.layer_scale ? values(name, {config_.embed_dim}) : AlignedBuffer<Scalar>();
  }

  /// fc1, with both halves of a gated MLP below each other, the gate first.
  Linear<Scalar> fc1(Index i, Index branch, LayerNorm<Scalar>* norm_before) {
    const BlockLayer layer(i, "mlp.fc1", norm_before);
    const std::string name = in_block(i, names_.fc1, branch);
    const Index width = config_.embed_dim;
    const Index outputs = config_.fc1_outputs();
    if (!config_.mlp_gate || names_.fc1_ungated.empty()) {
      return linear(name, outputs, width, config_.proj_bias, layer);
    }
    const std::string other = in_block(i, names_.fc1_ungated, branch);
    const Index half = config_.mlp_hidden;
    std::vector<const TensorInfo*> weights;
    AlignedBuffer<Scalar> bias;
    for (const std::string& part : {name, other}) {
      weights.push_back(&checked(weight_of(part), {half, width}));
      if (!config_.proj_bias) continue;
      const auto more = values(bias_of(part), {half});
      bias.insert(bias.end(), more.begin(), more.end());
    }
    return Linear<Scalar>(packed(weights, outputs, width, outputs, {}, layer), bias);
  }

  EncoderBlock<Scalar> block(Index i, Index branch) {
    const Index width = config_.embed_dim;
    const bool bias = config_.proj_bias;
    const bool norms_first = config_.block == BlockForm::pre_norm;
    // One after the other, so that the first fault in the file's order is the one that is reported.
    auto norm1 = norm(in_block(i, names_.norm1, branch));
    auto in_proj = qkv(i, branch, norms_first ? &norm1 : nullptr);
    auto extras = attention_extras(i, branch);
    auto proj = linear(in_block(i, names_.proj, branch), width, width, bias, {i, "attn.proj"});
    auto ls1 = layer_scale(in_block(i, names_.ls1, branch));
    auto norm2 = norm(in_block(i, names_.norm2, branch));
    auto first = fc1(i, branch, norms_first ? &norm2 : nullptr);
    auto mlp_norm =
        norm_if(config_.mlp_norm, in_block(i, names_.mlp_norm, branch), config_.mlp_hidden);
    auto second =
        linear(in_block(i, names_.fc2, branch), width, config_.mlp_hidden, bias, {i, "mlp.fc2"});
    auto ls2 = config_.mlp_layer_scale ? layer_scale(in_block(i, names_.ls2, branch))
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
    auto norm1 = norm(in_block(i, names_.norm1));
    const std::string in_name = in_block(i, names_.in_proj);
    const TensorInfo& in = checked(weight_of(in_name), {hidden + 3 * width, width});
    AlignedBuffer<Scalar> mlp_bias;
    AlignedBuffer<Scalar> qkv_bias;
    if (config_.qkv_bias) {
      const auto both = values(bias_of(in_name), {hidden + 3 * width});
      mlp_bias.assign(both.begin(), both.begin() + hidden);
      qkv_bias.assign(both.begin() + hidden, both.end());
    } else {
      mlp_bias = values(in_block(i, names_.mlp_bias), {hidden});
    }
    // One norm for both, which so have one format and keep its weights out of theirs.
    const BlockLayer in_layer(i, "in_proj");
    const BlockLayer out_layer(i, "out_proj");
    Linear<Scalar> first(packed({&in}, hidden, width, hidden, {0, 0, width}, in_layer), mlp_bias);
    Linear<Scalar> in_proj(
        packed({&in}, 3 * width, width, config_.head_dim(), {hidden, 0, width}, in_layer),
        qkv_bias);
    auto extras = attention_extras(i, 0);
    const std::string out_name = in_block(i, names_.out_proj);
    Linear<Scalar> proj;
    Linear<Scalar> second;
    if (tensors_.find(weight_of(out_name)) != nullptr) {
      const TensorInfo& out = checked(weight_of(out_name), {width, width + hidden});
      proj = Linear<Scalar>(
          packed({&out}, width, width, width, {0, 0, width + hidden}, out_layer),
          config_.proj_bias ? values(bias_of(out_name), {width}) : AlignedBuffer<Scalar>());
      second = Linear<Scalar>(
          packed({&out}, width, hidden, width, {0, width, width + hidden}, out_layer));
    } else {
      proj = linear(in_block(i, names_.proj), width, width, config_.proj_bias, {i, "attn.proj"});
      second = linear(in_block(i, names_.fc2), width, hidden, config_.proj_bias, {i, "mlp.fc2"});
    }
    auto ls1 = layer_scale(in_block(i, names_.ls1));
    auto ls2 = ls1;
    return EncoderBlock<Scalar>(
        std::move(norm1),
        MultiHeadSelfAttention<Scalar>(std::move(in_proj), std::move(proj),
                                       config_.attention_heads(), std::move(extras)),
        std::move(ls1), LayerNorm<Scalar>(),
        Mlp<Scalar>(std::move(first), std::move(second), config_.act), std::move(ls2),
        BlockForm::parallel);
  }

  /// `rows` rows from `first` on of a linear layer that has `all` of them, as a layer of its own.
  Linear<Scalar> rows_of(std::string_view name, Index all, Index first, Index rows, Index in) {
    PackedMatrix<Scalar> weight =
        packed({&checked(weight_of(name), {all, in})}, rows, in, rows, {first, 0, in});
    const AlignedBuffer<Scalar> biases = values(bias_of(name), {all});
    AlignedBuffer<Scalar> bias(static_cast<std::size_t>(rows));
    std::copy_n(biases.data() + first, rows, bias.data());
    return Linear<Scalar>(std::move(weight), bias);
  }

  /// Attention pooling whose query is in the file, without an MLP. Keys and values have biases
  /// where those of the blocks have.
  AttentionPool<Scalar> bare_attention_pool() {
    const Index width = config_.embed_dim;
    const auto query = values(backbone(names_.pool_latent), {width});
    std::vector<const TensorInfo*> weights;
    AlignedBuffer<Scalar> bias;
    for (const std::string_view part : {names_.pool_kv, names_.pool_v}) {
      const std::string name = backbone(part);
      weights.push_back(&checked(weight_of(name), {width, width}));
      if (!config_.qkv_bias) continue;
      const auto more = values(bias_of(name), {width});
      bias.insert(bias.end(), more.begin(), more.end());
    }
    const Linear<Scalar> kv(packed(weights, 2 * width, width, 2 * width), bias);
    return AttentionPool<Scalar>(query, kv, linear(backbone(names_.pool_proj), width, width),
                                 config_.attn_pool_heads);
  }

  AttentionPool<Scalar> attention_pool() {
    if (names_.pool_q.empty()) return bare_attention_pool();
    const Index width = config_.embed_dim;
    const bool together = names_.pool_q == names_.pool_kv;
    const std::string kv_name = backbone(names_.pool_kv);
    auto latent = values(backbone(names_.pool_latent), {width});
    auto q = together ? rows_of(kv_name, 3 * width, 0, width, width)
                      : linear(backbone(names_.pool_q), width, width);
    auto kv = together ? rows_of(kv_name, 3 * width, width, 2 * width, width)
                       : linear(kv_name, 2 * width, width);
    auto proj = linear(backbone(names_.pool_proj), width, width);
    auto pool_norm = norm(backbone(names_.pool_norm));
    auto first = linear(backbone(names_.pool_fc1), config_.attn_pool_hidden, width);
    auto second = linear(backbone(names_.pool_fc2), width, config_.attn_pool_hidden);
    return AttentionPool<Scalar>(
        latent, q, kv, std::move(proj), std::move(pool_norm),
        Mlp<Scalar>(std::move(first), std::move(second), config_.attn_pool_act),
        config_.attn_pool_heads);
  }

  AlignedBuffer<Scalar> shared_bias_;  ///< relative position biases of all blocks
  std::shared_ptr<const TensorStore> shared_;
  std::shared_ptr<PanelPool<Scalar>> pool_;  ///< of all matrices, where they keep nothing packed
  HugePageArena arena_;                      ///< of all matrices that keep what is packed
  Precision precision_ = Precision::float32;
  WeightFormats formats_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
