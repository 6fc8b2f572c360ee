/// What a caller asks of the decoder of image files.
#ifndef EIGENVIT_IMAGE_DECODE_OPTIONS_HPP
#define EIGENVIT_IMAGE_DECODE_OPTIONS_HPP

#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How `load_image` and `decode_image` decode.
struct DecodeOptions {
  /// Turn and mirror the pixels as the file's EXIF orientation says, like Pillow's
  /// `ImageOps.exif_transpose`. timm's own scripts leave the orientation unapplied.
  bool apply_exif_orientation = true;
  /// The most pixels that a file's header may claim; checked before anything is decoded. Beyond the
  /// default, about 179 million, Pillow refuses too.
  std::uint64_t max_pixels = 178'956'970;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
