#ifndef EIGENVIT_IO_TEXT_FOLDER_INL
#define EIGENVIT_IO_TEXT_FOLDER_INL

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/text.hpp>
#include <eigenvit/io/text_family.hpp>
#include <eigenvit/io/text_folder.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The configuration as the first family that recognises it reads it.
inline TextCheckpoint read_text_checkpoint(const TextFiles& files) {
  // Checks that the document is an object before any family looks into it.
  const JsonObject config(files.config, files.config_source);
  std::string supported;
  for (const TextFamily& family : text_families()) {
    if (family.recognises(files.config)) {
      TextCheckpoint checkpoint = family.read(files);
      validate(checkpoint.config, files.config_source);
      return checkpoint;
    }
    supported += message({supported.empty() ? "" : "; ", family.supported});
  }
  raise<UnsupportedError>(
      {files.config_source, ": expected a model that reads texts (", supported, "), found ",
       config.has("model_type") ? message({"model_type ", json_text(config.required("model_type"))})
                                : std::string("no 'model_type'")});
}

}  // namespace detail

EIGENVIT_INLINE TextFolder TextFolder::open(const std::filesystem::path& folder,
                                            const TextOptions& options) {
  const std::filesystem::path config_path = detail::path_in(folder, "config.json");
  const detail::JsonDocument config = detail::parse_json_file(config_path);
  TensorStore tensors = TensorStore::open(folder);
  TextCheckpoint checkpoint =
      detail::read_text_checkpoint({*config, detail::path_text(config_path), tensors});
  return TextFolder(std::move(tensors), std::move(checkpoint), options);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
