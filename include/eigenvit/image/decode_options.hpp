/// Settings of the decoder of image files.
#ifndef EIGENVIT_IMAGE_DECODE_OPTIONS_HPP
#define EIGENVIT_IMAGE_DECODE_OPTIONS_HPP

#include <cstdint>
#include <memory>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

class ImageCodec;

/// How `load_image` and `decode_image` decode.
struct DecodeOptions {
  /// Turn and mirror the pixels as the file's EXIF orientation says, like Pillow's
  /// `ImageOps.exif_transpose`. timm's own scripts leave the orientation unapplied.
  bool apply_exif_orientation = true;
  /// The most pixels that a file's header may claim; checked before anything is decoded. Beyond the
  /// default, about 179 million, Pillow refuses too.
  /// A small file of a large picture is refused too: beyond 2^24 pixels there must be a byte for
  /// each 1280.
  std::uint64_t max_pixels = 178'956'970;
  /// Codecs of the program's own (`image/image_codec.hpp`). The first that recognises a file
  /// decodes it; the built-in ones are tried after them. What they return is held against
  /// `max_pixels`.
  std::vector<std::shared_ptr<const ImageCodec>> codecs;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
