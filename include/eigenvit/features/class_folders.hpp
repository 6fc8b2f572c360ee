/// Images in a folder for each class.
#ifndef EIGENVIT_FEATURES_CLASS_FOLDERS_HPP
#define EIGENVIT_FEATURES_CLASS_FOLDERS_HPP

#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/passed_over.hpp>
#include <eigenvit/image/decode_options.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The images of a folder that holds a folder for each class, named as the class.
struct ClassFolders {
  std::vector<std::string> labels;           ///< UTF-8, in the order of their bytes
  std::vector<std::filesystem::path> paths;  ///< of all images, class by class
  std::vector<Index> classes;                ///< of each path
  std::vector<std::string> errors;           ///< one line for each folder that could not be read
  /// In the folders of the classes; and beside them, where files are no images of any class.
  PassedOver passed_over;
};

/// Finds them. The folders of systems and those that begin with a dot are no classes, and in the
/// folder of a class images are looked for as `find_image_files` does; a link to a folder is a
/// class unless it leads to `folder` or above. Throws `FileError` when the folder is missing or
/// cannot be read, when it has fewer than two classes, and when a class has no image: the message
/// names it and what was passed over there.
ClassFolders find_class_folders(const std::filesystem::path& folder,
                                const DecodeOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/class_folders.inl>
#endif

#endif
