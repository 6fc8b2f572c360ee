#ifndef EIGENVIT_IO_TEXT_FOLDER_INL
#define EIGENVIT_IO_TEXT_FOLDER_INL

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/find_family.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/text_family.hpp>
#include <eigenvit/io/text_folder.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The configuration as the first family that recognises it reads it.
inline TextCheckpoint read_text_checkpoint(const TextFiles& files) {
  if (const TextFamily* const family = find_family(text_families(), files)) {
    TextCheckpoint checkpoint = family->read(files);
    validate(checkpoint.config, files.config_source);
    return checkpoint;
  }
  const JsonObject config(files.config, files.config_source);
  raise<UnsupportedError>({files.config_source, ": expected a model that reads texts (",
                           supported_by(text_families()), "), found ",
                           config.has("model_type")
                               ? message({"model_type ", json_text(config.required("model_type"))})
                               : std::string("no 'model_type'")});
}

}  // namespace detail

EIGENVIT_INLINE TextFolder TextFolder::open(const std::filesystem::path& folder,
                                            const TextOptions& options) {
  const detail::FolderConfig config = detail::read_folder_config(folder, detail::text_families());
  TensorStore tensors = TensorStore::open(folder);
  TextCheckpoint checkpoint = detail::read_text_checkpoint(
      {*config.document, detail::path_text(config.path), tensors, options.release});
  return TextFolder(std::move(tensors), std::move(checkpoint), options);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
