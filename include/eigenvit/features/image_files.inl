#ifndef EIGENVIT_FEATURES_IMAGE_FILES_INL
#define EIGENVIT_FEATURES_IMAGE_FILES_INL

#include <algorithm>
#include <iterator>
#include <string_view>
#include <system_error>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/features/image_files.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the extension is that of an image, without its dot.
inline bool is_image_extension(std::string extension) {
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  constexpr std::string_view known[] = {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg",
                                        ".pbm", ".pgm", ".png",  ".pnm", ".ppm",  ".tga"};
  return std::find(std::begin(known), std::end(known), extension) != std::end(known);
}

/// Adds the images of one folder and puts the folders in it onto `waiting`. Names are relative:
/// `prefix` is that of the folder.
inline std::error_code add_images_of(const std::filesystem::path& folder, const std::string& prefix,
                                     ImageFiles& found, std::vector<std::string>& waiting) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = utf8_text(entry->path().filename());
    if (name.empty() || name.front() == '.') continue;
    // Entries that went away meanwhile are neither file nor folder.
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (!entry->is_symlink(ignored)) waiting.push_back(prefix + name + '/');
    } else if (entry->is_regular_file(ignored) &&
               is_image_extension(utf8_text(entry->path().extension()))) {
      found.names.push_back(prefix + name);
    }
  }
  return error;
}

}  // namespace detail

EIGENVIT_INLINE std::filesystem::path ImageFiles::path(std::size_t i) const {
  return detail::path_in(folder, names[i]);
}

EIGENVIT_INLINE ImageFiles find_image_files(const std::filesystem::path& folder) {
  const std::string name = detail::path_text(folder);
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    detail::raise<FileError>({name, ": expected a folder of images, found ",
                              std::filesystem::exists(folder, error) ? "a file" : "nothing there"});
  }
  ImageFiles found;
  found.folder = folder;
  std::vector<std::string> waiting = {""};
  while (!waiting.empty()) {
    const std::string prefix = std::move(waiting.back());
    waiting.pop_back();
    const std::filesystem::path next = detail::path_in(folder, prefix);
    const std::error_code failed = detail::add_images_of(next, prefix, found, waiting);
    if (!failed) continue;
    const std::string line = detail::message(
        {detail::path_text(next), ": the folder cannot be read: ", failed.message()});
    if (prefix.empty()) detail::raise<FileError>({line});
    found.errors.push_back(line);
  }
  if (found.names.empty()) {
    detail::raise<FileError>(
        {name, ": expected images (PNG, JPEG, BMP, GIF, TGA or PNM files), found none"});
  }
  std::sort(found.names.begin(), found.names.end());
  std::sort(found.errors.begin(), found.errors.end());
  return found;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
