/// Positions of patches as a bias of their scores.
#ifndef EIGENVIT_LAYERS_RELATIVE_POSITION_BIAS_HPP
#define EIGENVIT_LAYERS_RELATIVE_POSITION_BIAS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/arguments.hpp>
#include <eigenvit/layers/grid_resampler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How a table of relative positions is fitted to another patch grid.
enum class RelativeInterpolation {
  geometric,  ///< linear between places that lie denser in the middle: timm
  /// PyTorch's bilinear: transformers. It takes the columns of the table for rows, so that tables
  /// of grids that are not square are fitted to their own grid too.
  bilinear,
};

/// Relative position bias of BEiT: what is added to the score of a query and a key depends on how
/// many rows and columns apart they are, and on the head. CLS, the only prefix token, has values of
/// its own, for CLS to patch, patch to CLS and CLS to CLS.
///
/// Shapes: table `[n, H]` as it is stored, `n = (2h - 1)(2w - 1) + 3`; here `[H, n]`.
/// Source: Bao et al., arXiv:2106.08254; timm's `gen_relative_position_index` and
/// `resize_rel_pos_bias_table`.
template <class Scalar>
class RelativePositionBias {
 public:
  RelativePositionBias() = default;

  /// `stored [n, heads]`. Throws `ShapeError` when it has another size.
  RelativePositionBias(const AlignedBuffer<Scalar>& stored, Index heads, Index grid_height,
                       Index grid_width,
                       RelativeInterpolation interpolation = RelativeInterpolation::geometric)
      : heads_(heads),
        grid_height_(grid_height),
        grid_width_(grid_width),
        interpolation_(interpolation) {
    const Index rows = grid_height < 1 || grid_width < 1 ? 0 : entries(grid_height, grid_width);
    if (heads < 1 || rows == 0 || static_cast<Index>(stored.size()) != rows * heads) {
      detail::raise<ShapeError>({"relative position bias: expected ", rows, " x ", heads,
                                 " values, found ", stored.size()});
    }
    table_.resize(stored.size());
    for (Index i = 0; i < rows; ++i) {
      for (Index head = 0; head < heads; ++head) {
        table_[static_cast<std::size_t>(head * rows + i)] =
            stored[static_cast<std::size_t>(i * heads + head)];
      }
    }
  }

  RelativeInterpolation interpolation() const noexcept { return interpolation_; }
  Index heads() const noexcept { return heads_; }
  Index grid_height() const noexcept { return grid_height_; }
  Index grid_width() const noexcept { return grid_width_; }
  Index parameters() const noexcept { return static_cast<Index>(table_.size()); }

  /// Entries of one head's table for a grid.
  static constexpr Index entries(Index height, Index width) noexcept {
    return (2 * height - 1) * (2 * width - 1) + 3;
  }

  /// Whether the table of a grid `own` serves another grid as it is.
  static constexpr bool is_native(RelativeInterpolation interpolation, Index own_height,
                                  Index own_width, Index height, Index width) noexcept {
    return height == own_height && width == own_width &&
           (height == width || interpolation != RelativeInterpolation::bilinear);
  }
  bool is_native(Index height, Index width) const noexcept {
    return is_native(interpolation_, grid_height_, grid_width_, height, width);
  }

  /// The table for a grid, `[H, n]`: its own, or `resized` after it was interpolated into that.
  const Scalar* table(Index height, Index width, Scalar* resized) const {
    if (is_native(height, width)) return table_.data();
    const Index from = entries(grid_height_, grid_width_);
    const Index to = entries(height, width);
    for (Index head = 0; head < heads_; ++head) {
      const Scalar* const own = table_.data() + head * from;
      Scalar* const other = resized + head * to;
      if (interpolation_ == RelativeInterpolation::bilinear) {
        resample_grid({GridInterpolation::Kernel::bilinear, false, 0}, own, 2 * grid_width_ - 1,
                      2 * grid_height_ - 1, 1, 2 * height - 1, 2 * width - 1, other);
      } else {
        resize(own, height, width, other);
      }
      std::copy_n(own + from - 3, 3, other + to - 3);
    }
    return resized;
  }

