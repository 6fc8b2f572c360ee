/// JPEG, by libjpeg-turbo: Pillow's bytes, and faster.
#ifndef EIGENVIT_IMAGE_CODECS_LIBJPEG_TURBO_INL
#define EIGENVIT_IMAGE_CODECS_LIBJPEG_TURBO_INL

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include <turbojpeg.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

struct TurboJpegFree {
  void operator()(void* handle) const noexcept { tjDestroy(handle); }
};

/// As Pillow converts: by the black left over, with `a b / 255` rounded.
inline std::uint8_t ink_to_light(std::uint8_t light, std::uint8_t black) noexcept {
  const unsigned product = light * unsigned{black} + 128;
  return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
}

/// False where the library does not know the sampling of the components.
EIGENVIT_INLINE bool decode_turbojpeg(const EncodedImage& file, Image& image) {
  const std::unique_ptr<void, TurboJpegFree> decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  const auto size = static_cast<unsigned long>(file.size);
  int width = 0, height = 0, sampling = -1, space = -1;
  if (tjDecompressHeader3(decoder.get(), file.data, size, &width, &height, &sampling, &space) !=
      0) {
    return false;
  }
  const bool inks = space == TJCS_CMYK || space == TJCS_YCCK;
  image = Image(width, height);
  std::vector<std::uint8_t> planes;
  if (inks) planes.resize(static_cast<std::size_t>(4 * image.width() * image.height()));
  std::uint8_t* const pixels = inks ? planes.data() : image.data();
  // Warnings are about data that were mended; Pillow takes no notice of them either.
  if (tjDecompress2(decoder.get(), file.data, size, pixels, width, 0, height,
                    inks ? TJPF_CMYK : TJPF_RGB, TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) != 0 &&
      tjGetErrorCode(decoder.get()) != TJERR_WARNING) {
    file.fail({"not a JPEG that can be decoded, or corrupt (", tjGetErrorStr2(decoder.get()), ")"});
  }
  if (inks) {
    // Adobe's files hold inverted inks, and Pillow takes all for Adobe's.
    const std::uint8_t* ink = planes.data();
    std::uint8_t* out = image.data();
    for (Index i = image.width() * image.height(); i > 0; --i, ink += 4, out += 3) {
      for (int c = 0; c < 3; ++c) out[c] = ink_to_light(ink[c], ink[3]);
    }
  }
  return true;
}

class LibjpegTurboCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return "JPEG"; }
  bool recognises(const EncodedImage& head) const override { return built_in_.recognises(head); }
  Image decode(const EncodedImage& file) const override {
    read_jpeg_markers(file);
    Image image;
    return decode_turbojpeg(file, image) ? image : built_in_.decode(file);
  }
  int orientation(const EncodedImage& file) const override { return built_in_.orientation(file); }

 private:
  JpegCodec built_in_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
