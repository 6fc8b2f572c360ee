/// HEIC, by libheif: the primary image.
#ifndef EIGENVIT_IMAGE_CODECS_LIBHEIF_INL
#define EIGENVIT_IMAGE_CODECS_LIBHEIF_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include <libheif/heif.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/signatures.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

struct HeifFree {
  void operator()(heif_context* context) const noexcept { heif_context_free(context); }
  void operator()(heif_image_handle* handle) const noexcept { heif_image_handle_release(handle); }
  void operator()(heif_decoding_options* options) const noexcept {
    heif_decoding_options_free(options);
  }
  void operator()(heif_image* image) const noexcept { heif_image_release(image); }
};

inline void check_heif(const EncodedImage& file, const heif_error& error) {
  if (error.code == heif_error_Ok) return;
  if (error.code == heif_error_Memory_allocation_error &&
      error.subcode != heif_suberror_Security_limit_exceeded) {
    throw std::bad_alloc();
  }
  std::string words = error.message != nullptr ? error.message : "";
  std::replace(words.begin(), words.end(), '\n', ' ');
  words.erase(words.find_last_not_of(' ') + 1);
  file.fail({"the HEIC is truncated, corrupt or not decoded by this libheif (", words, ")"});
}

/// Rotation and mirroring of the boxes are part of decoding and make the EXIF orientation void, as
/// for pillow-heif.
EIGENVIT_INLINE Image decode_heif(const EncodedImage& file) {
  const std::unique_ptr<heif_context, HeifFree> context(heif_context_alloc());
  if (context == nullptr) throw std::bad_alloc();
  heif_context_set_max_decoding_threads(context.get(), 0);
  check_heif(file, heif_context_read_from_memory_without_copy(context.get(), file.data, file.size,
                                                              nullptr));
  heif_image_handle* found = nullptr;
  check_heif(file, heif_context_get_primary_image_handle(context.get(), &found));
  const std::unique_ptr<heif_image_handle, HeifFree> handle(found);
  const int width = heif_image_handle_get_width(handle.get());
  const int height = heif_image_handle_get_height(handle.get());
  file.check_size(static_cast<std::uint64_t>(std::max(width, 0)),
                  static_cast<std::uint64_t>(std::max(height, 0)));

  const std::unique_ptr<heif_decoding_options, HeifFree> options(heif_decoding_options_alloc());
  if (options == nullptr) throw std::bad_alloc();
  options->convert_hdr_to_8bit = 1;
  heif_image* decoded = nullptr;
  check_heif(file, heif_decode_image(handle.get(), &decoded, heif_colorspace_RGB,
                                     heif_chroma_interleaved_RGB, options.get()));
  const std::unique_ptr<heif_image, HeifFree> pixels(decoded);
  int stride = 0;
  const std::uint8_t* const plane =
      heif_image_get_plane_readonly(pixels.get(), heif_channel_interleaved, &stride);
  const int decoded_width = heif_image_get_width(pixels.get(), heif_channel_interleaved);
  const int decoded_height = heif_image_get_height(pixels.get(), heif_channel_interleaved);
  // Cameras state a size that the coded picture does not always have.
  file.check_size(static_cast<std::uint64_t>(std::max(decoded_width, 0)),
                  static_cast<std::uint64_t>(std::max(decoded_height, 0)));
  if (plane == nullptr) file.fail({"the HEIC's pixels are not decoded to RGB"});
  return to_rgb({plane, decoded_width, decoded_height, stride, PixelFormat::rgb});
}

class LibheifCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "HEIC"; }
  std::string_view extensions() const override { return "heic heics heif heifs hif"; }
  bool recognises(const EncodedImage& head) const override {
    return boxed_image(head) == BoxedImage::heic;
  }
  Image decode(const EncodedImage& file) const override { return decode_heif(file); }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
