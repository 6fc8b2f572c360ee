/// The coefficients of a JPEG whose picture takes several scans.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_COEFFICIENTS_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_COEFFICIENTS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/block_smoothing.hpp>
#include <eigenvit/image/codecs/jpeg/colours.hpp>
#include <eigenvit/image/codecs/jpeg/frame.hpp>
#include <eigenvit/image/codecs/jpeg/kernels.hpp>
#include <eigenvit/image/codecs/jpeg/sample_rows.inl>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Holds the coefficients of all components until the last scan, and makes the picture of them.
/// Where a progressive file lacks scans, its blocks are smoothed.
class JpegCoefficients {
 public:
  /// All zero. The frame must outlive the object.
  explicit JpegCoefficients(const JpegFrame& frame) : frame_(frame) {
    for (std::size_t i = 0; i < frame.components; ++i) {
      const JpegComponent& component = frame.component[i];
      across_[i] = frame.units_across * component.across;
      values_[i].resize(across_[i] * frame.units_down * component.down * jpeg_block_size);
      known_[i].fill(-1);
    }
  }

  /// Block `x` of row `y` of a component; there are whole units of them.
  std::int16_t* block(std::size_t component, std::size_t x, std::size_t y) noexcept {
    return values_[component].data() + (y * across_[component] + x) * jpeg_block_size;
  }

  /// To be called before each scan of a progressive file: remembers which bits it gives, for the
  /// smoothing.
  void begin_scan(const JpegScan& scan) noexcept {
    ++scans_;
    for (std::size_t i = 0; i < scan.components; ++i) {
      JpegKnownBits& known = known_[scan.component[i]];
      JpegKnownBits& before = known_before_[scan.component[i]];
      const auto last = static_cast<std::size_t>(std::max(scan.last, 9));
      for (std::size_t k = scan.first == 0 ? 0 : 1; k <= last; ++k) {
        before[k] = scans_ > 1 ? known[k] : 0;
      }
      for (int k = scan.first; k <= scan.last; ++k) known[static_cast<std::size_t>(k)] = scan.low;
    }
  }

  /// The row of units that the current scan has reached with data of its own.
  void set_last_good_row(std::size_t row) noexcept { last_good_row_ = row; }

  /// The picture, after the last scan.
  Image show(JpegColours colours) {
    const bool smoothed = is_smoothed();
    if (scans_ == 1) {
      for (JpegKnownBits& known : known_before_) known.fill(-1);
    }
    JpegPicture picture(frame_, colours);
    for (std::size_t row = 0; row < frame_.units_down; ++row) {
      picture.begin(row);
      for (std::size_t c = 0; c < frame_.components; ++c) {
        const JpegComponent& component = frame_.component[c];
        JpegSampleRows& rows = picture.component(c);
        const std::size_t lines =
            std::min(component.down, component.blocks_down - row * component.down);
        for (std::size_t y = 0; y < lines; ++y) {
          const std::size_t line = row * component.down + y;
          if (smoothed) {
            show_smoothed(c, row, y, lines, rows);
            continue;
          }
          for (std::size_t x = 0; x < component.blocks_across; ++x) {
            jpeg_kernels::inverse_dct(block(c, x, line), component.steps.data(), rows.block(x, y),
                                      rows.stride());
          }
        }
      }
      picture.finish(row);
    }
    return picture.take();
  }

 private:
  bool is_smoothed() const noexcept {
    if (!frame_.progressive) return false;
    bool useful = false;
    for (std::size_t i = 0; i < frame_.components; ++i) {
      if (!frame_.component[i].has_steps || known_[i][0] < 0) return false;
      for (std::size_t k = 0; k < jpeg_smoothed; ++k) {
        if (frame_.component[i].steps[jpeg_natural_order[k]] == 0) return false;
        useful = useful || (k > 0 && known_[i][k] != 0);
      }
    }
    return useful;
  }

  /// Row `line` of the `lines` rows of blocks in a row of units.
  void show_smoothed(std::size_t c, std::size_t row, std::size_t line, std::size_t lines,
                     JpegSampleRows& rows) noexcept {
    const JpegComponent& component = frame_.component[c];
    // libjpeg counts the rows as if every row of units had as many lines as this one, so that in
    // the last one fewer rows above are known to it.
    const std::size_t counted = row * lines + line;
    const std::size_t all = frame_.units_down * lines;
    const std::size_t above = std::min<std::size_t>(counted, 2);
    const std::size_t below = std::min<std::size_t>(all - 1 - counted, 2);
    const std::size_t own = row * component.down + line;
    std::array<const std::int16_t*, 5> around{};
    for (std::size_t i = 0; i < 5; ++i) {
      around[i] = block(c, 0, i < 2 ? own - std::min(2 - i, above) : own + std::min(i - 2, below));
    }
    // Where the last scan broke off, what was known before it counts; before the first, nothing.
    const JpegKnownBits& known = row > last_good_row_ ? known_before_[c] : known_[c];
    JpegNeighbours dc{};
    const std::size_t last = component.blocks_across - 1;
    for (std::size_t x = 0; x <= last; ++x) {
      for (std::size_t i = 0; i < 5; ++i) {
        const auto at = [&](std::size_t column) {
          return around[i][std::min(column, last) * jpeg_block_size];
        };
        std::int16_t* const window = dc.data() + 5 * i;
        if (x == 0) {
          window[0] = window[1] = window[2] = at(0);
          window[3] = at(1);
        } else {
          std::copy(window + 1, window + 5, window);
        }
        window[4] = at(x + 2);
      }
      std::array<std::int16_t, jpeg_block_size> smoothed;
      std::copy_n(block(c, x, own), jpeg_block_size, smoothed.begin());
      smooth_block(dc, known, component.steps, smoothed.data());
      jpeg_kernels::inverse_dct(smoothed.data(), component.steps.data(), rows.block(x, line),
                                rows.stride());
    }
  }

  const JpegFrame& frame_;
  std::array<std::size_t, 4> across_{};  ///< Blocks in a row.
  std::array<std::vector<std::int16_t>, 4> values_{};
  std::array<JpegKnownBits, 4> known_{};
  std::array<JpegKnownBits, 4> known_before_{};
  std::size_t last_good_row_ = 0;
  std::size_t scans_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
