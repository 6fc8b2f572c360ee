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

/// The bytes of an image file, its name for messages, and what the caller allows; and what codecs
/// need to read them. All of it belongs to the caller of the codec.
struct EncodedImage {
  /// Pixels that a file of any size may claim, and how many more for each of its bytes. A GIF of
  /// the largest size and of one colour, whose codes are the longest that LZW has, is just within.
  static constexpr std::uint64_t max_blank_pixels = std::uint64_t{1} << 24;
  static constexpr std::uint64_t max_pixels_per_byte = 1280;

  const std::uint8_t* data;
  std::size_t size;
  const std::string& name;
  const DecodeOptions& options;

  /// Whether the file begins with the characters of a literal, its closing zero left out.
  template <std::size_t length>
  bool starts_with(const char (&text)[length]) const noexcept {
    return holds(0, text);
  }
  /// Whether the characters of a literal are found at byte `at`.
  template <std::size_t length>
  bool holds(std::size_t at, const char (&text)[length]) const noexcept {
    return has(at, length - 1) && std::memcmp(data + at, text, length - 1) == 0;
  }
  /// Whether the file reaches from byte `at` over `bytes` more. The readers below do not check it.
  bool has(std::size_t at, std::size_t bytes) const noexcept {
    return at <= size && bytes <= size - at;
  }
  /// A whole number of up to four bytes, most significant first.
  std::uint32_t big(std::size_t at, std::size_t bytes) const noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | data[at + i];
    return value;
  }
  /// A whole number of up to four bytes, least significant first.
  std::uint32_t little(std::size_t at, std::size_t bytes) const noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | data[at + i];
    return value;
  }

  /// The most pixels that a file of this size may claim.
  std::uint64_t claimable_pixels() const noexcept {
    return max_blank_pixels + max_pixels_per_byte * static_cast<std::uint64_t>(size);
  }

  /// Throws a `FormatError` that names the file.
  [[noreturn]] void fail(std::initializer_list<detail::MessagePart> what) const {
    detail::raise<FormatError>({name, ": ", detail::message(what)});
  }
  /// Throws an `UnsupportedError` that names the file.
  [[noreturn]] void fail_unsupported(std::initializer_list<detail::MessagePart> what) const {
    detail::raise<UnsupportedError>({name, ": ", detail::message(what)});
  }

  /// Throws `FormatError` unless the sides are positive and their product is within the limit, and
  /// within what a file of this size may claim: a run of one colour takes next to no bytes, and a
  /// file of a few must not get the memory of the largest pictures.
  void check_size(std::uint64_t width, std::uint64_t height) const {
    if (width < 1 || height < 1) {
      fail({"expected an image with pixels, found a header of ", width, "x", height});
    }
    constexpr std::uint64_t most = static_cast<std::uint64_t>(max_image_side);
    if (width > most || height > most || width * height > options.max_pixels) {
      fail({"expected at most ", options.max_pixels,
            " pixels (DecodeOptions::max_pixels), found a header of ", width, "x", height});
    }
    const std::uint64_t claimable = claimable_pixels();
    if (width * height > claimable) {
      fail({"expected at most ", claimable, " pixels in a file of ", size,
            " bytes, found a header of ", width, "x", height});
    }
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
