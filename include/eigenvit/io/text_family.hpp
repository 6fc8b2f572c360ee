/// What the library must know of a family of networks of texts to load them.
#ifndef EIGENVIT_IO_TEXT_FAMILY_HPP
#define EIGENVIT_IO_TEXT_FAMILY_HPP

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text_checkpoint.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The files of a model folder that tell of its network of texts, parsed.
struct TextFiles {
  const nlohmann::json& config;  ///< config.json, or an object without members
  std::string config_source;     ///< for messages
  const TensorStore& tensors;
  /// What weights without a configuration are; empty where the tensors are to tell.
  std::string release;
};

/// A family of networks of texts. To add one, write a file in `io/text_families/` that makes such
/// an object, and name it in `families.inl`.
struct TextFamily {
  /// What of it is supported, for the message about an unknown one.
  const char* supported;
  /// Whether a config.json is one of this family's.
  bool (*recognises)(const nlohmann::json& config);
  /// Throws `ConfigError` when the configuration is not valid and `UnsupportedError` when it asks
  /// for something that the library does not do.
  TextCheckpoint (*read)(const TextFiles& files);
  /// Whether tensors without a configuration are one of this family's; null where they alone do not
  /// tell what the network is.
  bool (*recognises_tensors)(const TensorStore& tensors) = nullptr;
};

/// All families, in the order in which they are asked.
const std::vector<TextFamily>& text_families();

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/text_families/families.inl>
#endif

#endif
