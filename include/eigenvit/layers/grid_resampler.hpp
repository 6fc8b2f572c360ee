/// Interpolation of a grid of vectors to another grid, as PyTorch's `interpolate` does it.
#ifndef EIGENVIT_LAYERS_GRID_RESAMPLER_HPP
#define EIGENVIT_LAYERS_GRID_RESAMPLER_HPP

#include <algorithm>
#include <cmath>
#include <vector>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How a table of position embeddings is fitted to another patch grid. The families differ, and the
/// difference is visible in the tokens.
struct GridInterpolation {
  enum class Kernel {
    bilinear,
    bicubic,  ///< Keys' cubic with a = -0.75; with `antialias` a = -0.5
  };
  Kernel kernel = Kernel::bicubic;
  /// Widen the kernel when the grid shrinks and renormalise at the borders, as Pillow does.
  bool antialias = false;
  /// Source coordinates follow `scale_factor = (out + offset) / in` rather than `out / in`: the 0.1
  /// that the first release of DINOv2 adds. 0: by size. Not used with `antialias`.
  float scale_offset = 0;
  /// The centres of the corners stay where they are, as torchvision's `interpolate_embeddings` has
  /// it. Not used with `antialias` or an offset.
  bool align_corners = false;
  /// The upper left part of what a square table becomes for a grid of the longer side in both
  /// directions (RADIO).
  bool crops_square = false;
};

namespace detail {

inline float cubic(float x, float a) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/// Calls `visit(source, weight)` for each row (or column) of the source that row `i` of the target
/// reads, when an axis of `in` becomes one of `out`; in float32 as PyTorch.
template <class Visit>
void for_each_tap(const GridInterpolation& rule, Index in, Index out, Index i, const Visit& visit) {
  const bool is_cubic = rule.kernel == GridInterpolation::Kernel::bicubic;
  if (rule.antialias) {
    const float scale = static_cast<float>(in) / static_cast<float>(out);
    const float stretch = std::max(scale, 1.0f);
    const float support = (is_cubic ? 2.0f : 1.0f) * stretch;
    const float center = scale * (static_cast<float>(i) + 0.5f);
    const Index first = std::max<Index>(static_cast<Index>(center - support + 0.5f), 0);
    const Index last = std::min<Index>(static_cast<Index>(center + support + 0.5f), in);
    const auto weight = [&](Index s) {
      const float x = (static_cast<float>(s) - center + 0.5f) / stretch;
      return is_cubic ? cubic(x, -0.5f) : std::max(0.0f, 1.0f - std::abs(x));
    };
    float total = 0;
    for (Index s = first; s < last; ++s) total += weight(s);
    for (Index s = first; s < last; ++s) visit(s, weight(s) / total);
    return;
  }
  if (!is_cubic && in == out) {
    // PyTorch leaves such an axis as it is, whatever the scale factor; its bicubic does not.
    visit(i, 1.0f);
    return;
  }
  // Twice the reciprocal, in double, as PyTorch gets from the scale factor to the step.
  const double factor =
      (static_cast<double>(out) + static_cast<double>(rule.scale_offset)) / static_cast<double>(in);
  const float scale = rule.scale_offset == 0 ? static_cast<float>(in) / static_cast<float>(out)
                                             : static_cast<float>(1 / factor);
  float x = (static_cast<float>(i) + 0.5f) * scale - 0.5f;
  if (rule.align_corners) {
    const float step = out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1) : 0.0f;
    x = static_cast<float>(i) * step;
  }
  if (!is_cubic) x = std::max(x, 0.0f);
  const auto left = static_cast<Index>(std::floor(x));
  const float t = x - static_cast<float>(left);
  // Positions beyond the border repeat it, and their weights stay.
  const auto visit_at = [&](Index offset, float weight) {
    visit(std::min(std::max<Index>(left + offset, 0), in - 1), weight);
  };
  if (is_cubic) {
    for (Index k = -1; k <= 2; ++k) visit_at(k, cubic(t - static_cast<float>(k), -0.75f));
  } else {
    visit_at(0, 1 - t);
    visit_at(1, t);
  }
}

}  // namespace detail

/// Interpolates `grid [in_height * in_width, D]`, along its rows first, to `[out_height *
/// out_width, D]`, each column of `D` as an image of its own; equal sizes are copied unless the
/// rule has an offset. `middle [in_height * out_width, D]` is scratch.
///
/// Cost: about `8 D out_width (in_height + out_height)` flops (bicubic).
/// Source: PyTorch's `torch.nn.functional.interpolate`.
template <class Scalar>
void resample_grid(const GridInterpolation& rule, const Scalar* grid, Index in_height,
                   Index in_width, Index width, Index out_height, Index out_width, Scalar* result,
                   Scalar* middle) {
  if (in_height == out_height && in_width == out_width && rule.scale_offset == 0) {
    std::copy_n(grid, in_height * in_width * width, result);
    return;
  }
  using Row = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
  using Target = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
  const Index longer = std::max(out_height, out_width);
  const Index whole_height = rule.crops_square ? longer : out_height;
  const Index whole_width = rule.crops_square ? longer : out_width;
  // Columns first, as PyTorch.
  for (Index col = 0; col < out_width; ++col) {
    for (Index row = 0; row < in_height; ++row) {
      Target target(middle + (row * out_width + col) * width, width);
      target.setZero();
      detail::for_each_tap(rule, in_width, whole_width, col, [&](Index source, float weight) {
        target += Scalar(weight) * Row(grid + (row * in_width + source) * width, width);
      });
    }
  }
  for (Index row = 0; row < out_height; ++row) {
    Target target(result + row * out_width * width, out_width * width);
    target.setZero();
    detail::for_each_tap(rule, in_height, whole_height, row, [&](Index source, float weight) {
      target += Scalar(weight) * Row(middle + source * out_width * width, out_width * width);
    });
  }
}

/// As above, with scratch of its own.
template <class Scalar>
void resample_grid(const GridInterpolation& rule, const Scalar* grid, Index in_height,
                   Index in_width, Index width, Index out_height, Index out_width, Scalar* result) {
  std::vector<Scalar> middle(static_cast<std::size_t>(in_height * out_width * width));
  resample_grid(rule, grid, in_height, in_width, width, out_height, out_width, result,
                middle.data());
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
