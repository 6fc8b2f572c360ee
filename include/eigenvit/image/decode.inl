#ifndef EIGENVIT_IMAGE_DECODE_INL
#define EIGENVIT_IMAGE_DECODE_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/file_kind.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/image/codecs/undecoded_formats.inl>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/exif.hpp>
#include <eigenvit/image/image_codec.hpp>
#include <eigenvit/image/image_formats.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The codec of a file, of which the first `ImageCodec::head_bytes` are enough.
EIGENVIT_INLINE const ImageCodec& find_codec(const EncodedImage& file) {
  const EncodedImage head{file.data, std::min(file.size, ImageCodec::head_bytes), file.name,
                          file.options};
  for (const auto* codecs : {&file.options.codecs, &image_codecs()}) {
    for (const auto& codec : *codecs) {
      if (codec == nullptr) {
        raise<ConfigError>({file.name, ": DecodeOptions::codecs holds a null pointer"});
      }
      if (codec->recognises(head)) return *codec;
    }
  }
  for (const UndecodedFormat& format : undecoded_formats) {
    if (format.recognises(head)) {
      file.fail_unsupported(
          {"expected an image that can be decoded, found ", format.found, ": ", format.advice});
    }
  }
  const std::string_view kind = file_kind_name(kind_of(head));
  file.fail({"expected an image (", image_format_names(), "), found ",
             kind.empty() ? "none of them" : kind,
             kind.empty() ? "" : ": a download or copy may have failed"});
}

EIGENVIT_INLINE void check_file_size(const EncodedImage& file, std::uintmax_t size) {
  // Counts of bits and positions in decoders are of 32 bits.
  if (size > static_cast<std::uintmax_t>(max_image_side)) {
    file.fail({"expected an image file of less than 2 GiB, found ", size, " bytes"});
  }
}

EIGENVIT_INLINE Image decode(const EncodedImage& file, const ImageCodec& codec) {
  check_file_size(file, file.size);
  Image image = codec.decode(file);
  const Index width = image.width();
  const Index height = image.height();
  if (width < 1 || static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) >
                       file.options.max_pixels) {
    file.fail({"expected from 1 to ", file.options.max_pixels,
               " pixels (DecodeOptions::max_pixels) of the codec ", codec.name(), ", found ", width,
               "x", height});
  }
  if (!file.options.apply_exif_orientation) return image;
  return apply_orientation(std::move(image), codec.orientation(file));
}

}  // namespace detail

EIGENVIT_INLINE Image decode_image(const void* bytes, std::size_t size,
                                   const DecodeOptions& options, const std::string& name) {
  if (bytes == nullptr && size != 0)
    detail::raise<FormatError>({name, ": the data pointer is null"});
  const EncodedImage file{static_cast<const std::uint8_t*>(bytes), size, name, options};
  if (size == 0) file.fail({"expected an image, found no bytes"});
  return detail::decode(file, detail::find_codec(file));
}

EIGENVIT_INLINE Image load_image(const std::filesystem::path& path, const DecodeOptions& options) {
  namespace fs = std::filesystem;
  const std::string name = detail::path_text(path);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    const bool is_link = fs::is_symlink(path, error);
    detail::raise<FileError>(
        {name,
         is_link ? ": expected an image file, found a link that leads nowhere" : ": no such file"});
  }
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
  const auto size = static_cast<std::uintmax_t>(length);
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(std::min<std::uintmax_t>(size, ImageCodec::head_bytes)));
  const auto read = [&](std::size_t from) {
    stream.read(reinterpret_cast<char*>(bytes.data() + from),
                static_cast<std::streamsize>(bytes.size() - from));
    if (!stream) detail::raise<FileError>({name, ": cannot be read to its end"});
  };
  read(0);
  const EncodedImage head{bytes.data(), bytes.size(), name, options};
  const ImageCodec& codec = detail::find_codec(head);
  detail::check_file_size(head, size);
  const std::size_t have = bytes.size();
  bytes.resize(static_cast<std::size_t>(size));
  if (size > have) read(have);
  return detail::decode({bytes.data(), bytes.size(), name, options}, codec);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
