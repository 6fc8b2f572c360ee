/// Formats that are recognised, so that a message can name them, but for which no codec is built
/// in.
#ifndef EIGENVIT_IMAGE_CODECS_UNDECODED_FORMATS_INL
#define EIGENVIT_IMAGE_CODECS_UNDECODED_FORMATS_INL

#include <cstddef>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/file_kind.hpp>
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

/// What the file is as far as no codec needs to know it.
inline FileKind kind_of(const EncodedImage& head) noexcept {
  return file_kind(std::string_view(reinterpret_cast<const char*>(head.data), head.size));
}

inline bool is_kind(const EncodedImage& head, FileKind kind) noexcept {
  return kind_of(head) == kind;
}

/// Whether the first characters, white space left out, are those of a literal.
template <std::size_t length>
bool begins_with_text(const EncodedImage& head, const char (&text)[length]) noexcept {
  const std::string_view all(reinterpret_cast<const char*>(head.data), head.size);
  return trimmed_start(all).substr(0, length - 1) == std::string_view(text, length - 1);
}

/// The list; a new format is an entry. The first that recognises the file names it. A codec that
/// recognises the file comes before all of them, so an entry may be of a format that an optional
/// library decodes.
inline constexpr UndecodedFormat undecoded_formats[] = {
    {"Git LFS pointer",
     [](const EncodedImage& head) { return is_kind(head, FileKind::lfs_pointer); }, "",
     "a Git LFS pointer, not the image itself", "run git lfs pull"},
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
              head.starts_with("MM\0+") || head.starts_with("MM*\0");
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
    {"XV thumbnail", [](const EncodedImage& head) { return head.starts_with("P7 332"); }, "",
     "a thumbnail of XV", "use the picture that it is of"},
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
    {"JPEG-LS", [](const EncodedImage& head) { return head.starts_with("\xff\xd8\xff\xf7"); },
     "jls", "a JPEG-LS image", convert_it},
    {"PCX",
     [](const EncodedImage& head) {
       return head.has(0, 4) && head.data[0] == 10 && head.data[1] <= 5 && head.data[2] <= 1 &&
              (head.data[3] == 1 || head.data[3] == 2 || head.data[3] == 4 || head.data[3] == 8);
     },
     "pcx dcx", "a PCX image", convert_it},
    {"DDS", [](const EncodedImage& head) { return head.starts_with("DDS "); }, "dds",
     "a DirectDraw surface (DDS)", convert_it},
    {"SGI", [](const EncodedImage& head) { return head.starts_with("\x01\xda"); }, "sgi",
     "an SGI image", convert_it},
    {"ICNS", [](const EncodedImage& head) { return head.starts_with("icns"); }, "icns",
     "an Apple icon (ICNS)", convert_it},
    {"MNG",
     [](const EncodedImage& head) {
       return head.starts_with("\x8aMNG\r\n") || head.starts_with("\x8bJNG\r\n");
     },
     "mng jng", "an MNG or JNG image", convert_it},
    {"DjVu", [](const EncodedImage& head) { return head.starts_with("AT&TFORM"); }, "djvu djv",
     "a DjVu document", convert_it},
    {"FITS", [](const EncodedImage& head) { return head.starts_with("SIMPLE  ="); }, "fits fit fts",
     "a FITS image", convert_it},
    {"DICOM", [](const EncodedImage& head) { return head.holds(128, "DICM"); }, "dcm dicom",
     "a DICOM image", convert_it},
    {"NumPy array", [](const EncodedImage& head) { return head.starts_with("\x93NUMPY"); }, "",
     "an array of NumPy (.npy)", "save it as PNG"},
    {"XBM or XPM",
     [](const EncodedImage& head) {
       return begins_with_text(head, "/* XPM */") ||
              (begins_with_text(head, "#define ") && is_kind(head, FileKind::text));
     },
     "xbm xpm", "an XBM or XPM image", convert_it},
    {"MSP",
     [](const EncodedImage& head) { return head.starts_with("DanM") || head.starts_with("LinS"); },
     "", "a Windows Paint image (MSP)", convert_it},
    {"PostScript",
     [](const EncodedImage& head) {
       return begins_with_text(head, "%!PS") || head.starts_with("\xc5\xd0\xd3\xc6");
     },
     "eps ps", "a PostScript drawing (EPS)", "render it to PNG"},
    {"Windows metafile",
     [](const EncodedImage& head) {
       return head.starts_with("\xd7\xcd\xc6\x9a") || head.holds(40, " EMF");
     },
     "wmf emf", "a Windows metafile (WMF or EMF)", "render it to PNG"},
    {"SVG", [](const EncodedImage& head) { return is_kind(head, FileKind::svg); }, "svg",
     "an SVG drawing", "render it to PNG"},
    {"HTML", [](const EncodedImage& head) { return is_kind(head, FileKind::html); }, "",
     "an HTML page, not the image itself", "a download may have failed"},
    {"XML", [](const EncodedImage& head) { return is_kind(head, FileKind::xml); }, "",
     "an XML text, as of a server's message or an SVG drawing",
     "repeat the download, or render the drawing to PNG"},
    {"PDF", [](const EncodedImage& head) { return begins_with_text(head, "%PDF-"); }, "",
     "a PDF document", "render it to PNG"},
    {"video",
     [](const EncodedImage& head) {
       return boxed_image(head) == BoxedImage::video || head.starts_with("\x1a\x45\xdf\xa3") ||
              (head.starts_with("RIFF") && head.holds(8, "AVI ")) || head.holds(4, "moov") ||
              head.holds(4, "mdat") || (head.holds(4, "wide") && head.holds(12, "mdat")) ||
              head.starts_with("\0\0\1\xba") || head.starts_with("\0\0\1\xb3") ||
              head.starts_with("FLV\1") || head.starts_with("\x30\x26\xb2\x75\x8e\x66\xcf\x11");
     },
     "", "a video", "save a frame of it as PNG or JPEG"},
    {"archive",
     [](const EncodedImage& head) {
       const FileKind kind = kind_of(head);
       return kind == FileKind::gzip || kind == FileKind::zip || kind == FileKind::archive;
     },
     "", "a compressed file or archive", "unpack it first"},
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
