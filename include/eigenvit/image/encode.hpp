/// Pixels to image files: PNG and JPEG.
#ifndef EIGENVIT_IMAGE_ENCODE_HPP
#define EIGENVIT_IMAGE_ENCODE_HPP

#include <cstdint>
#include <filesystem>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

enum class ImageFormat {
  png,   ///< Lossless. A grey view stays grey, others become 8-bit RGB; alpha is dropped.
  jpeg,  ///< Baseline; sides up to 65535.
};

struct EncodeOptions {
  /// Of a JPEG, from 1 (small) to 100 (close to the original); up to 90 colours are stored at half
  /// of the resolution.
  int jpeg_quality = 90;
};

/// The largest images that are encoded: 178 million pixels.
constexpr Index max_encoded_bytes = Index{1} << 29;

/// The format that the extension of a file's name means: `.png`, `.jpg` or `.jpeg`, in any case.
/// Throws `UnsupportedError` for another extension.
ImageFormat image_format(const std::filesystem::path& path);

/// The bytes of an image file. Throws `ShapeError` where the view is not valid, `UnsupportedError`
/// where it is too large for the format or for `max_encoded_bytes` of RGB, `ConfigError` where the
/// quality is not in `[1, 100]`, `std::bad_alloc` where memory is short.
std::vector<std::uint8_t> encode_image(const ImageView& image, ImageFormat format,
                                       const EncodeOptions& options = {});

/// The bytes of a grey PNG of 16 bits, of `values [height, width]` without gaps between rows.
/// Throws `ShapeError` unless there are pixels, `UnsupportedError` for more than `max_encoded_bytes
/// / 3`.
std::vector<std::uint8_t> encode_grey16(const std::uint16_t* values, Index width, Index height);

/// Writes an image file, in the format that its extension names. The file is either as it was or
/// complete: the bytes go to a temporary file beside it, which is then renamed. Throws as
/// `image_format` and `encode_image`, and `FileError` where the file cannot be written.
void save_image(const std::filesystem::path& path, const ImageView& image,
                const EncodeOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/encode.inl>
#endif

#endif
