/// A format of image files: how it is recognised and decoded.
#ifndef EIGENVIT_IMAGE_IMAGE_CODEC_HPP
#define EIGENVIT_IMAGE_IMAGE_CODEC_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Decodes one format. A program can put codecs of its own in front of the built-in ones
/// (`DecodeOptions::codecs`), for example of OpenCV, libvips or a camera's maker. One object serves
/// any number of threads at the same time.
///
/// To build in a format, write a file in `image/codecs/` and name it in `codecs.inl`.
class ImageCodec {
 public:
  /// The bytes at the beginning of a file, at most, by which it is recognised.
  static constexpr std::size_t head_bytes = 512;

  ImageCodec() = default;
  ImageCodec(const ImageCodec&) = delete;
  ImageCodec& operator=(const ImageCodec&) = delete;
  virtual ~ImageCodec() = default;

  /// What the format is called in messages, for example "JPEG".
  virtual std::string_view name() const = 0;

  /// The extensions of such files' names, in lower case, without dots, with a space between them;
  /// none by default. They tell which files of a folder are images, not how a file is decoded.
  virtual std::string_view extensions() const { return {}; }

  /// Whether a file that begins with these bytes is of this format. There are `head_bytes` of them,
  /// or as many as the file has where those are fewer.
  virtual bool recognises(const EncodedImage& head) const = 0;

  /// The pixels as they are stored, before the orientation is applied. Throws `FormatError` where
  /// the file is truncated or corrupt, or where its header claims more pixels than
  /// `file.options.max_pixels`; `UnsupportedError` for a variant that is not decoded.
  virtual Image decode(const EncodedImage& file) const = 0;

  /// The orientation that the file states, 1 to 8 as `apply_orientation` takes it; 0: none. Of a
  /// file that `decode` refuses it may throw an `Error` too.
  virtual int orientation(const EncodedImage& file) const {
    static_cast<void>(file);
    return 0;
  }
};

/// The built-in codecs, in the order in which they are tried.
const std::vector<std::shared_ptr<const ImageCodec>>& image_codecs();

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/codecs/codecs.inl>
#endif

#endif
