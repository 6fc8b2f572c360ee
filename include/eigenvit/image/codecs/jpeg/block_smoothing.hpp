/// Estimates for coefficients that the scans of a progressive JPEG have not given.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_BLOCK_SMOOTHING_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_BLOCK_SMOOTHING_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/frame.hpp>
#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The lowest bit that is known of each coefficient, in zigzag order; -1: nothing is known.
using JpegKnownBits = std::array<int, jpeg_block_size>;

/// The DC coefficients of a block and its neighbours in five rows of five; beyond the picture's
/// edge the nearest. The rest is zero: over as many, compilers add vectors.
using JpegNeighbours = std::array<std::int16_t, 32>;

/// Coefficients in zigzag order, from DC on, that are looked at.
constexpr std::size_t jpeg_smoothed = 10;

/// Fills in the first AC coefficients of `block` that are zero and not known exactly from the DC
/// coefficients around it; where no AC coefficient is known, also the DC coefficient is smoothed.
/// The steps of the first `jpeg_smoothed` coefficients must not be zero.
///
/// Source: libjpeg-turbo 3.2 (jdcoefct.c, `decompress_smooth_data`): ITU-T T.81, section K.8, over
/// five by five blocks.
inline void smooth_block(const JpegNeighbours& dc, const JpegKnownBits& known,
                         const std::array<std::int16_t, jpeg_block_size>& steps,
                         std::int16_t* block) noexcept {
  using Weights = JpegNeighbours;
  struct Estimate {
    Weights dc_alone;
    Weights with_ac;
  };
  static constexpr std::array<Estimate, jpeg_smoothed> estimates = {{
      {{-2, -6, -8, -6, -2, -6, 6,  42, 6,  -6, -8, 42, 152,
        42, -8, -6, 6,  42, 6,  -6, -2, -6, -8, -6, -2},
       {}},
      {{-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1},
       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {{-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1},
       {0, 0, -7, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, -50, 0, 0, 0, 0, 7, 0, 0}},
      {{0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0},
       {0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0}},
      {{-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1},
       {0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0}},
      {{0, 0, 0, 0, 0, 0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0, 0, 0, 0, 0, 0},
       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {{0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0}, {}},
      {{0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0}, {}},
      {{0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -3, 0, 3, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0}, {}},
      {{0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0}, {}},
  }};
  const auto step = [&steps](std::size_t k) {
    return static_cast<std::int64_t>(static_cast<std::uint16_t>(steps[jpeg_natural_order[k]]));
  };
  bool dc_alone = true;
  for (std::size_t k = 1; k < jpeg_smoothed; ++k) dc_alone = dc_alone && known[k] == -1;

  const auto estimate = [&](std::size_t k) {
    const Weights& weights = dc_alone ? estimates[k].dc_alone : estimates[k].with_ac;
    std::int32_t weighted = 0;
    for (std::size_t i = 0; i < dc.size(); ++i) weighted += std::int32_t{weights[i]} * dc[i];
    if (weighted == 0) return std::int16_t{0};
    const std::int64_t sum = weighted * step(0);
    const std::int64_t size = ((step(k) << 7) + (sum < 0 ? -sum : sum)) / (step(k) << 8);
    const std::int64_t most = k > 0 && known[k] > 0 ? (std::int64_t{1} << known[k]) - 1 : size;
    const std::int64_t limited = size < most ? size : most;
    return jpeg_portable::wrap16(
        static_cast<std::int32_t>((sum < 0 ? -limited : limited) & 0xffff));
  };
  const std::size_t last = dc_alone ? jpeg_smoothed : 6;
  for (std::size_t k = 1; k < last; ++k) {
    std::int16_t& coefficient = block[jpeg_natural_order[k]];
    if (known[k] == 0 || coefficient != 0) continue;
    coefficient = estimate(k);
  }
  if (dc_alone) block[0] = estimate(0);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
