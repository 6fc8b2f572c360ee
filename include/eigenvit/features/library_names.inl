#ifndef EIGENVIT_FEATURES_LIBRARY_NAMES_INL
#define EIGENVIT_FEATURES_LIBRARY_NAMES_INL

#include <algorithm>
#include <array>
#include <string>

#include <eigenvit/core/words.hpp>
#include <eigenvit/features/library_names.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

EIGENVIT_INLINE bool is_movie_suffix(std::string_view suffix) {
  static constexpr std::array<std::string_view, 24> suffixes = {
      ".3g2", ".3gp", ".asf", ".avi", ".divx", ".flv",  ".insv", ".m2ts",
      ".m2v", ".m4v", ".mkv", ".mov", ".mp4",  ".mpe",  ".mpeg", ".mpg",
      ".mts", ".ogv", ".qt",  ".ts",  ".vob",  ".webm", ".wmv",  ".lrv"};
  return std::find(suffixes.begin(), suffixes.end(), small_letters(suffix)) != suffixes.end();
}

EIGENVIT_INLINE bool is_system_folder(std::string_view name, std::string_view parent) {
  static constexpr std::array<std::string_view, 21> names = {"@eadir",
                                                             "#recycle",
                                                             "#snapshot",
                                                             "@tmp",
                                                             "@sharebin",
                                                             "@sharesnap",
                                                             "@synoresource",
                                                             "@synoeastream",
                                                             "@recycle",
                                                             "@recently-snapshot",
                                                             "@__thumb",
                                                             "@transcode",
                                                             "~snapshot",
                                                             "$recycle.bin",
                                                             "system volume information",
                                                             "recycler",
                                                             "__macosx",
                                                             "lost+found",
                                                             "__pycache__",
                                                             "network trash folder",
                                                             "temporary items"};
  static constexpr std::array<std::string_view, 4> libraries = {
      ".photoslibrary", ".photolibrary", ".migratedphotolibrary", ".aplibrary"};
  const std::string lower = small_letters(name);
  const std::string around = small_letters(parent);
  const bool in_library =
      std::any_of(libraries.begin(), libraries.end(),
                  [&](std::string_view library) { return ends_with(around, library); });
  return std::find(names.begin(), names.end(), lower) != names.end() ||
         ends_with(lower, ".lrdata") || (in_library && lower != "originals" && lower != "masters");
}

EIGENVIT_INLINE bool is_system_file(std::string_view name) {
  static constexpr std::array<std::string_view, 3> beginnings = {"SYNOPHOTO", "SYNOFILE_THUMB",
                                                                 "SYNOVIDEO"};
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) {
    return name.substr(0, beginning.size()) == beginning;
  });
}

EIGENVIT_INLINE bool is_hidden(std::string_view name) {
  return !name.empty() && name.front() == '.';
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
