/// From a model folder to its configuration and to the family that reads it.
#ifndef EIGENVIT_IO_FIND_FAMILY_INL
#define EIGENVIT_IO_FIND_FAMILY_INL

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A configuration, and the file that it is from.
struct FolderConfig {
  JsonDocument document;
  std::filesystem::path path;
};

/// The configuration of weights that bring none.
inline JsonDocument empty_json_object() {
  return std::make_shared<const nlohmann::json>(nlohmann::json::value_t::object);
}

/// Whether some family knows tensors that bring no configuration.
template <class Family>
bool recognises_tensors(const std::vector<Family>& families, const TensorStore& tensors) {
  return std::any_of(families.begin(), families.end(), [&](const Family& family) {
    return family.recognises_tensors != nullptr && family.recognises_tensors(tensors);
  });
}

/// `config.json`, else `open_clip_config.json`, else an empty one where one of the families knows
/// the folder's tensors. Throws `FileError` where there is none of them.
template <class Family>
FolderConfig read_folder_config(const std::filesystem::path& folder,
                                const std::vector<Family>& families) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    raise<FileError>({path_text(folder),
                      ": expected a model folder with config.json and model.safetensors, found ",
                      std::filesystem::exists(folder, error) ? "a file" : "nothing there"});
  }
  const std::filesystem::path path = path_in(folder, "config.json");
  if (is_taken(path)) return {parse_json_file(path), path};
  const std::filesystem::path open_clip = path_in(folder, "open_clip_config.json");
  if (is_taken(open_clip)) return {parse_json_file(open_clip), open_clip};
  if (std::filesystem::is_directory(path_in(folder, "snapshots"), error)) {
    raise<FileError>({path_text(folder),
                      ": expected a model folder with config.json and model.safetensors, found the "
                      "root of a cache: name one of its folders snapshots/<hash>"});
  }
  bool tensors_tell = false;
  try {
    tensors_tell = recognises_tensors(families, TensorStore::open(folder));
  } catch (const FileError&) {
    // What is missing first is the configuration.
  }
  return {tensors_tell ? empty_json_object() : parse_json_file(path), path};
}

/// The first family that recognises the configuration or, where that names no model, the tensors;
/// null where none does. Throws `ConfigError` where a release is stated beside a configuration.
template <class Family, class Files>
const Family* find_family(const std::vector<Family>& families, const Files& files) {
  // Checks that the document is an object before any family looks into it.
  const JsonObject config(files.config, files.config_source);
  const bool bare = !config.has("architecture") && !config.has("model_type");
  for (const Family& family : families) {
    const bool by_config = family.recognises(files.config);
    const bool by_tensors =
        bare && family.recognises_tensors != nullptr && family.recognises_tensors(files.tensors);
    if (by_config && !files.release.empty()) {
      raise<ConfigError>({files.config_source,
                          ": expected no release beside a configuration, "
                          "which tells what the weights are, found release ",
                          Quoted{files.release}});
    }
    if (by_config || by_tensors) return &family;
  }
  return nullptr;
}

/// What is supported of all families, for the message about an unknown one. What neighbours begin
/// with alike is said once, so that the list stays readable.
template <class Family>
std::string supported_by(const std::vector<Family>& families) {
  constexpr std::string_view shared = "transformers model_type ";
  std::string supported;
  bool is_said = false;
  for (const Family& family : families) {
    std::string_view text = family.supported;
    const bool begins = text.substr(0, shared.size()) == shared;
    if (begins && is_said) text.remove_prefix(shared.size());
    is_said = begins;
    supported += message({supported.empty() ? "" : "; ", text});
  }
  return supported;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
