/// JPEG: by libjpeg-turbo where the program asks for it, else by stb_image.
#ifndef EIGENVIT_IMAGE_DECODE_JPEG_INL
#define EIGENVIT_IMAGE_DECODE_JPEG_INL

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#ifdef EIGENVIT_WITH_TURBOJPEG
#include <turbojpeg.h>
#endif

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/decode_stb.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What the markers of a JPEG say.
struct JpegMarkers {
  int frame = 0;  ///< The start-of-frame marker, 0xc0 to 0xcf; 0: none.
  std::uint32_t precision = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t components = 0;
  int orientation = 0;
};

/// The orientation in a block of XMP, for files without the EXIF tag.
inline int xmp_orientation(const std::uint8_t* text, std::size_t size) {
  const std::string xmp(reinterpret_cast<const char*>(text), size);
  const std::string tag = "tiff:Orientation";
  for (std::size_t at = xmp.find(tag); at != std::string::npos; at = xmp.find(tag, at + 1)) {
    std::size_t value = at + tag.size();
    if (xmp.compare(value, 2, "=\"") == 0) {
      value += 2;
    } else if (xmp.compare(value, 1, ">") == 0) {
      value += 1;
    } else {
      continue;
    }
    if (value < xmp.size() && xmp[value] >= '1' && xmp[value] <= '8') return xmp[value] - '0';
  }
  return 0;
}

/// Whether the Huffman tables in a segment hold what they announce, of at most 256 codes each:
/// stb_image before 2.29 writes past its tables where they announce more.
inline bool are_huffman_tables(const std::uint8_t* body, std::size_t size) noexcept {
  while (size > 0) {
    if (size < 17) return false;
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += body[i];
    if (codes > 256 || size - 17 < codes) return false;
    body += 17 + codes;
    size -= 17 + codes;
  }
  return true;
}

/// Walks the markers to the end of the image. Throws where that is not reached: decoders fill up a
/// truncated JPEG with grey, Pillow refuses it.
EIGENVIT_INLINE JpegMarkers read_jpeg_markers(const EncodedImage& file) {
  JpegMarkers found;
  int from_xmp = 0;
  bool scanned = false;
  const auto truncated = [&](std::size_t at) {
    file.fail(
        {"the JPEG is truncated: expected a marker at byte ", at, ", found the end of the file"});
  };
  for (std::size_t at = 2;;) {
    const void* const next =
        at < file.size ? std::memchr(file.data + at, 0xff, file.size - at) : nullptr;
    if (next == nullptr) truncated(file.size);
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(next) - file.data) + 1;
    if (at >= file.size) truncated(at);
    const int marker = file.data[at];
    // A fill byte, a stuffed zero or a restart marker within the scan.
    if (marker == 0xff) continue;
    ++at;
    if (marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker == 0xd9) break;
    if (!file.has(at, 2)) truncated(at);
    const std::size_t length = file.big(at, 2);
    if (length < 2) file.fail({"the JPEG holds a segment without a length"});
    if (!file.has(at, length)) truncated(file.size);
    const std::uint8_t* const body = file.data + at + 2;
    const std::size_t size = length - 2;
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
      if (found.frame != 0) file.fail({"the JPEG holds a second frame"});
      if (size < 6) file.fail({"the JPEG's frame header is too short"});
      found.frame = marker;
      found.precision = body[0];
      found.height = file.big(at + 3, 2);
      found.width = file.big(at + 5, 2);
      found.components = body[5];
      file.check_size(found.width, found.height);
    } else if (marker == 0xe1 && size >= 6 && std::memcmp(body, "Exif\0\0", 6) == 0) {
      if (found.orientation == 0) found.orientation = exif_orientation(body + 6, size - 6);
    } else if (marker == 0xe1 && size >= 29 &&
               std::memcmp(body, "http://ns.adobe.com/xap/1.0/\0", 29) == 0) {
      from_xmp = xmp_orientation(body + 29, size - 29);
    } else if (marker == 0xc4) {
      if (!are_huffman_tables(body, size)) file.fail({"the JPEG holds a broken Huffman table"});
    } else if (marker == 0xda) {
      scanned = true;
    }
    at += length;
  }
  if (found.frame == 0 || !scanned) file.fail({"the JPEG holds no image"});
  if (found.orientation == 0) found.orientation = from_xmp;
  return found;
}

#ifdef EIGENVIT_WITH_TURBOJPEG

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

#endif

/// `orientation` is set to the EXIF value where the file has one.
EIGENVIT_INLINE Image decode_jpeg(const EncodedImage& file, int& orientation) {
  const JpegMarkers markers = read_jpeg_markers(file);
  orientation = markers.orientation;
#ifdef EIGENVIT_WITH_TURBOJPEG
  Image image;
  if (decode_turbojpeg(file, image)) return image;
#endif
  if (markers.frame > 0xc2 || markers.precision != 8) {
    raise<UnsupportedError>(
        {file.name, ": expected a baseline or progressive JPEG of 8 bits, found frame type ",
         markers.frame - 0xc0, " of ", markers.precision, " bits"});
  }
  return decode_stb(file, "JPEG");
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
