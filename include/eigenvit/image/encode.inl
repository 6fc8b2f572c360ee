#ifndef EIGENVIT_IMAGE_ENCODE_INL
#define EIGENVIT_IMAGE_ENCODE_INL

#include <algorithm>
#include <cstddef>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/replaced_file.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/core/words.hpp>
#include <eigenvit/image/codecs/png_encoder.inl>
#include <eigenvit/image/encode.hpp>
#include <eigenvit/image/stb_image_write.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::vector<std::uint8_t> encode_jpeg(const std::uint8_t* pixels, int width,
                                                      int height, int samples, int quality) {
  std::vector<std::uint8_t> bytes;
  const auto append = [](void* context, void* data, int size) {
    const auto* const first = static_cast<const std::uint8_t*>(data);
    auto& all = *static_cast<std::vector<std::uint8_t>*>(context);
    all.insert(all.end(), first, first + size);
  };
  stb_write::stbi_write_jpg_to_func(append, &bytes, width, height, samples, pixels, quality);
  return bytes;
}

/// stb_image_write counts bytes in int; a chunk of a PNG has less than 2 GiB.
inline void check_encoded_size(Index width, Index height) {
  if (height > max_encoded_bytes / 3 / width) {
    raise<UnsupportedError>({"encode image: expected at most ", max_encoded_bytes / 3,
                             " pixels, found ", width, "x", height});
  }
}

}  // namespace detail

EIGENVIT_INLINE ImageFormat image_format(const std::filesystem::path& path) {
  const std::string lower = detail::small_letters(utf8_text(path.extension()));
  if (lower == ".png") return ImageFormat::png;
  if (lower == ".jpg" || lower == ".jpeg") return ImageFormat::jpeg;
  detail::raise<UnsupportedError>({detail::path_text(path),
                                   ": expected a name that ends in .png, .jpg or .jpeg, found ",
                                   detail::Quoted{lower}});
}

EIGENVIT_INLINE std::vector<std::uint8_t> encode_image(const ImageView& image, ImageFormat format,
                                                       const EncodeOptions& options) {
  detail::check(image);
  detail::check_encoded_size(image.width, image.height);
  constexpr Index longest_jpeg = 65535;
  if (format == ImageFormat::jpeg && std::max(image.width, image.height) > longest_jpeg) {
    detail::raise<UnsupportedError>({"encode image: expected sides up to ", longest_jpeg,
                                     " for a JPEG, found ", image.width, "x", image.height});
  }
  if (options.jpeg_quality < 1 || options.jpeg_quality > 100) {
    detail::raise<ConfigError>(
        {"encode image: expected a quality from 1 to 100, found ", options.jpeg_quality});
  }

  const bool grey = image.format == PixelFormat::grey;
  const int samples = grey ? 1 : 3;
  const Index row_bytes = image.width * samples;
  const std::uint8_t* pixels = image.data;
  std::vector<std::uint8_t> packed;
  if (!(grey || image.format == PixelFormat::rgb) || image.row_bytes() != row_bytes) {
    packed.resize(static_cast<std::size_t>(row_bytes * image.height));
    pixels = packed.data();
    for (Index y = 0; y < image.height; ++y) {
      std::uint8_t* const out = packed.data() + y * row_bytes;
      if (grey) {
        std::copy_n(image.row(y), row_bytes, out);
      } else {
        detail::copy_as_rgb(image.row(y), image.format, image.width, out);
      }
    }
  }
  if (format == ImageFormat::png) {
    return detail::PngEncoder().encode(pixels, static_cast<std::size_t>(image.width),
                                       static_cast<std::size_t>(image.height),
                                       static_cast<std::size_t>(samples));
  }
  return detail::encode_jpeg(pixels, static_cast<int>(image.width), static_cast<int>(image.height),
                             samples, options.jpeg_quality);
}

EIGENVIT_INLINE std::vector<std::uint8_t> encode_grey16(const std::uint16_t* values, Index width,
                                                        Index height) {
  if (width < 1 || height < 1) {
    detail::raise<ShapeError>(
        {"encode image: expected at least 1x1 pixels, found ", width, "x", height});
  }
  detail::check_encoded_size(width, height);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(2 * width * height));
  for (Index i = 0; i < width * height; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(values[i] >> 8));
    bytes.push_back(static_cast<std::uint8_t>(values[i] & 255));
  }
  return detail::PngEncoder().encode(bytes.data(), static_cast<std::size_t>(width),
                                     static_cast<std::size_t>(height), 1, 16);
}

EIGENVIT_INLINE void save_image(const std::filesystem::path& path, const ImageView& image,
                                const EncodeOptions& options) {
  const std::vector<std::uint8_t> bytes = encode_image(image, image_format(path), options);
  detail::ReplacedFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
