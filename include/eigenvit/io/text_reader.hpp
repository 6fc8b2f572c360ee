/// From the tensors of a checkpoint to a network of texts.
#ifndef EIGENVIT_IO_TEXT_READER_HPP
#define EIGENVIT_IO_TEXT_READER_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <eigenvit/io/block_reader.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/tensor_rows.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text_names.hpp>
#include <eigenvit/io/weight_formats.hpp>
#include <eigenvit/layers/sine_positions.hpp>
#include <eigenvit/model/text_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads a network's weights: its tables, blocks (`BlockReader`), norm and projection.
template <class Scalar>
class TextReader {
 public:
  /// Keeps references: the three must outlive the reader.
  TextReader(const TensorStore& tensors, const TextNames& names, const TextConfig& config,
             const WeightOptions& options = {})
      : names_(names), config_(config), file_(tensors, names, config, options) {}

  /// As above, but shares the tensors: the matrices of the network are read from them when they are
  /// first used, or whenever they are used where packed ones are not kept; of the table of tokens
  /// the rows that a text has.
  TextReader(std::shared_ptr<const TensorStore> tensors, const TextNames& names,
             const TextConfig& config, const WeightOptions& options = {})
      : names_(names),
        config_(config),
        file_(std::move(tensors), names, config, options),
        shares_(true) {}

  /// Throws as `CheckpointReader::read`.
  TextTransformer<Scalar> read() {
    validate(config_, file_.tensors().source());
    file_.check_precision();
    TextLayers<Scalar> layers;
    layers.token_embed = token_embedding();
    if (config_.class_token) {
      layers.class_token = file_.values(file_.backbone(names_.class_token), {config_.embed_dim});
    }
    layers.embed_norm = file_.norm_if(config_.embed_norm, file_.backbone(names_.embed_norm));
    if (config_.distance_bias) {
      layers.distance_bias.emplace(file_.values(file_.backbone(names_.distance_bias),
                                                {DistanceBias<Scalar>::buckets, config_.num_heads}),
                                   config_.num_heads);
    }
    BlockReader<Scalar> blocks(names_, config_, file_);
    std::vector<EncoderBlock<Scalar>> read(static_cast<std::size_t>(config_.depth));
    for (Index i = 0; i < config_.depth; ++i) read[static_cast<std::size_t>(i)] = blocks.read(i, 0);
    layers.blocks = std::move(read);
    layers.norm = file_.norm_if(config_.final_norm, file_.backbone(names_.norm));
    if (config_.projection_dim > 0) {
      Index width = config_.embed_dim;
      if (config_.projection_hidden > 0) {
        layers.projection_hidden = file_.linear(names_.projection_hidden, config_.projection_hidden,
                                                width, config_.projection_hidden_bias);
        width = config_.projection_hidden;
      }
      layers.projection = names_.projection_is_transposed
                              ? file_.transposed(names_.projection, config_.projection_dim, width)
                              : file_.linear(names_.projection, config_.projection_dim, width,
                                             config_.projection_bias);
    }
    file_.check_unused();
    file_.formats().check_used();
    return TextTransformer<Scalar>(config_, std::move(layers));
  }

 private:
  TokenEmbedding<Scalar> token_embedding() {
    const Index width = config_.embed_dim;
    const std::string name = file_.backbone(names_.token_embed);
    const TensorInfo& table = file_.checked(name, {config_.vocabulary, width});
    AlignedBuffer<Scalar> positions = config_.sine_positions ? sine_positions() : this->positions();
    const auto scale = static_cast<Scalar>(config_.token_scale);
    if (!shares_) {
      return TokenEmbedding<Scalar>(file_.values(name, {config_.vocabulary, width}),
                                    std::move(positions), width, scale);
    }
    file_.tensors().check_readable(table);
    return TokenEmbedding<Scalar>(std::make_shared<const TensorRows<Scalar>>(
                                      file_.store(), std::vector<const TensorInfo*>{&table}, width),
                                  config_.vocabulary, std::move(positions), width, scale);
  }

  /// That of padding, then those of the places.
  AlignedBuffer<Scalar> sine_positions() {
    const Index width = config_.embed_dim;
    // No tensor bounds this table: the weights of such a width must be there before it is made.
    file_.checked(file_.weight_of(file_.in_block(0, names_.proj)), {width, width});
    AlignedBuffer<Scalar> table(static_cast<std::size_t>(config_.positions() * width), Scalar(0));
    fill_sine_places(config_.pad_id + 1, config_.context_length, width, table.data() + width);
    return table;
  }

  AlignedBuffer<Scalar> positions() {
    if (!config_.pos_embed) return {};
    const Index width = config_.embed_dim;
    const Index skipped = names_.pos_embed_skipped_rows;
    AlignedBuffer<Scalar> table =
        file_.values(file_.backbone(names_.pos_embed), {config_.positions() + skipped, width});
    if (skipped > 0) {
      const auto size = static_cast<std::size_t>(config_.positions() * width);
      AlignedBuffer<Scalar> rows(size);
      std::copy_n(table.data() + skipped * width, size, rows.data());
      table = std::move(rows);
    }
    if (names_.token_type_embed.empty()) return table;
    const AlignedBuffer<Scalar> types =
        file_.values(file_.backbone(names_.token_type_embed), {names_.token_types, width});
    for (std::size_t i = 0; i < table.size(); ++i) {
      table[i] += types[i % static_cast<std::size_t>(width)];
    }
    return table;
  }

  const TextNames& names_;
  const TextConfig& config_;
  LayerReader<Scalar> file_;
  bool shares_ = false;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
