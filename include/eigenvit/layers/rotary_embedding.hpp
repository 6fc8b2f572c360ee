/// Positions of patches as rotations of queries and keys.
#ifndef EIGENVIT_LAYERS_ROTARY_EMBEDDING_HPP
#define EIGENVIT_LAYERS_ROTARY_EMBEDDING_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/arguments.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Which angles a patch at row y and column x has.
enum class RopeKind {
  none,
  /// `y b_k` and `x b_k` with `b_k = temperature^(-4k/d)`, k < d/4 (EVA-02, arXiv:2303.11331).
  axial,
  /// `x f_x + y f_y` with learned frequencies of each block and head (RoPE-ViT, arXiv:2403.13298).
  mixed,
  /// `2π c / temperature^(4k/d)` of coordinates c between -1 and 1 (DINOv3, arXiv:2508.10104).
  centered,
};

/// A rotary embedding, in timm's words.
struct RopeConfig {
  RopeKind kind = RopeKind::none;
  double temperature = 10000;
  double grid_offset = 0;    ///< added to each position
  bool xy = false;           ///< columns before rows
  bool rotate_half = false;  ///< pairs are (i, i + d/2) rather than (2i, 2i + 1)
  /// The grid that positions are scaled to; 0: none.
  Index ref_height = 0;
  Index ref_width = 0;
  /// CLS is rotated too, by learned angles (MLCD); not of the kind `mixed`.
  bool class_token = false;
};

/// Cosines and sines of one grid, as the kernel takes them: of each patch, of each head where heads
/// differ.
template <class Scalar>
struct RotaryTable {
  const Scalar* cos = nullptr;  ///< `[prefix_rows + h*w, head_width]`; null for no rotation
  const Scalar* sin = nullptr;
  Index head_stride = 0;  ///< from one head's table to the next; 0 where all heads have one
  Index row_stride = 0;
  Index prefix_rows = 0;  ///< rows of the last prefix tokens
  bool halves = false;
};

/// Two-dimensional rotary position embedding: pairs of values of each query and key are rotated by
/// angles that grow with row and column of the patch, so that scores depend on distances.
///
/// Shapes: `h*w` patches, `d` values of a head, `d/2` angles; frequencies `[2, L, H, d/2]` of the
/// kind `mixed`, `[d/2]` angles of CLS where it is rotated. Angles are formed in float, as the
/// references do it. Source: Su et al., arXiv:2104.09864; timm's `RotaryEmbeddingCat`,
/// `RotaryEmbeddingMixed` and `RotaryEmbeddingDinoV3`.
template <class Scalar>
class RotaryEmbedding {
 public:
  RotaryEmbedding() = default;

  /// `freqs` of the kind `mixed`, or the angles of CLS, else empty. Throws `ShapeError` when they
  /// have another size than `[2, depth, heads, head_dim / 2]` or `[head_dim / 2]`, and
  /// `ConfigError` unless 4 divides `head_dim`.
  RotaryEmbedding(const RopeConfig& config, Index depth, Index heads, Index head_dim,
                  AlignedBuffer<float> freqs = {})
      : config_(config),
        depth_(config.kind == RopeKind::mixed ? depth : 1),
        heads_(config.kind == RopeKind::mixed ? heads : 1),
        head_dim_(head_dim),
        freqs_(std::move(freqs)) {
    if (head_dim < 4 || head_dim % 4 != 0) {
      detail::raise<ConfigError>(
          {"rotary embedding: expected a head width that 4 divides, found ", head_dim});
    }
    const Index expected = config.kind == RopeKind::mixed ? depth * heads * head_dim
                           : config.class_token           ? head_dim / 2
                                                          : 0;
    if (static_cast<Index>(freqs_.size()) != expected) {
      detail::raise<ShapeError>(
          {"rotary embedding: expected ", expected, " frequencies, found ", freqs_.size()});
    }
  }

  const RopeConfig& config() const noexcept { return config_; }
  /// Blocks and heads that have angles of their own; 1 unless the kind is `mixed`.
  Index depth() const noexcept { return depth_; }
  Index heads() const noexcept { return heads_; }
  Index head_dim() const noexcept { return head_dim_; }
  Index parameters() const noexcept { return static_cast<Index>(freqs_.size()); }

  /// Values of the tables for a grid.
  static std::size_t table_size(const RopeConfig& config, Index depth, Index heads, Index head_dim,
                                Index height, Index width) noexcept {
    const Index tables = config.kind == RopeKind::mixed ? depth * heads : 1;
    return static_cast<std::size_t>(2 * tables * rows(config, height, width) *
                                    kernels::padded_width(head_dim));
  }

