#ifndef EIGENVIT_IO_MODEL_FOLDER_INL
#define EIGENVIT_IO_MODEL_FOLDER_INL

#include <algorithm>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/class_labels.inl>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/find_family.inl>
#include <eigenvit/io/imagenet_labels.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The configuration as the first family that recognises it reads it, with that of a dense head
/// where `dense` reads such. `preprocessor` parses the file of that name, null where there is none.
inline Checkpoint read_checkpoint(CheckpointFiles files, FunctionRef<JsonDocument()> preprocessor,
                                  const DenseReaders* dense) {
  const JsonObject config(files.config, files.config_source);
  if (const CheckpointFamily* const family = find_family(checkpoint_families(), files)) {
    const JsonDocument parsed = family->reads_preprocessor ? preprocessor() : nullptr;
    files.preprocessor = parsed.get();
    Checkpoint checkpoint = family->read(files);
    validate(checkpoint.config, files.config_source);
    if (files.dataset_index && checkpoint.config.expert_outputs == 0) {
      raise<ConfigError>({files.config_source,
                          ": expected no dataset index for a network without experts, found ",
                          *files.dataset_index});
    }
    if (dense) checkpoint.dense_head = dense->configuration(files, checkpoint);
    const Index classes = checkpoint.config.num_classes;
    if (classes > 0 && !checkpoint.config.detects()) {
      checkpoint.scores = class_scores(config, classes, checkpoint);
      if (checkpoint.labels.empty() && classes == 1000) checkpoint.labels = imagenet_labels();
    }
    return checkpoint;
  }
  const char* const key = config.has("architecture") ? "architecture" : "model_type";
  const std::string found = config.has(key)
                                ? message({key, " ", json_text(config.required(key))})
                                : std::string("neither 'architecture' nor 'model_type'");
  raise<UnsupportedError>({files.config_source, ": expected a model of a known family (",
                           supported_by(checkpoint_families()), "), found ", found});
}

}  // namespace detail

EIGENVIT_INLINE ModelFolder ModelFolder::open(const std::filesystem::path& folder,
                                              const ModelOptions& options) {
  const detail::FolderConfig config =
      detail::read_folder_config(folder, detail::checkpoint_families());

  std::filesystem::path preprocessor = detail::path_in(folder, "preprocessor_config.json");
  bool has_preprocessor = detail::is_taken(preprocessor);
  if (!has_preprocessor) {
    const std::filesystem::path other = detail::path_in(folder, "processor_config.json");
    has_preprocessor = detail::is_taken(other);
    if (has_preprocessor) preprocessor = other;
  }

  TensorStore tensors = TensorStore::open(folder);
  Checkpoint checkpoint = detail::read_checkpoint(
      {*config.document, nullptr, detail::path_text(config.path), detail::path_text(preprocessor),
       tensors, options.image_size, options.release, options.dataset_index},
      [&] { return has_preprocessor ? detail::parse_json_file(preprocessor) : nullptr; },
      options.dense);
  return ModelFolder(std::move(tensors), std::move(checkpoint), options);
}

EIGENVIT_INLINE ModelFolder ModelFolder::with(Precision precision,
                                              std::vector<std::string> float_layers) const {
  ModelFolder result = *this;
  result.options_.precision = precision;
  result.options_.float_layers = std::move(float_layers);
  return result;
}

EIGENVIT_INLINE std::vector<std::string> ModelFolder::layer_names() const {
  detail::WeightOptions weights;
  weights.keep_packed = false;
  detail::CheckpointReader<float> reader(tensors_, checkpoint_.names, checkpoint_.config, weights);
  reader.read(dense_head<float>());
  return reader.layer_names();
}

EIGENVIT_INLINE ModelFolder ModelFolder::from_memory(const ModelBytes& bytes,
                                                     const ModelOptions& options) {
  const detail::JsonDocument config = bytes.config.empty()
                                          ? detail::empty_json_object()
                                          : detail::parse_json(bytes.config, "config.json");
  TensorStore tensors =
      TensorStore::from_memory(bytes.weights, bytes.weights_size, "model.safetensors");
  const std::string preprocessor = "preprocessor_config.json";
  Checkpoint checkpoint = detail::read_checkpoint(
      {*config, nullptr, "config.json", preprocessor, tensors, options.image_size, options.release,
       options.dataset_index},
      [&] {
        return bytes.preprocessor.empty() ? nullptr
                                          : detail::parse_json(bytes.preprocessor, preprocessor);
      },
      options.dense);
  ModelOptions at_once = options;
  at_once.read_at_load = true;
  return ModelFolder(std::move(tensors), std::move(checkpoint), at_once);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
