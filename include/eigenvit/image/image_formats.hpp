/// Which formats of image files this build decodes.
#ifndef EIGENVIT_IMAGE_IMAGE_FORMATS_HPP
#define EIGENVIT_IMAGE_IMAGE_FORMATS_HPP

#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The formats that `load_image` decodes, for messages: "JPEG, PNG, BMP, GIF, PNM or TGA", and
/// those of the optional libraries that are built in.
std::string image_format_names();

/// What the extension of a file's name says about the file.
struct ImageFileFormat {
  std::string_view name;      ///< "WebP" for example; empty: not the extension of an image.
  bool is_decoded = false;    ///< Whether `load_image` decodes files of the format.
  std::string_view advice{};  ///< What to do where it does not: "build with EIGENVIT_WITH_WEBP".
};

/// Looks an extension up: in any case, with or without its dot. The bytes of the file decide how it
/// is decoded, whatever its name says.
ImageFileFormat image_format_of_extension(std::string_view extension);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/image_formats.inl>
#endif

#endif
