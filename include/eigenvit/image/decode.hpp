/// Image files to pixels: PNG, JPEG, BMP, GIF, TGA and PNM, the formats of the optional libraries,
/// and those of a program's own codecs; of animations the first frame.
#ifndef EIGENVIT_IMAGE_DECODE_HPP
#define EIGENVIT_IMAGE_DECODE_HPP

#include <cstddef>
#include <filesystem>
#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/decode_options.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Reads an image file. Grey, palette, alpha and 16-bit images become 8-bit RGB as Pillow's
/// `Image.open(path).convert("RGB")` makes them: alpha is dropped without blending.
///
/// Throws `FileError` where the path is missing, not a regular file or cannot be read;
/// `FormatError` where the bytes are no image of a known format, are truncated or corrupt, or claim
/// more pixels than `options.max_pixels`; `UnsupportedError` for a format or a variant of one that
/// is recognised and not decoded (for example TIFF, or a JPEG of 12 bits).
Image load_image(const std::filesystem::path& path, const DecodeOptions& options = {});

/// Decodes the `size` bytes of an image file in memory; `name` is its name in messages. Throws as
/// `load_image` does, except `FileError`.
Image decode_image(const void* bytes, std::size_t size, const DecodeOptions& options = {},
                   const std::string& name = "image");

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/decode.inl>
#endif

#endif
