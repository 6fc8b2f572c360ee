/// The image files of a folder.
#ifndef EIGENVIT_FEATURES_IMAGE_FILES_HPP
#define EIGENVIT_FEATURES_IMAGE_FILES_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Image files below a folder, by their names relative to it.
struct ImageFiles {
  std::filesystem::path folder;
  /// UTF-8 with `/` between folders, for example `cats/1.jpg`, in the order of their bytes, which
  /// is the same on every system.
  std::vector<std::string> names;
  /// One line for each folder that could not be read.
  std::vector<std::string> errors;

  std::filesystem::path path(std::size_t i) const;
};

/// Looks for images in a folder and all folders in it: regular files whose extension is that of a
/// format that `load_image` reads, in any case. What begins with a dot is passed over, and links to
/// folders are not followed. Throws `FileError` when the folder is missing or cannot be read, and
/// when there is no image in it.
ImageFiles find_image_files(const std::filesystem::path& folder);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/image_files.inl>
#endif

#endif
