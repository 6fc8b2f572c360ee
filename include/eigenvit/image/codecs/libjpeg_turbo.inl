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

/// What is known of a JPEG before it is decoded.
struct TurboJpegKind {
  bool fits = false;        ///< Whether libjpeg-turbo is to decode it.
  bool arithmetic = false;  ///< Whether it has arithmetic codes, which no other decoder here reads.
};

/// Fits a JPEG of 8 bits with all its components, one or three, in one scan: decoded row by row,
/// once, with no more work than its pixels are. Also a progressive one of arithmetic codes in a few
/// scans. What the segments hold is the library's to check.
inline TurboJpegKind turbojpeg_kind(const EncodedImage& file) noexcept {
  constexpr std::uint8_t sequential = 0xc0, extended = 0xc1, arithmetic = 0xc9,
                         arithmetic_progressive = 0xca, scan = 0xda;
  TurboJpegKind kind;
  int frame = 0;
  int components = 0;
  for (std::size_t at = 2; file.has(at, 4) && file.data[at] == 0xff;) {
    const std::uint8_t marker = file.data[at + 1];
    const std::size_t length = file.big(at + 2, 2);
    if (length < 3 || !file.has(at + 2, length)) return kind;
    if (marker == sequential || marker == extended || marker == arithmetic ||
        marker == arithmetic_progressive) {
      kind.arithmetic = marker == arithmetic || marker == arithmetic_progressive;
      if (frame != 0 || length < 8 || file.data[at + 4] != 8) return kind;
      frame = marker;
      components = file.data[at + 9];
      if (components != 1 && components != 3) return kind;
    } else if (marker == scan) {
      if (frame != arithmetic_progressive) {
        kind.fits = frame != 0 && file.data[at + 4] == components;
        return kind;
      }
      constexpr std::string_view mark("\xff\xda", 2);
      const std::string_view rest(reinterpret_cast<const char*>(file.data), file.size);
      int scans = 0;
      for (std::size_t i = rest.find(mark); i != std::string_view::npos;
           i = rest.find(mark, i + 2)) {
        ++scans;
      }
      kind.fits = scans <= 16;
      return kind;
    } else if (marker != 0xc4 && marker != 0xcc && marker != 0xdb && marker != 0xdd &&
               marker != 0xfe && (marker & 0xf0) != 0xe0) {
      // Not a table, a comment or an application's segment.
      return kind;
    }
    at += 2 + length;
  }
  return kind;
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
  // A block of 64 samples takes two bits of Huffman codes at least: a header that claims more
  // pixels than the file has bits for does not get its memory here.
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
    const TurboJpegKind kind = turbojpeg_kind(file);
    if (kind.fits) {
      Image image;
      if (decode_turbojpeg(file, image)) return image;
    }
    if (kind.arithmetic) {
      file.fail(
          {"the arithmetic-coded JPEG is truncated, corrupt or of a kind that libjpeg-turbo "
           "does not decode"});
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