  /// Fills `tables`. Cost: as many sines and cosines as angles.
  void fill(Index height, Index width, Scalar* tables) const {
    const std::vector<float> bands = frequencies();
    const Index half = head_dim_ / 2;
    const Index size = rows(config_, height, width) * stride();
    for (Index block = 0; block < depth_; ++block) {
      for (Index head = 0; head < heads_; ++head) {
        Scalar* cos = tables + 2 * (block * heads_ + head) * size;
        Scalar* sin = cos + size;
        if (config_.class_token) {
          for (Index i = 0; i < half; ++i) put(i, freqs_[static_cast<std::size_t>(i)], cos, sin);
          cos += stride();
          sin += stride();
        }
        for (Index patch = 0; patch < height * width; ++patch) {
          const auto place = coordinates(patch / width, patch % width, height, width);
          for (Index i = 0; i < half; ++i) {
            put(i, angle(place, bands, block, head, i), cos + patch * stride(),
                sin + patch * stride());
          }
        }
      }
    }
  }

  /// The part of filled `tables` that a block uses.
  RotaryTable<Scalar> table(const Scalar* tables, Index block, Index height, Index width) const {
    const Index size = rows(config_, height, width) * stride();
    RotaryTable<Scalar> result;
    result.cos = tables + 2 * (depth_ > 1 ? block : 0) * heads_ * size;
    result.sin = result.cos + size;
    result.head_stride = heads_ > 1 ? 2 * size : 0;
    result.row_stride = stride();
    result.prefix_rows = config_.class_token ? 1 : 0;
    result.halves = config_.rotate_half;
    return result;
  }

 private:
  static Index rows(const RopeConfig& config, Index height, Index width) noexcept {
    return (config.class_token ? 1 : 0) + height * width;
  }
  Index stride() const noexcept { return kernels::padded_width(head_dim_); }

  /// Of the kind `axial` multipliers, of the kind `centered` periods; `[d/4]`.
  std::vector<float> frequencies() const {
    std::vector<float> bands(static_cast<std::size_t>(head_dim_ / 4));
    for (std::size_t k = 0; k < bands.size(); ++k) {
      if (config_.kind == RopeKind::centered) {
        const float exponent = 2.0f * static_cast<float>(k) / static_cast<float>(head_dim_ / 2);
        bands[k] = static_cast<float>(std::pow(config_.temperature, double(exponent)));
      } else {
        const float exponent = static_cast<float>(k) / static_cast<float>(bands.size());
        bands[k] = 1.0f / static_cast<float>(std::pow(config_.temperature, double(exponent)));
      }
    }
    return bands;
  }

  /// Position of a patch, in the order in which angles take them.
  std::array<float, 2> coordinates(Index row, Index col, Index height, Index width) const {
    const auto place = [&](Index at, Index size, Index ref) {
      const auto position = static_cast<float>(at);
      const auto count = static_cast<float>(size);
      const auto offset = static_cast<float>(config_.grid_offset);
      switch (config_.kind) {
        case RopeKind::centered:
          return 2.0f * ((position + 0.5f + offset) / count) - 1.0f;
        case RopeKind::axial:
          return ref > 0 ? (position + offset) / count * static_cast<float>(ref)
                         : position + offset;
        default:
          return position;
      }
    };
    const float y = place(row, height, config_.ref_height);
    const float x = place(col, width, config_.ref_width);
    return config_.xy ? std::array<float, 2>{x, y} : std::array<float, 2>{y, x};
  }

  float angle(const std::array<float, 2>& place, const std::vector<float>& bands, Index block,
              Index head, Index i) const {
    const auto quarter = static_cast<Index>(bands.size());
    if (config_.kind == RopeKind::mixed) {
      const Index half = head_dim_ / 2;
      const Index at = (block * heads_ + head) * half + i;
      const auto freq = [&](Index axis) {
        return freqs_[static_cast<std::size_t>(axis * depth_ * heads_ * half + at)];
      };
      return place[0] * freq(0) + place[1] * freq(1);
    }
    const float band = bands[static_cast<std::size_t>(i % quarter)];
    const float coordinate = place[i < quarter ? 0 : 1];
    if (config_.kind == RopeKind::centered) return 6.2831853f * coordinate / band;
    return coordinate * band;
  }

  /// The pair of angle `i`, where the kernel reads it.
  void put(Index i, float angle, Scalar* cos, Scalar* sin) const {
    const Index first = config_.rotate_half ? i : 2 * i;
    const Index second = config_.rotate_half ? i + head_dim_ / 2 : 2 * i + 1;
    cos[first] = cos[second] = static_cast<Scalar>(std::cos(angle));
    sin[second] = static_cast<Scalar>(std::sin(angle));
    sin[first] = -sin[second];
  }

  RopeConfig config_;
  Index depth_ = 1;  ///< of those that differ
  Index heads_ = 1;
  Index head_dim_ = 0;
  AlignedBuffer<float> freqs_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
