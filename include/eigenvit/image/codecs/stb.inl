/// The formats that stb_image decodes.
#ifndef EIGENVIT_IMAGE_CODECS_STB_INL
#define EIGENVIT_IMAGE_CODECS_STB_INL

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/stb_image.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

struct StbFree {
  void operator()(void* pixels) const noexcept { stb::stbi_image_free(pixels); }
};

[[noreturn]] EIGENVIT_INLINE void fail_stb(const EncodedImage& file, const char* format) {
  const char* const reason = stb::stbi_failure_reason();
  const bool known = reason != nullptr;
  file.fail({"not a ", format, " that can be decoded, or corrupt", known ? " (" : "",
             known ? reason : "", known ? ")" : ""});
}

/// The pixels as RGB. The size in the header has been checked by the caller, and is checked again
/// as stb_image reads it.
EIGENVIT_INLINE Image decode_stb(const EncodedImage& file, const char* format) {
  const int size = static_cast<int>(file.size);
  int width = 0, height = 0, channels = 0;
  if (stb::stbi_info_from_memory(file.data, size, &width, &height, &channels) == 0) {
    fail_stb(file, format);
  }
  // The height of a BMP whose top row comes first is reported as it stands there: negative.
  const std::int64_t rows = height < 0 ? -std::int64_t{height} : std::int64_t{height};
  file.check_size(static_cast<std::uint64_t>(width < 0 ? 0 : width),
                  static_cast<std::uint64_t>(rows));
  const std::unique_ptr<stb::stbi_uc, StbFree> pixels(
      stb::stbi_load_from_memory(file.data, size, &width, &height, &channels, 3));
  if (!pixels) fail_stb(file, format);
  Image image(width, height);
  std::memcpy(image.data(), pixels.get(),
              static_cast<std::size_t>(3 * image.width() * image.height()));
  return image;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
