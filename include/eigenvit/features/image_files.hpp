/// The image files of a folder.
#ifndef EIGENVIT_FEATURES_IMAGE_FILES_HPP
#define EIGENVIT_FEATURES_IMAGE_FILES_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/features/passed_over.hpp>
#include <eigenvit/image/decode_options.hpp>

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
  PassedOver passed_over;

  std::filesystem::path path(std::size_t i) const;
};

/// Looks for images in a folder and all folders in it: regular files whose suffix, in any case of
/// letters, is that of a format which this build or one of `options.codecs` decodes; and those with
/// the suffix of another picture whose first bytes are of such a format, for example a JPEG that is
/// called .heic.
///
/// Passed over, counted in `passed_over`: what begins with a dot, and the folders and thumbnails
/// that NAS, cameras and systems leave among photographs (`detail::is_system_folder`). Links to
/// folders are followed, after all other folders and in the order of their names, unless the folder
/// is looked through anyway or contains `folder`: each folder is looked through once. Links to
/// files are images like others.
///
/// Throws `FileError` when the folder is missing or cannot be read, and when there is no image in
/// it; the message then says what was passed over.
ImageFiles find_image_files(const std::filesystem::path& folder, const DecodeOptions& options = {});

namespace detail {

/// The same for a folder that is looked through together with others in the folder `around`, which
/// is given without links: links into that one are not followed.
ImageFiles find_image_files_in(const std::filesystem::path& folder, const DecodeOptions& options,
                               const std::filesystem::path& around);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/image_files.inl>
#endif

#endif