  /// Biases of the queries `[first, first + count)` of a head and all keys, laid out as the
  /// attention kernel takes them, from the table `[H, n]` of a grid.
  static void fill(const Scalar* table, Index height, Index width, Index head, Index first,
                   Index count, Scalar* bias) {
    const Index n = entries(height, width);
    const Scalar* const own = table + head * n;
    const Index columns = 2 * width - 1;
    // Entries of the patch queries and the first patch key; of other keys they come before those.
    Index entry[kernels::attention_queries] = {};
    for (Index i = 0; i < count; ++i) {
      const Index patch = std::max<Index>(first + i - 1, 0);
      entry[i] = (patch / width + height - 1) * columns + patch % width + width - 1;
    }
    const Index cls = first == 0 ? 1 : 0;
    const auto fill_row = [&](Scalar* row, Scalar of_cls, const auto& of_patch) {
      if (cls > 0) row[0] = of_cls;
      for (Index i = cls; i < count; ++i) row[i] = of_patch(i);
      std::fill_n(row + count, kernels::attention_queries - count, Scalar(0));
    };
    fill_row(bias, own[n - 1], [&](Index) { return own[n - 2]; });
    for (Index row = 0; row < height; ++row) {
      for (Index col = 0; col < width; ++col) {
        bias += kernels::attention_queries;
        const Index back = row * columns + col;
        fill_row(bias, own[n - 3], [&](Index i) { return own[entry[i] - back]; });
      }
    }
  }

 private:
  /// Where the entries of an axis of `from` relative positions are said to lie, so that the
  /// outermost reach those of an axis of `to`: steps grow from the middle by a constant factor.
  static std::vector<float> places(Index from, Index to) {
    double least = 1.01;
    double most = 1.5;
    double factor = least;
    while (most - least > 1e-6) {
      factor = (least + most) / 2;
      const double reach = (1 - std::pow(factor, static_cast<double>(from / 2))) / (1 - factor);
      (reach > static_cast<double>(to / 2) ? most : least) = factor;
    }
    std::vector<float> result(static_cast<std::size_t>(from), 0.0f);
    double at = 1;
    for (Index i = 0; i < from / 2; ++i) {
      result[static_cast<std::size_t>(from / 2 + 1 + i)] = static_cast<float>(at);
      result[static_cast<std::size_t>(from / 2 - 1 - i)] = -static_cast<float>(at);
      at += std::pow(factor, static_cast<double>(i + 1));
    }
    return result;
  }

  /// The two entries between which a position lies, and the share of each.
  struct Between {
    Index left;
    Index right;
    float to_left;
    float to_right;
  };

  static Between between(const std::vector<float>& places, float x) {
    const auto size = static_cast<Index>(places.size());
    const Index found = std::lower_bound(places.begin(), places.end(), x) - places.begin();
    Between result{};
    result.right = std::min(found, size - 1);
    result.left = std::max<Index>(result.right - 1, 0);
    result.to_left = std::max(x - places[static_cast<std::size_t>(result.left)], 0.0f);
    result.to_right = std::max(places[static_cast<std::size_t>(result.right)] - x, 0.0f);
    if (result.to_left == 0 && result.to_right == 0) result.to_left = result.to_right = 1;
    return result;
  }

  void resize(const Scalar* from, Index height, Index width, Scalar* to) const {
    const Index from_cols = 2 * grid_width_ - 1;
    const Index rows = 2 * height - 1;
    const Index cols = 2 * width - 1;
    const std::vector<float> y = places(2 * grid_height_ - 1, rows);
    const std::vector<float> x = places(from_cols, cols);
    for (Index row = 0; row < rows; ++row) {
      const Between v = between(y, static_cast<float>(row - (height - 1)));
      for (Index col = 0; col < cols; ++col) {
        const Between u = between(x, static_cast<float>(col - (width - 1)));
        const auto at = [&](Index r, Index c) { return from[r * from_cols + c]; };
        const Scalar sum = at(v.left, u.left) * Scalar(v.to_right * u.to_right) +
                           at(v.left, u.right) * Scalar(v.to_right * u.to_left) +
                           at(v.right, u.left) * Scalar(v.to_left * u.to_right) +
                           at(v.right, u.right) * Scalar(v.to_left * u.to_left);
        to[row * cols + col] = sum / Scalar((v.to_left + v.to_right) * (u.to_left + u.to_right));
      }
    }
  }

  AlignedBuffer<Scalar> table_;
  Index heads_ = 0;
  Index grid_height_ = 0;
  Index grid_width_ = 0;
  RelativeInterpolation interpolation_ = RelativeInterpolation::geometric;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
