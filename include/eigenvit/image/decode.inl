#ifndef EIGENVIT_IMAGE_DECODE_INL
#define EIGENVIT_IMAGE_DECODE_INL

#include <algorithm>
#include <array>
#include <fstream>
#include <ios>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/decode_bmp_tga.inl>
#include <eigenvit/image/decode_gif.inl>
#include <eigenvit/image/decode_jpeg.inl>
#include <eigenvit/image/decode_png.inl>
#include <eigenvit/image/decode_pnm.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Bytes at the head of a file that tell its format.
constexpr std::size_t format_bytes = 18;

EIGENVIT_INLINE FileFormat file_format(const EncodedImage& file) noexcept {
  if (file.starts_with("\x89PNG\r\n\x1a\n", 8)) return FileFormat::png;
  if (file.starts_with("\xff\xd8\xff", 3)) return FileFormat::jpeg;
  if (file.starts_with("GIF87a", 6) || file.starts_with("GIF89a", 6)) return FileFormat::gif;
  if (file.starts_with("BM", 2)) return FileFormat::bmp;
  if (file.size >= 3 && file.data[0] == 'P' && file.data[1] >= '1' && file.data[1] <= '6' &&
      (is_pnm_space(file.data[2]) || file.data[2] == '#')) {
    return FileFormat::pnm;
  }
  // TGA has no signature: its header has to make sense.
  return is_tga_header(file) ? FileFormat::tga : FileFormat::unknown;
}

[[noreturn]] EIGENVIT_INLINE void fail_unknown(const EncodedImage& file) {
  file.fail({"expected a PNG, JPEG, BMP, GIF, TGA or PNM image, found none of them"});
}

EIGENVIT_INLINE Image decode(const EncodedImage& file) {
  if (file.size == 0) file.fail({"expected an image, found no bytes"});
  if (file.size > static_cast<std::size_t>(max_image_side)) {
    file.fail({"expected an image file of less than 2 GiB, found ", file.size, " bytes"});
  }
  int orientation = 0;
  Image image;
  switch (file_format(file)) {
    case FileFormat::png:
      image = decode_png(file, orientation);
      break;
    case FileFormat::jpeg:
      image = decode_jpeg(file, orientation);
      break;
    case FileFormat::bmp:
      image = decode_bmp(file);
      break;
    case FileFormat::tga:
      image = decode_tga(file);
      break;
    case FileFormat::gif:
      image = decode_gif(file);
      break;
    case FileFormat::pnm:
      image = decode_pnm(file);
      break;
    case FileFormat::unknown:
      fail_unknown(file);
  }
  if (!file.options.apply_exif_orientation) return image;
  return apply_orientation(std::move(image), orientation);
}

}  // namespace detail

EIGENVIT_INLINE Image decode_image(const void* bytes, std::size_t size,
                                   const DecodeOptions& options, const std::string& name) {
  if (bytes == nullptr && size != 0)
    detail::raise<FormatError>({name, ": the data pointer is null"});
  return detail::decode({static_cast<const std::uint8_t*>(bytes), size, name, options});
}

EIGENVIT_INLINE Image load_image(const std::filesystem::path& path, const DecodeOptions& options) {
  namespace fs = std::filesystem;
  const std::string name = path.u8string();
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) detail::raise<FileError>({name, ": no such file"});
  if (status.type() == fs::file_type::directory) {
    detail::raise<FileError>({name, ": expected an image file, found a folder"});
  }
  if (status.type() != fs::file_type::regular) {
    detail::raise<FileError>({name, ": expected a regular file", error ? " (" : "",
                              error ? error.message() : std::string(), error ? ")" : ""});
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) detail::raise<FileError>({name, ": cannot be opened for reading"});
  stream.seekg(0, std::ios::end);
  const std::streamoff length = stream.tellg();
  stream.seekg(0, std::ios::beg);
  if (!stream || length < 0) detail::raise<FileError>({name, ": its length cannot be read"});
  if (length == 0) detail::raise<FormatError>({name, ": expected an image, found an empty file"});

  // The head decides first, so that a large file of something else is not read at all.
  const auto size = static_cast<std::size_t>(length);
  std::vector<std::uint8_t> bytes(std::min(size, detail::format_bytes));
  const auto read = [&](std::size_t from) {
    stream.read(reinterpret_cast<char*>(bytes.data() + from),
                static_cast<std::streamsize>(bytes.size() - from));
    if (!stream) detail::raise<FileError>({name, ": cannot be read to its end"});
  };
  read(0);
  const detail::EncodedImage head{bytes.data(), bytes.size(), name, options};
  if (detail::file_format(head) == detail::FileFormat::unknown) detail::fail_unknown(head);
  if (static_cast<std::uintmax_t>(length) > static_cast<std::uintmax_t>(max_image_side)) {
    head.fail({"expected an image file of less than 2 GiB, found ", length, " bytes"});
  }
  const std::size_t have = bytes.size();
  bytes.resize(size);
  if (size > have) read(have);
  return decode_image(bytes.data(), bytes.size(), options, name);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
