/// Formats that are recognised, so that a message can name them, but for which no codec is built
/// in.
#ifndef EIGENVIT_IMAGE_CODECS_UNDECODED_FORMATS_INL
#define EIGENVIT_IMAGE_CODECS_UNDECODED_FORMATS_INL

#include <cstddef>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/signatures.inl>
#include <eigenvit/image/encoded_image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A format without a codec.
struct UndecodedFormat {
  std::string_view name;  ///< As in `ImageCodec::name`.
  /// Whether a file with this head (see `ImageCodec::recognises`) is of the format.
  bool (*recognises)(const EncodedImage& head);
  std::string_view extensions;  ///< As in `ImageCodec::extensions`.
  std::string_view found;       ///< Follows "expected an image that can be decoded, found ".
  std::string_view advice;      ///< What to do about it.
};

inline constexpr std::string_view convert_it = "convert it to PNG or JPEG";

/// Whether the first characters, white space left out, are those of a literal of lower case.
template <std::size_t length>
bool begins_with_text(const EncodedImage& head, const char (&text)[length]) noexcept {
  std::size_t at = head.starts_with("\xef\xbb\xbf") ? 3 : 0;
  const auto is_space = [](std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (at < head.size && is_space(head.data[at])) ++at;
  if (!head.has(at, length - 1)) return false;
  for (std::size_t i = 0; i + 1 < length; ++i) {
    const std::uint8_t c = head.data[at + i];
    if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != text[i]) return false;
  }
  return true;
}

/// Whether the text within the head holds the characters of a literal.
template <std::size_t length>
bool holds_anywhere(const EncodedImage& head, const char (&text)[length]) noexcept {
  for (std::size_t at = 0; head.has(at, length - 1); ++at) {
    if (head.holds(at, text)) return true;
  }
  return false;
}

/// The list; a new format is an entry. The first that recognises the file names it. A codec that
/// recognises the file comes before all of them, so an entry may be of a format that an optional
/// library decodes.
inline constexpr UndecodedFormat undecoded_formats[] = {
    {"Git LFS pointer",
     [](const EncodedImage& head) {
       return head.starts_with("version https://git-lfs.github.com/spec/");
     },
     "", "a Git LFS pointer, not the image itself", "run git lfs pull"},
    {"WebP", is_webp, "webp", "a WebP image", "build with EIGENVIT_WITH_WEBP"},
    {"AVIF", [](const EncodedImage& head) { return boxed_image(head) == BoxedImage::avif; },
     "avif avifs", "an AVIF image", "build with EIGENVIT_WITH_AVIF"},
    {"HEIC", [](const EncodedImage& head) { return boxed_image(head) == BoxedImage::heic; },
     "heic heics heif heifs hif", "an HEIC (HEIF) image", "build with EIGENVIT_WITH_HEIF"},
    {"JPEG XL",
     [](const EncodedImage& head) {
       return head.starts_with("\xff\x0a") ||
              head.starts_with("\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a");
     },
     "jxl", "a JPEG XL image", convert_it},
    {"JPEG 2000",
     [](const EncodedImage& head) {
       return head.starts_with("\xff\x4f\xff\x51") ||
              head.starts_with("\x00\x00\x00\x0cjP  \x0d\x0a\x87\x0a");
     },
     "jp2 j2k j2c jpc jpf jpx", "a JPEG 2000 image", convert_it},
    {"JPEG XR", [](const EncodedImage& head) { return head.starts_with("II\xbc"); }, "jxr wdp hdp",
     "a JPEG XR image", convert_it},
    {"camera RAW",
     [](const EncodedImage& head) {
       return boxed_image(head) == BoxedImage::raw || head.holds(8, "CR\x02") ||
              head.starts_with("IIRO") || head.starts_with("IIRS") || head.starts_with("MMOR") ||
              head.starts_with("IIU\0") || head.starts_with("FUJIFILMCCD-RAW") ||
              head.starts_with("\0MRM") || head.starts_with("FOVb") || head.holds(6, "HEAPCCDR");
     },
     "cr2 cr3 crw nef nrw arw sr2 srf dng orf rw2 raf pef srw raw 3fr iiq x3f mrw erf kdc dcr",
     "a camera's RAW file", "develop it to PNG or JPEG"},
    {"TIFF",
     [](const EncodedImage& head) {
       return head.starts_with("II*\0") || head.starts_with("MM\0*") || head.starts_with("II+\0") ||
              head.starts_with("MM\0+");
     },
     "tif tiff", "a TIFF image", convert_it},
    {"PSD", [](const EncodedImage& head) { return head.starts_with("8BPS"); }, "psd psb",
     "a Photoshop document (PSD)", convert_it},
    {"XCF", [](const EncodedImage& head) { return head.starts_with("gimp xcf "); }, "xcf",
     "a GIMP document (XCF)", convert_it},
    {"QOI", [](const EncodedImage& head) { return head.starts_with("qoif"); }, "qoi", "a QOI image",
     convert_it},
    {"OpenEXR", [](const EncodedImage& head) { return head.starts_with("\x76\x2f\x31\x01"); },
     "exr", "an OpenEXR image", convert_it},
    {"Radiance HDR",
     [](const EncodedImage& head) {
       return head.starts_with("#?RADIANCE") || head.starts_with("#?RGBE");
     },
     "hdr", "a Radiance HDR image", convert_it},
    {"PFM",
     [](const EncodedImage& head) {
       return head.has(0, 3) && head.data[0] == 'P' &&
              (head.data[1] == 'F' || head.data[1] == 'f' || head.data[1] == '7') &&
              (head.data[2] == '\n' || head.data[2] == '\r' || head.data[2] == ' ');
     },
     "pfm pam", "a PFM or PAM image", convert_it},
    {"ICO",
     [](const EncodedImage& head) {
       return (head.starts_with("\0\0\1\0") || head.starts_with("\0\0\2\0")) && head.has(0, 22) &&
              head.little(4, 2) > 0 && head.data[9] == 0 && head.little(18, 4) >= 22;
     },
     "ico cur", "a Windows icon (ICO)", convert_it},
    {"SVG",
     [](const EncodedImage& head) {
       return begins_with_text(head, "<svg") ||
              (begins_with_text(head, "<?xml") && holds_anywhere(head, "<svg"));
     },
     "svg", "an SVG drawing", "render it to PNG"},
    {"HTML",
     [](const EncodedImage& head) {
       return begins_with_text(head, "<!doctype html") || begins_with_text(head, "<html");
     },
     "", "an HTML page, not the image itself", "a download may have failed"},
    {"PDF", [](const EncodedImage& head) { return head.starts_with("%PDF-"); }, "",
     "a PDF document", "render it to PNG"},
    {"video",
     [](const EncodedImage& head) {
       return boxed_image(head) == BoxedImage::video || head.starts_with("\x1a\x45\xdf\xa3") ||
              (head.starts_with("RIFF") && head.holds(8, "AVI "));
     },
     "", "a video", "save a frame of it as PNG or JPEG"},
    {"archive",
     [](const EncodedImage& head) {
       return head.starts_with("\x1f\x8b") || head.starts_with("PK\3\4") ||
              head.starts_with("7z\xbc\xaf\x27\x1c") || head.starts_with("Rar!\x1a\x07") ||
              head.starts_with(
                  "\xfd"
                  "7zXZ") ||
              head.starts_with("\x28\xb5\x2f\xfd") || head.starts_with("BZh");
     },
     "", "a compressed file or archive", "unpack it first"},
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
