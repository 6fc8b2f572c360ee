/// What the library must know of a family of checkpoints to load them.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILY_HPP
#define EIGENVIT_IO_CHECKPOINT_FAMILY_HPP

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <eigenvit/core/types.hpp>
#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The files of a model folder, parsed.
struct CheckpointFiles {
  const nlohmann::json& config;        ///< config.json, or an object without members
  const nlohmann::json* preprocessor;  ///< preprocessor_config.json; null where there is none
  std::string config_source;           ///< for messages
  std::string preprocessor_source;
  const TensorStore& tensors;
  /// In place of the image size that the folder names: height, width.
  std::optional<std::array<Index, 2>> image_size;
  /// What weights without a configuration are; empty where the tensors are to tell.
  std::string release;
  /// Of networks with several experts: whose weights are taken.
  std::optional<Index> dataset_index;
};

/// A family of checkpoints. To add one, write a file in `io/checkpoint_families/` that makes such
/// an object, and name it in `families.inl`.
struct CheckpointFamily {
  /// What it is called in messages and by `inspect`.
  const char* name;
  /// What of it is supported, for the message about an unknown one.
  const char* supported;
  /// Whether a config.json is one of this family's.
  bool (*recognises)(const nlohmann::json& config);
  /// Throws `ConfigError` when the configuration is not valid and `UnsupportedError` when it asks
  /// for something that the library does not do.
  Checkpoint (*read)(const CheckpointFiles& files);
  /// Whether tensors without a configuration are one of this family's; null where they alone do not
  /// tell what the network is.
  bool (*recognises_tensors)(const TensorStore& tensors) = nullptr;
  /// Whether `read` looks at preprocessor_config.json, which is then parsed and must be valid.
  bool reads_preprocessor = true;
};

/// All families, in the order in which they are asked.
const std::vector<CheckpointFamily>& checkpoint_families();

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/checkpoint_families/families.inl>
#endif

#endif
