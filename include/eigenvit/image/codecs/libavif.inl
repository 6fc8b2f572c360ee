/// AVIF, by libavif: the primary item, or the first frame of a sequence.
#ifndef EIGENVIT_IMAGE_CODECS_LIBAVIF_INL
#define EIGENVIT_IMAGE_CODECS_LIBAVIF_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include <avif/avif.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/orientation.inl>
#include <eigenvit/image/codecs/signatures.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads a file's boxes as Pillow does.
class AvifReader {
 public:
  explicit AvifReader(const EncodedImage& file) : file_(file), decoder_(avifDecoderCreate()) {
    if (decoder_ == nullptr) throw std::bad_alloc();
    decoder_->maxThreads = 1;
    // Also for the coded picture, which can be larger than the boxes say.
    constexpr std::uint64_t most = AVIF_DEFAULT_IMAGE_SIZE_LIMIT;
    decoder_->imageSizeLimit = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        std::min(file.options.max_pixels, file.claimable_pixels()), 1, most));
    // Encoders of the past leave the one out and write the other wrongly.
    decoder_->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_PIXI_REQUIRED);
    decoder_->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_CLAP_VALID);
    check(avifDecoderSetIOMemory(decoder_.get(), file.data, file.size));
    check(avifDecoderParse(decoder_.get()));
    file.check_size(decoder_->image->width, decoder_->image->height);
  }

  Image decode() {
    check(avifDecoderNthImage(decoder_.get(), 0));
    avifImage& coded = *decoder_->image;
    file_.check_size(coded.width, coded.height);
    Image image(static_cast<Index>(coded.width), static_cast<Index>(coded.height));
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, &coded);
    rgb.depth = 8;
    if (coded.alphaPlane != nullptr && coded.alphaPremultiplied != 0) {
      convert_premultiplied(coded, rgb, image);
      return image;
    }
    rgb.format = AVIF_RGB_FORMAT_RGB;
    rgb.pixels = image.data();
    rgb.rowBytes = 3 * coded.width;
    // With an alpha plane in sight, a conversion to RGB would blend with black.
    std::uint8_t* const alpha = coded.alphaPlane;
    coded.alphaPlane = nullptr;
    const avifResult result = avifImageYUVToRGB(&coded, &rgb);
    coded.alphaPlane = alpha;
    check(result);
    return image;
  }

  /// As Pillow takes it: the rotation and mirroring of the boxes count, an EXIF orientation does
  /// not, and XMP counts where there is neither.
  ///
  /// Source: ISO/IEC 23008-12, 6.5.10 and 6.5.12; the rotation comes first.
  int orientation() const {
    const avifImage& image = *decoder_->image;
    const bool turned = (image.transformFlags & AVIF_TRANSFORM_IROT) != 0 && image.irot.angle != 0;
    const bool mirrored = (image.transformFlags & AVIF_TRANSFORM_IMIR) != 0;
#if AVIF_VERSION >= 1000000
    const bool left_to_right = image.imir.axis != 0;
#else
    const bool left_to_right = image.imir.mode != 0;
#endif
    // By quarter turns against the clock: as they are, then top and bottom or left and right
    // swapped.
    constexpr std::uint8_t by_turns[4][3] = {{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}};
    const int value =
        by_turns[turned ? image.irot.angle & 3 : 0][mirrored ? left_to_right ? 2 : 1 : 0];
    if (value != 1 || image.xmp.size == 0) return value;
    if (image.exif.size != 0 && exif_orientation_tag(image.exif.data, image.exif.size)) return 1;
    return xmp_orientation({reinterpret_cast<const char*>(image.xmp.data), image.xmp.size});
  }

 private:
  /// Dividing by alpha takes a conversion to four channels.
  void convert_premultiplied(const avifImage& coded, avifRGBImage& rgb, Image& image) const {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(4) * coded.width * coded.height);
    rgb.format = AVIF_RGB_FORMAT_RGBA;
    rgb.pixels = pixels.data();
    rgb.rowBytes = 4 * coded.width;
    check(avifImageYUVToRGB(&coded, &rgb));
    copy_as_rgb(pixels.data(), PixelFormat::rgba, image.width() * image.height(), image.data());
  }
  void check(avifResult result) const {
    if (result == AVIF_RESULT_OUT_OF_MEMORY) throw std::bad_alloc();
    if (result != AVIF_RESULT_OK) {
      file_.fail({"the AVIF is truncated, corrupt or not decoded by this libavif (",
                  avifResultToString(result), ")"});
    }
  }
  struct Delete {
    void operator()(avifDecoder* decoder) const noexcept { avifDecoderDestroy(decoder); }
  };
  const EncodedImage& file_;
  std::unique_ptr<avifDecoder, Delete> decoder_;
};

class LibavifCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "AVIF"; }
  std::string_view extensions() const override { return "avif avifs"; }
  bool recognises(const EncodedImage& head) const override {
    return boxed_image(head) == BoxedImage::avif;
  }
  Image decode(const EncodedImage& file) const override { return AvifReader(file).decode(); }
  int orientation(const EncodedImage& file) const override {
    return AvifReader(file).orientation();
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
