/// Formats that are recognised, so that a message can name them, but for which no codec is built
/// in.
#ifndef EIGENVIT_IMAGE_CODECS_UNDECODED_FORMATS_INL
#define EIGENVIT_IMAGE_CODECS_UNDECODED_FORMATS_INL

#include <array>
#include <cstddef>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/encoded_image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A format without a codec.
struct UndecodedFormat {
  /// Whether a file with this head (see `ImageCodec::recognises`) is of the format.
  bool (*recognises)(const EncodedImage& head);
  /// Follows "expected an image that can be decoded, found ".
  std::string_view found;
};

/// The list; a new format is an entry. A codec that recognises the file comes first, so an entry
/// may be of a format that an optional library decodes.
inline constexpr std::array<UndecodedFormat, 2> undecoded_formats{{
    {[](const EncodedImage& head) {
       return head.starts_with("version https://git-lfs.github.com/spec/");
     },
     "a Git LFS pointer in its place: run git lfs pull"},
    {[](const EncodedImage& head) {
       return head.starts_with("II*\0") || head.starts_with("MM\0*") || head.starts_with("II+\0") ||
              head.starts_with("MM\0+");
     },
     "a TIFF image"},
}};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
