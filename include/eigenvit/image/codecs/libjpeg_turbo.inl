/// JPEG, by libjpeg-turbo where a file is as encoders write it, else by the built-in decoder: the
/// same pixels, in less time.
#ifndef EIGENVIT_IMAGE_CODECS_LIBJPEG_TURBO_INL
#define EIGENVIT_IMAGE_CODECS_LIBJPEG_TURBO_INL

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include <turbojpeg.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the file is a sequential JPEG of 8 bits with all its components, one or three, in one
/// scan: decoded row by row, once, with no more work than its pixels are. What the segments hold is
/// the library's to check.
inline bool is_plain_jpeg(const EncodedImage& file) noexcept {
  int components = 0;
  for (std::size_t at = 2; file.has(at, 4) && file.data[at] == 0xff;) {
    const int marker = file.data[at + 1];
    const std::size_t length = file.big(at + 2, 2);
    if (marker < 0xc0 || marker > 0xfe || (marker >= 0xd0 && marker <= 0xd8) || length < 2 ||
        !file.has(at + 2, length)) {
      return false;
    }
    if (marker == 0xc0 || marker == 0xc1) {
      if (components != 0 || length < 8 || file.data[at + 4] != 8) return false;
      components = file.data[at + 9];
      if (components != 1 && components != 3) return false;
    } else if (marker == 0xda) {
      return length >= 3 && components > 0 && file.data[at + 4] == components;
    } else if ((marker > 0xc1 && marker <= 0xcf && marker != 0xc4) || marker == 0xd9) {
      return false;
    }
    at += 2 + length;
  }
  return false;
}

struct TurboJpegFree {
  void operator()(void* handle) const noexcept { tjDestroy(handle); }
};

/// False where the library refuses the file or mends it: then the built-in decoder decides, which
/// does as Pillow.
EIGENVIT_INLINE bool decode_turbojpeg(const EncodedImage& file, Image& image) {
  const std::unique_ptr<void, TurboJpegFree> decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  const auto size = static_cast<unsigned long>(file.size);
  int width = 0, height = 0, sampling = -1, space = -1;
  if (tjDecompressHeader3(decoder.get(), file.data, size, &width, &height, &sampling, &space) !=
      0) {
    return false;
  }
  file.check_size(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));
  // A block of 64 samples takes two bits at least: a header that claims more pixels than the file
  // has bits for does not get its memory here.
  if (static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) / 256 > file.size) {
    return false;
  }
  image = Image(width, height);
  return tjDecompress2(decoder.get(), file.data, size, image.data(), width, 0, height, TJPF_RGB,
                       TJFLAG_ACCURATEDCT) == 0;
}

class LibjpegTurboCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return built_in_.name(); }
  std::string_view extensions() const override { return built_in_.extensions(); }
  bool recognises(const EncodedImage& head) const override { return built_in_.recognises(head); }
  Image decode(const EncodedImage& file) const override {
    {
      Image image;
      if (is_plain_jpeg(file) && decode_turbojpeg(file, image)) return image;
    }
    return built_in_.decode(file);
  }
  int orientation(const EncodedImage& file) const override { return built_in_.orientation(file); }

 private:
  JpegCodec built_in_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
