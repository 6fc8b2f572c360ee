/// PNG, by libpng where a file is as encoders write it, else by the built-in decoder: the same
/// pixels.
#ifndef EIGENVIT_IMAGE_CODECS_LIBPNG_INL
#define EIGENVIT_IMAGE_CODECS_LIBPNG_INL

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include <png.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/png.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_codec.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// libpng's reader over bytes in memory. What it mends with a warning counts as refused.
class LibpngReader {
 public:
  explicit LibpngReader(const EncodedImage& file) : next_(file.data), left_(file.size) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, warn);
    info_ = png_ != nullptr ? png_create_info_struct(png_) : nullptr;
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, copy);
  }
  LibpngReader(const LibpngReader&) = delete;
  LibpngReader& operator=(const LibpngReader&) = delete;
  ~LibpngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// False where the built-in decoder has to read the file. `chunks` are its chunks.
  bool read(Image& image) noexcept {
    // Errors come back here by longjmp, past no object with a destructor.
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    // The limit of pixels was checked; libpng's own is on sides.
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    // No chunk but those of the pixels is of interest, and some of them lead to warnings.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(png_, info_);
    const int depth = png_get_bit_depth(png_, info_);
    const int colour = png_get_color_type(png_, info_);
    if (png_get_image_width(png_, info_) != static_cast<png_uint_32>(image.width()) ||
        png_get_image_height(png_, info_) != static_cast<png_uint_32>(image.height())) {
      return false;
    }
    if (colour == PNG_COLOR_TYPE_PALETTE) {
      // An index beyond the palette is black to Pillow.
      png_colorp palette = nullptr;
      int entries = 0;
      png_get_PLTE(png_, info_, &palette, &entries);
      if (entries < 1 << depth) return false;
      png_set_palette_to_rgb(png_);
    } else if ((colour & PNG_COLOR_MASK_COLOR) == 0) {
      // Pillow cuts 16-bit grey off at 255 where all else keeps the upper byte.
      if (depth == 16 && colour == PNG_COLOR_TYPE_GRAY) return false;
      if (depth < 8) png_set_expand_gray_1_2_4_to_8(png_);
      png_set_gray_to_rgb(png_);
    }
    if (depth == 16) png_set_strip_16(png_);
    if ((colour & PNG_COLOR_MASK_ALPHA) != 0) png_set_strip_alpha(png_);
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != static_cast<std::size_t>(3 * image.width())) return false;
    for (int pass = 0; pass < passes; ++pass) {
      for (Index y = 0; y < image.height(); ++y) png_read_row(png_, image.row(y), nullptr);
    }
    return !warned_;
  }

 private:
  [[noreturn]] static void fail(png_structp png, png_const_charp) { png_longjmp(png, 1); }
  static void warn(png_structp png, png_const_charp) {
    static_cast<LibpngReader*>(png_get_error_ptr(png))->warned_ = true;
  }
  static void copy(png_structp png, png_bytep out, std::size_t size) {
    auto& reader = *static_cast<LibpngReader*>(png_get_io_ptr(png));
    if (size > reader.left_) png_error(png, "truncated");
    std::memcpy(out, reader.next_, size);
    reader.next_ += size;
    reader.left_ -= size;
  }

  const std::uint8_t* next_;
  std::size_t left_;
  bool warned_ = false;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

class LibpngCodec final : public ImageCodec {
 public:
  std::string_view name() const override { return built_in_.name(); }
  std::string_view extensions() const override { return built_in_.extensions(); }
  bool recognises(const EncodedImage& head) const override { return built_in_.recognises(head); }
  Image decode(const EncodedImage& file) const override {
    const PngChunks chunks = PngChunkReader(file).read();
    const PngHeader& header = chunks.header;
    check_png_size(file, chunks, png_passes(header.interlaced), PngPixels(chunks).bits_a_pixel());
    if (chunks.width == header.width && chunks.height == header.height) {
      Image image(header.width, header.height);
      if (LibpngReader(file).read(image)) return image;
    }
    return built_in_.decode(file);
  }
  int orientation(const EncodedImage& file) const override { return built_in_.orientation(file); }

 private:
  PngCodec built_in_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
