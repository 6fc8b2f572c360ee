/// The side of texts of a model folder as it comes from the Hugging Face Hub.
#ifndef EIGENVIT_IO_TEXT_FOLDER_HPP
#define EIGENVIT_IO_TEXT_FOLDER_HPP

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/io/read_layers.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text_checkpoint.hpp>
#include <eigenvit/io/text_reader.hpp>
#include <eigenvit/kernels/precision.hpp>
#include <eigenvit/model/text_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Choices about how a network of texts is read: as the members of `ModelOptions` of these names.
struct TextOptions {
  std::string release;        ///< what weights without a configuration are: "openai_clip", say
  bool read_at_load = false;  ///< read all weights when the network is loaded
  bool keep_packed = true;    ///< keep weights packed for the next pass
  Precision precision = Precision::float32;
  std::vector<std::string> float_layers;  ///< layers that multiply in float in every precision
};

/// A model folder with a network of texts whose configuration has been read and understood and
/// whose weights are mapped but not yet read.
///
///     const auto folder = eigenvit::TextFolder::open("clip-vit-base-patch32");
///     const auto network = folder.read_network<float>();
class TextFolder {
 public:
  /// Throws `FileError` when a file is missing, `FormatError` when one is damaged, `ConfigError`
  /// when the configuration is not valid, and `UnsupportedError`, which lists what is supported,
  /// when the folder has no network of texts that is known.
  static TextFolder open(const std::filesystem::path& folder, const TextOptions& options = {});

  /// What the folder holds: family, configuration, scale and bias.
  const TextCheckpoint& checkpoint() const noexcept { return checkpoint_; }
  const TensorStore& tensors() const noexcept { return *tensors_; }

  /// The network with the weights, converted to `Scalar`. Throws `FormatError` for a missing tensor
  /// (and names the closest one present), `ShapeError` for one of the wrong shape, `ConfigError`
  /// when the tensors contradict the configuration. Cost: see `ModelOptions::read_at_load`.
  template <class Scalar>
  TextTransformer<Scalar> read_network() const;

 private:
  TextFolder(TensorStore tensors, TextCheckpoint checkpoint, const TextOptions& options)
      : tensors_(std::make_shared<const TensorStore>(std::move(tensors))),
        checkpoint_(std::move(checkpoint)),
        options_(options) {}

  std::shared_ptr<const TensorStore> tensors_;
  TextCheckpoint checkpoint_;
  TextOptions options_;
};

// Outside the class, as `TextTransformer::forward`.
template <class Scalar>
TextTransformer<Scalar> TextFolder::read_network() const {
  return detail::read_layers<detail::TextReader<Scalar>>(tensors_, checkpoint_, options_);
}

#if !EIGENVIT_HEADER_ONLY
extern template TextTransformer<float> TextFolder::read_network() const;
#endif

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/text_folder.inl>
#endif

#endif
