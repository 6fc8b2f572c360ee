/// The bytes of an image file while it is decoded.
#ifndef EIGENVIT_IMAGE_ENCODED_IMAGE_HPP
#define EIGENVIT_IMAGE_ENCODED_IMAGE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/decode_options.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

enum class FileFormat { unknown, png, jpeg, bmp, gif, tga, pnm };

/// The bytes of an image file, its name for messages, and what the caller allows.
struct EncodedImage {
  const std::uint8_t* data;
  std::size_t size;
  const std::string& name;
  const DecodeOptions& options;

  bool starts_with(const char* text, std::size_t length) const noexcept {
    return size >= length && std::memcmp(data, text, length) == 0;
  }
  bool has(std::size_t at, std::size_t bytes) const noexcept {
    return at <= size && bytes <= size - at;
  }
  std::uint32_t big(std::size_t at, std::size_t bytes) const noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | data[at + i];
    return value;
  }
  std::uint32_t little(std::size_t at, std::size_t bytes) const noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | data[at + i];
    return value;
  }

  [[noreturn]] void fail(std::initializer_list<MessagePart> what) const {
    raise<FormatError>({name, ": ", message(what)});
  }

  /// Throws unless the sides are positive and their product is within the limit.
  void check_size(std::uint64_t width, std::uint64_t height) const {
    if (width < 1 || height < 1) {
      fail({"expected an image with pixels, found a header of ", width, "x", height});
    }
    constexpr std::uint64_t most = static_cast<std::uint64_t>(max_image_side);
    if (width > most || height > most || width * height > options.max_pixels) {
      fail({"expected at most ", options.max_pixels,
            " pixels (DecodeOptions::max_pixels), found a header of ", width, "x", height});
    }
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
