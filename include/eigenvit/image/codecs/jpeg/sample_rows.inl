/// From the blocks of a JPEG's components to rows of RGB.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_SAMPLE_ROWS_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_SAMPLE_ROWS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/colours.hpp>
#include <eigenvit/image/codecs/jpeg/frame.hpp>
#include <eigenvit/image/codecs/jpeg/kernels.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The samples of one component for one row of interleaved units, and what is needed of the row
/// above it.
class JpegSampleRows {
 public:
  JpegSampleRows(const JpegComponent& component, const JpegFrame& frame)
      : component_(component),
        kept_(2 * component.down),
        stride_(margin + component.blocks_across * jpeg_block_side + margin),
        samples_((kept_ + component.down * jpeg_block_side) * stride_),
        sums_(component.width + 2 * margin),
        line_(frame.across * (component.width + margin)),
        across_(frame.across / component.across),
        down_(frame.down / component.down) {
    // Narrow pictures are not interpolated, as in libjpeg.
    const bool wide = component.width > 2;
    smooth_across_ = across_ == 2 && wide && (down_ == 1 || down_ == 2);
    smooth_down_ = down_ == 2 && (across_ == 1 || smooth_across_);
  }

  /// Whether a row of pixels needs samples above and below.
  bool needs_neighbours() const noexcept { return smooth_down_; }

  /// Begins row `unit` of units, the one after the last or the first.
  void begin(std::size_t unit) noexcept {
    const std::size_t rows = component_.down * jpeg_block_side;
    if (unit > 0) {
      std::memcpy(samples_.data(), samples_.data() + rows * stride_, kept_ * stride_);
    }
    first_ = static_cast<std::ptrdiff_t>(unit * rows) - static_cast<std::ptrdiff_t>(kept_);
  }

  /// Where the samples of a block go: row `y` of the unit's blocks, block `x` of all.
  std::uint8_t* block(std::size_t x, std::size_t y) noexcept {
    return samples_.data() + (kept_ + y * jpeg_block_side) * stride_ + margin + x * jpeg_block_side;
  }
  std::ptrdiff_t stride() const noexcept { return static_cast<std::ptrdiff_t>(stride_); }

  /// Row `y` of pixels at full width, valid until the next call: interpolated linearly where the
  /// component has half as many samples, repeated where it has fewer.
  /// Source: libjpeg (jdsample.c), "fancy upsampling".
  const std::uint8_t* pixels(std::size_t y) noexcept {
    const std::size_t width = component_.width;
    const std::size_t own = y / down_;
    std::uint8_t* const closer = row(static_cast<std::ptrdiff_t>(own));
    if (smooth_down_) {
      const bool lower = y % 2 != 0;
      std::uint8_t* const farther = row(static_cast<std::ptrdiff_t>(own) + (lower ? 1 : -1));
      if (!smooth_across_) {
        jpeg_kernels::upsample_down(closer, farther, width, lower ? 2 : 1, line_.data());
        return line_.data();
      }
      std::uint16_t* const sums = sums_.data() + margin;
      jpeg_kernels::weighted_rows(closer, farther, width, sums);
      sums[-1] = sums[0];
      sums[width] = sums[width - 1];
      jpeg_kernels::upsample_sums(sums, width, line_.data());
      return line_.data();
    }
    if (smooth_across_) {
      closer[-1] = closer[0];
      closer[width] = closer[width - 1];
      jpeg_kernels::upsample_across(closer, width, line_.data());
      return line_.data();
    }
    if (across_ == 1) return closer;
    for (std::size_t x = 0; x < width; ++x) {
      std::memset(line_.data() + x * across_, closer[x], across_);
    }
    return line_.data();
  }

 private:
  /// Bytes beside a row that vectors may touch.
  static constexpr std::size_t margin = 16;

  /// A row of samples; beyond the picture the nearest.
  std::uint8_t* row(std::ptrdiff_t y) noexcept {
    const auto last = static_cast<std::ptrdiff_t>(component_.height) - 1;
    const std::ptrdiff_t at = std::clamp<std::ptrdiff_t>(y, 0, last) - first_;
    return samples_.data() + static_cast<std::size_t>(at) * stride_ + margin;
  }

  const JpegComponent& component_;
  std::size_t kept_;
  std::size_t stride_;
  std::vector<std::uint8_t> samples_;
  std::vector<std::uint16_t> sums_;
  std::vector<std::uint8_t> line_;
  std::size_t across_;
  std::size_t down_;
  bool smooth_across_ = false;
  bool smooth_down_ = false;
  std::ptrdiff_t first_ = 0;
};

/// The picture, which grows by rows of units.
class JpegPicture {
 public:
  JpegPicture(const JpegFrame& frame, JpegColours colours)
      : frame_(frame),
        colours_(colours),
        image_(static_cast<Index>(frame.width), static_cast<Index>(frame.height)) {
    rows_.reserve(frame.components);
    for (std::size_t i = 0; i < frame.components; ++i) {
      rows_.emplace_back(frame.component[i], frame);
      needs_neighbours_ = needs_neighbours_ || rows_.back().needs_neighbours();
    }
  }

  JpegSampleRows& component(std::size_t i) noexcept { return rows_[i]; }

  void begin(std::size_t unit) noexcept {
    for (JpegSampleRows& rows : rows_) rows.begin(unit);
  }

  /// All samples of the row of units are there: makes the pixels that they suffice for.
  void finish(std::size_t unit) noexcept {
    std::size_t end = frame_.height;
    if (unit + 1 < frame_.units_down) {
      end = (unit + 1) * frame_.down * jpeg_block_side - (needs_neighbours_ ? frame_.down : 0);
    }
    for (; done_ < end; ++done_) {
      std::array<const std::uint8_t*, 4> samples{};
      for (std::size_t i = 0; i < rows_.size(); ++i) samples[i] = rows_[i].pixels(done_);
      jpeg_row_to_rgb(colours_, samples, frame_.width, image_.row(static_cast<Index>(done_)));
    }
  }

  Image&& take() noexcept { return static_cast<Image&&>(image_); }

 private:
  const JpegFrame& frame_;
  JpegColours colours_;
  Image image_;
  std::vector<JpegSampleRows> rows_;
  bool needs_neighbours_ = false;
  std::size_t done_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
