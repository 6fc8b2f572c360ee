/// A model folder as it comes from the Hugging Face Hub: config.json, model.safetensors and, for
/// transformers, preprocessor_config.json. Or one with open_clip_config.json, or with weights alone
/// whose names and shapes tell what they are, or that the caller names.
#ifndef EIGENVIT_IO_MODEL_FOLDER_HPP
#define EIGENVIT_IO_MODEL_FOLDER_HPP

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/checkpoint_reader.hpp>
#include <eigenvit/io/dense_readers.hpp>
#include <eigenvit/io/read_layers.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Choices about how a folder is read.
struct ModelOptions {
  /// Height and width of the images that the network shall see, in place of the folder's own. timm
  /// folders: instead of `input_size`, as `create_model(img_size=...)`; transformers folders:
  /// resize to exactly this size without a crop, as `interpolate_pos_encoding=True`.
  std::optional<std::array<Index, 2>> image_size;

  /// What weights without a configuration are, where their names and shapes do not tell:
  /// "torchvision", "torchvision_swag_e2e", "torchvision_swag_linear", "dino", "dinov2", "mae",
  /// "mae_finetuned", "deit", "openai_clip" or "open_clip". Empty: only weights are taken whose
  /// shapes one published release has alone. Head count, pooling, activation and preprocessing are
  /// that release's.
  std::string release;

  /// For which of its training's datasets a network of several is (ViTPose+): it takes the weights
  /// of that expert alone. Such a network needs it, as Python's class does; others have none.
  std::optional<Index> dataset_index;

  /// Read all weights when the model is loaded. Otherwise each matrix is read and packed when it is
  /// first used: loading takes no time to speak of, the first forward pass reads on all its
  /// threads, and what no pass uses is not read. The files must then stay as they are, since the
  /// network keeps them mapped. Models from memory are always read at once.
  bool read_at_load = false;

  /// Keep weights packed for the next pass. Otherwise each task of a pass packs what it uses, into
  /// memory that the next tasks use again: the mapped files are all that holds the weights. A
  /// program that runs a model once does not wait until the system has cleared as much memory;
  /// each further pass takes about 1.15 times as long (ViT-B, one image, F32). No effect where
  /// weights are read at load.
  bool keep_packed = true;

  /// In which numbers the linear layers of the blocks multiply.
  Precision precision = Precision::float32;

  /// Layers that multiply in float in every precision, by timm's names, in which `*` is any text:
  /// `blocks.*.mlp.fc2`. A name that is no layer's is a `ConfigError` when the network is read.
  std::vector<std::string> float_layers;

  /// What reads dense heads, as `with_dense_heads` sets it; null: they are not read.
  const detail::DenseReaders* dense = nullptr;
};

/// A model's files in memory that the caller keeps alive while they are read.
struct ModelBytes {
  std::string_view config;        ///< config.json; empty where there is none
  std::string_view preprocessor;  ///< preprocessor_config.json; empty where there is none
  const void* weights = nullptr;  ///< model.safetensors
  std::size_t weights_size = 0;
};

/// A model folder whose configuration has been read and understood and whose weights are mapped but
/// not yet read.
class ModelFolder {
 public:
  /// Throws `FileError` when a file is missing, `FormatError` when one is damaged, `ConfigError`
  /// when the configuration is not valid or `ModelOptions::release` is given beside one, and
  /// `UnsupportedError`, which lists what is supported, when the family is not known or weights
  /// without a configuration may be of several releases.
  static ModelFolder open(const std::filesystem::path& folder, const ModelOptions& options = {});

  /// The same from memory.
  static ModelFolder from_memory(const ModelBytes& bytes, const ModelOptions& options = {});

  /// What the folder holds: family, configuration, preprocessing, labels.
  const Checkpoint& checkpoint() const noexcept { return checkpoint_; }
  const TensorStore& tensors() const noexcept { return *tensors_; }
  const ModelOptions& options() const noexcept { return options_; }
  /// The same folder, whose files both share, for a network in another precision.
  ModelFolder with(Precision precision, std::vector<std::string> float_layers) const;
  /// The tensors, for use after this object is gone; null where they are read at load, since the
  /// memory or the files that hold them may then go.
  std::shared_ptr<const TensorStore> lasting_tensors() const noexcept {
    return options_.read_at_load ? nullptr : tensors_;
  }

  /// The network with the weights, converted to `Scalar`. Throws `FormatError` for a missing tensor
  /// (and names the closest one present), `ShapeError` for one of the wrong shape, `ConfigError`
  /// when the tensors contradict the configuration. Cost: see `ModelOptions::read_at_load`.
  template <class Scalar>
  VisionTransformer<Scalar> read_network() const;

  /// The layers whose numbers `ModelOptions::precision` chooses, by the names that
  /// `ModelOptions::float_layers` takes, in the order of the network. Throws as `read_network`.
  /// Cost: milliseconds; no matrix is read.
  std::vector<std::string> layer_names() const;

 private:
  template <class Scalar>
  detail::DenseHeadSource<Scalar> dense_head() const noexcept {
    if (options_.dense == nullptr) return {};
    return {&checkpoint_.dense_head, options_.dense->reader<Scalar>()};
  }

  ModelFolder(TensorStore tensors, Checkpoint checkpoint, const ModelOptions& options)
      : tensors_(std::make_shared<const TensorStore>(std::move(tensors))),
        checkpoint_(std::move(checkpoint)),
        options_(options) {}

  std::shared_ptr<const TensorStore> tensors_;
  Checkpoint checkpoint_;
  ModelOptions options_;
};

// Outside the class, as `VisionTransformer::forward`.
template <class Scalar>
VisionTransformer<Scalar> ModelFolder::read_network() const {
  return detail::read_layers<detail::CheckpointReader<Scalar>>(tensors_, checkpoint_, options_,
                                                               dense_head<Scalar>());
}

#if !EIGENVIT_HEADER_ONLY
extern template VisionTransformer<float> ModelFolder::read_network() const;
#endif

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/model_folder.inl>
#endif

#endif
