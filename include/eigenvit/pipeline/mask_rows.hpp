/// Rows of masks at the size of an image.
#ifndef EIGENVIT_PIPELINE_MASK_ROWS_HPP
#define EIGENVIT_PIPELINE_MASK_ROWS_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/layers/upsampling.hpp>
#include <eigenvit/pipeline/semantic_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Maps that are made as large as the network's input, cut to the part of it that the image fills,
/// and made as large as the image; both times bilinearly.
class MaskRows {
 public:
  /// Rows of the image that are made together.
  static constexpr Index band_rows = 32;

  /// Keeps a pointer to the map's values. `filled` is the upper left part of `input`.
  MaskRows(const FeatureMap<float>& map, const MapSize& input, const MapSize& filled,
           const MapSize& image)
      : map_(map), input_(input), filled_(filled), image_(image) {
    for (Index x = 0; x < filled.width; ++x) {
      inner_.push_back(BilinearTap::of(map.size.width, input.width, x, false));
    }
    for (Index x = 0; x < image.width; ++x) {
      outer_.push_back(BilinearTap::of(filled.width, image.width, x, false));
    }
  }

  Index bands() const noexcept { return ceil_div(image_.height, band_rows); }

  /// Calls `visit(band, y, values)` for each row `y` of the image, with the row `[width, channels]`
  /// of the maps there. Bands run at the same time. Cost: `8 C (h W' + H W)` flops for an image of
  /// `[H, W]` pixels that fills `[h, W']` of the input.
  template <class Visit>
  void operator()(Executor& executor, const Visit& visit) const {
    const auto row_of = [this](Index row, float* to) { fill_inner(row, to); };
    for_each_task(executor, bands(), [&](Index band, Index) {
      ScoreRows<decltype(row_of)> rows(filled_.width * map_.channels, row_of);
      std::vector<float> blended(static_cast<std::size_t>(filled_.width * map_.channels));
      std::vector<float> values(static_cast<std::size_t>(image_.width * map_.channels));
      const Index end = std::min((band + 1) * band_rows, image_.height);
      for (Index y = band * band_rows; y < end; ++y) {
        const BilinearTap tap = BilinearTap::of(filled_.height, image_.height, y, false);
        const float* const upper = rows(tap.first);
        const float* const lower = rows(tap.second);
        blend_pair(upper, lower, tap.weight, filled_.width * map_.channels, blended.data());
        fill_outer(blended.data(), values.data());
        visit(band, y, values.data());
      }
    });
  }

 private:
  void fill_inner(Index row, float* to) const {
    const BilinearTap tap = BilinearTap::of(map_.size.height, input_.height, row, false);
    for (const BilinearTap& column : inner_) {
      upsample_pixel(map_, tap, column, 0, map_.channels, false, to);
      to += map_.channels;
    }
  }

  void fill_outer(const float* row, float* to) const {
    for (const BilinearTap& column : outer_) {
      blend_pair(row + column.first * map_.channels, row + column.second * map_.channels,
                 column.weight, map_.channels, to);
      to += map_.channels;
    }
  }

  FeatureMap<float> map_;
  MapSize input_;
  MapSize filled_;
  MapSize image_;
  std::vector<BilinearTap> inner_;  ///< of the columns that the image fills
  std::vector<BilinearTap> outer_;  ///< of those of the image
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
