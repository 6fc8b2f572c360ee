/// From the tensors of a checkpoint to single layers.
#ifndef EIGENVIT_IO_LAYER_READER_HPP
#define EIGENVIT_IO_LAYER_READER_HPP

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/huge_page_arena.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_tensors.hpp>
#include <eigenvit/io/encoder_names.hpp>
#include <eigenvit/io/tensor_rows.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/weight_formats.hpp>
#include <eigenvit/kernels/packed_matrix.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads values, linear layers and norms, each tensor straight into the memory in which it stays.
/// Every shape and type is checked before memory is asked for.
template <class Scalar>
class LayerReader : public CheckpointTensors {
 public:
  /// Keeps references: the three must outlive the reader.
  LayerReader(const TensorStore& tensors, const EncoderNames& names, const EncoderConfig& config,
              const WeightOptions& options)
      : CheckpointTensors(tensors, names, config),
        precision_(options.precision),
        formats_(options) {}

  /// As above, but shares the tensors: the matrices are read from them when they are first used, or
  /// whenever they are used where packed ones are not kept.
  LayerReader(std::shared_ptr<const TensorStore> tensors, const EncoderNames& names,
              const EncoderConfig& config, const WeightOptions& options)
      : CheckpointTensors(*tensors, names, config),
        shared_(std::move(tensors)),
        pool_(options.keep_packed ? nullptr : std::make_shared<PanelPool<Scalar>>()),
        precision_(options.precision),
        formats_(options) {}

  /// Throws `ConfigError` where a network in double shall multiply in less.
  void check_precision() const {
    if (!std::is_same_v<Scalar, float> && precision_ != Precision::float32) {
      raise<ConfigError>(
          {"precision: expected float32 for a network in double, found ", name_of(precision_)});
    }
  }
  const WeightFormats& formats() const noexcept { return formats_; }
  /// Whether matrices stay packed once they are.
  bool keeps_packed() const noexcept { return pool_ == nullptr; }

  AlignedBuffer<Scalar> values(std::string_view name, std::initializer_list<Index> expected) {
    const TensorInfo& info = checked(name, expected);
    AlignedBuffer<Scalar> result(static_cast<std::size_t>(info.element_count()));
    tensors_.read(info, result.data());
    return result;
  }

  /// A linear layer in a block or a head, by which its format is chosen.
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
    if (format == kernels::WeightFormat::int8 && inputs > kernels::most_int8_depth) {
      format = WeightFormats::stored(tensors);
    }
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

  /// In the numbers of the network, packed once whether packed ones are kept or not: of a layer
  /// whose tasks have too few rows to pack it again.
  PackedMatrix<Scalar> kept(std::unique_ptr<const WeightRows<Scalar>> rows, Index outputs,
                            Index inputs, Index group) {
    PackedMatrix<Scalar> weight(std::move(rows), outputs, inputs, group,
                                pool_ == nullptr ? &arena_ : nullptr);
    if (shared_ == nullptr) weight.pack();
    return weight;
  }

  Linear<Scalar> linear(std::string_view name, Index out, Index in, bool bias = true,
                        const BlockLayer& layer = {}) {
    PackedMatrix<Scalar> weight =
        packed({&checked(weight_of(name), {out, in})}, out, in, out, {}, layer);
    return Linear<Scalar>(std::move(weight),
                          bias ? values(bias_of(name), {out}) : AlignedBuffer<Scalar>());
  }

  /// A convolution of 1 x 1, whose tensor is `[out, in, 1, 1]`: a linear layer of each pixel.
  Linear<Scalar> pointwise(std::string_view name, Index out, Index in) {
    PackedMatrix<Scalar> weight =
        packed({&checked(weight_of(name), {out, in, 1, 1})}, out, in, out);
    return Linear<Scalar>(std::move(weight), values(bias_of(name), {out}));
  }

  /// A linear layer without bias whose tensor is `[in, out]`.
  Linear<Scalar> transposed(std::string_view name, Index out, Index in) {
    const AlignedBuffer<Scalar> weight = values(name, {in, out});
    const ConstMatrixView<Scalar> view(weight.data(), in, out);
    return Linear<Scalar>(Matrix<Scalar>(view.transpose()));
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

  /// A store that is not shared is borrowed for as long as packing takes.
  std::shared_ptr<const TensorStore> store() const {
    return shared_ != nullptr ? shared_
                              : std::shared_ptr<const TensorStore>(&tensors_, [](auto*) {});
  }

 private:
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
