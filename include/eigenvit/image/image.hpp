/// Images: 8-bit RGB that the library owns, and views of pixels that somebody else owns.
#ifndef EIGENVIT_IMAGE_IMAGE_HPP
#define EIGENVIT_IMAGE_IMAGE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The same type as Eigen's, named here so that images do not need Eigen.
using Index = std::ptrdiff_t;

/// How the channels of a pixel lie in memory, one byte each. A fourth channel is skipped, never
/// blended; grey means three equal channels.
enum class PixelFormat { rgb, bgr, rgba, bgra, grey };

/// Bytes of one pixel.
constexpr Index channels(PixelFormat format) noexcept {
  return format == PixelFormat::grey                                ? 1
         : format == PixelFormat::rgb || format == PixelFormat::bgr ? 3
                                                                    : 4;
}

/// The largest width or height of an image, given or asked for.
constexpr Index max_image_side = 0x7fffffff;

/// Pixels that somebody else owns, for example a camera frame: nothing is copied, and the pixels
/// must outlive the view. Pixel `(x, y)` begins at `data + y * stride + x * channels(format)`.
struct ImageView {
  const std::uint8_t* data = nullptr;  ///< First pixel of the top row.
  Index width = 0;                     ///< Pixels in a row.
  Index height = 0;                    ///< Rows.
  Index stride = 0;  ///< Bytes from a row to the one below; negative where rows are stored bottom
                     ///< up; 0 means `width * channels(format)`, rows without a gap.
  PixelFormat format = PixelFormat::rgb;

  /// `stride`, with 0 resolved.
  constexpr Index row_bytes() const noexcept {
    return stride != 0 ? stride : width * channels(format);
  }
  /// The first byte of row `y`.
  const std::uint8_t* row(Index y) const noexcept { return data + y * row_bytes(); }
};

/// A rectangle of pixels: columns `[left, left + width)`, rows `[top, top + height)`.
struct Window {
  Index left = 0;
  Index top = 0;
  Index width = 0;
  Index height = 0;
};

namespace detail {

/// Throws `ShapeError` unless both sides are in `[1, 2^31)`, `data` is not null and the stride
/// leaves room for a row.
inline void check(const ImageView& view) {
  if (view.width < 1 || view.height < 1 || view.width > max_image_side ||
      view.height > max_image_side) {
    raise<ShapeError>({"image view: expected sides from 1 to ", max_image_side, ", found ",
                       view.width, "x", view.height});
  }
  if (view.format < PixelFormat::rgb || view.format > PixelFormat::grey) {
    raise<ShapeError>({"image view: unknown pixel format ", static_cast<int>(view.format)});
  }
  if (view.data == nullptr) raise<ShapeError>({"image view: the data pointer is null"});
  const Index row = view.width * channels(view.format);
  const Index stride = view.row_bytes();
  if ((stride < 0 ? -stride : stride) < row) {
    raise<ShapeError>({"image view: expected a stride of at least ", row, " bytes for ", view.width,
                       " pixels, found ", view.stride});
  }
}

}  // namespace detail

/// An 8-bit RGB image, row-major, without padding: channel `c` of pixel `(x, y)` is
/// `data()[(y * width() + x) * 3 + c]`.
class Image {
 public:
  /// No pixels at all, 0x0.
  Image() = default;

  /// A black image. Throws `ShapeError` unless both sides are in `[1, 2^31)`, `std::bad_alloc`
  /// where memory is short.
  Image(Index width, Index height) : width_(width), height_(height) {
    if (width < 1 || height < 1 || width > max_image_side || height > max_image_side) {
      detail::raise<ShapeError>(
          {"image: expected sides from 1 to ", max_image_side, ", found ", width, "x", height});
    }
    const std::uint64_t pixels =
        static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
    if (pixels > pixels_.max_size() / 3) {
      detail::raise<ShapeError>({"image: ", width, "x", height, " pixels do not fit into memory"});
    }
    pixels_.resize(static_cast<std::size_t>(pixels) * 3);
  }

  Index width() const noexcept { return width_; }
  Index height() const noexcept { return height_; }

  const std::uint8_t* data() const noexcept { return pixels_.data(); }
  std::uint8_t* data() noexcept { return pixels_.data(); }

  const std::uint8_t* row(Index y) const noexcept { return data() + y * width_ * 3; }
  std::uint8_t* row(Index y) noexcept { return data() + y * width_ * 3; }

  /// A view of all pixels, valid as long as the image is neither assigned to nor destroyed.
  ImageView view() const noexcept {
    return {data(), width_, height_, width_ * 3, PixelFormat::rgb};
  }
  operator ImageView() const noexcept { return view(); }

 private:
  Index width_ = 0;
  Index height_ = 0;
  std::vector<std::uint8_t> pixels_;
};

namespace detail {

/// Writes `count` pixels of `format` at `source` as RGB to `out`.
inline void copy_as_rgb(const std::uint8_t* source, PixelFormat format, Index count,
                        std::uint8_t* out) noexcept {
  const Index step = channels(format);
  const bool grey = format == PixelFormat::grey;
  const bool reversed = format == PixelFormat::bgr || format == PixelFormat::bgra;
  const Index red = reversed ? 2 : 0;
  const Index green = grey ? 0 : 1;
  const Index blue = grey || reversed ? 0 : 2;
  for (Index i = 0; i < count; ++i, source += step, out += 3) {
    const std::uint8_t r = source[red], g = source[green], b = source[blue];
    out[0] = r;
    out[1] = g;
    out[2] = b;
  }
}

}  // namespace detail

/// A copy of the pixels as RGB: channels put in order, alpha dropped without blending, grey
/// repeated three times. Throws `ShapeError` where the view is not valid.
inline Image to_rgb(const ImageView& view) {
  detail::check(view);
  Image image(view.width, view.height);
  for (Index y = 0; y < view.height; ++y) {
    detail::copy_as_rgb(view.row(y), view.format, view.width, image.row(y));
  }
  return image;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
