#ifndef EIGENVIT_FEATURES_CLASS_FOLDERS_INL
#define EIGENVIT_FEATURES_CLASS_FOLDERS_INL

#include <algorithm>
#include <map>
#include <system_error>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_below.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/real_path.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/features/class_folders.hpp>
#include <eigenvit/features/image_files.hpp>
#include <eigenvit/features/library_names.hpp>
#include <eigenvit/image/image_formats.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Notes what lies in the folder around the classes, and gives the folders of the classes.
inline std::map<std::string, std::filesystem::path> class_folders_in(
    const std::filesystem::path& folder, PassedOver& passed_over) {
  namespace fs = std::filesystem;
  std::map<std::string, fs::path> folders;
  std::error_code error;
  const fs::path root = real_path(folder, error);
  const std::string around = utf8_text(root.filename());
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = utf8_text(entry->path().filename());
    std::error_code ignored;
    if (is_hidden(name)) {
      ++passed_over.hidden;
    } else if (!entry->is_directory(ignored)) {
      const std::string suffix = utf8_text(entry->path().extension());
      image_format_of_extension(suffix).name.empty()
          ? ++passed_over.other_files
          : ++passed_over.formats["outside of the folders of classes"].files;
    } else if (is_system_folder(name, around)) {
      ++passed_over.systems[name];
    } else if (is_link(*entry) && is_same_or_above(real_path(entry->path(), ignored), root)) {
      ++passed_over.known_links[name];
    } else {
      folders[name] = entry->path();
    }
  }
  if (error) {
    raise<FileError>({path_text(folder), ": the folder cannot be read: ", error.message()});
  }
  return folders;
}

}  // namespace detail

EIGENVIT_INLINE ClassFolders find_class_folders(const std::filesystem::path& folder,
                                                const DecodeOptions& options) {
  ClassFolders found;
  const auto folders = detail::class_folders_in(folder, found.passed_over);
  if (folders.size() < 2) {
    const std::string passed_over = found.passed_over.text();
    detail::raise<FileError>(
        {detail::path_text(folder), ": expected at least 2 folders, one for each class, found ",
         folders.size(), passed_over.empty() ? "" : "; passed over: ", passed_over});
  }
  std::error_code ignored;
  const std::filesystem::path around = detail::real_path(folder, ignored);
  for (const auto& [label, path] : folders) {
    const ImageFiles files = detail::find_image_files_in(path, options, around);
    for (std::size_t i = 0; i < files.names.size(); ++i) found.paths.push_back(files.path(i));
    found.classes.insert(found.classes.end(), files.names.size(),
                         static_cast<Index>(found.labels.size()));
    found.labels.push_back(label);
    found.errors.insert(found.errors.end(), files.errors.begin(), files.errors.end());
    found.passed_over += files.passed_over;
  }
  return found;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
