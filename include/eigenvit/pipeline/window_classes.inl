// Scores of classes by masks of queries, of an image or of windows of it.
#ifndef EIGENVIT_PIPELINE_WINDOW_CLASSES_INL
#define EIGENVIT_PIPELINE_WINDOW_CLASSES_INL

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/upsampling.hpp>
#include <eigenvit/pipeline/finite_maps.inl>
#include <eigenvit/pipeline/image_windows.hpp>
#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/pipeline/semantic_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline float sigmoid(float value) {
  return 1 / (1 + std::exp(-value));
}

/// Throws `ConfigError` unless they are finite.
inline void check_scores(const DenseOutput<float>& output) {
  check_finite(output, "segment: the scores");
}

/// The class probabilities of each query, `[Q, C + 1]`, "no object" last.
inline Matrix<float> class_probabilities(const DenseOutput<float>& output) {
  Matrix<float> result = output.class_logits_of(0);
  for (Index q = 0; q < result.rows(); ++q) {
    const float largest = result.row(q).maxCoeff();
    float sum = 0;
    for (Index c = 0; c < result.cols(); ++c) {
      result(q, c) = std::exp(result(q, c) - largest);
      sum += result(q, c);
    }
    for (Index c = 0; c < result.cols(); ++c) result(q, c) /= sum;
  }
  return result;
}

/// Scores of classes of the pixels of an input: `Σ_q p(class | q) σ(mask_q)`, row by row.
///
/// Cost: `2 Q C` flops and `Q` exps for a pixel.
class MaskedClasses {
 public:
  /// Keeps a pointer to `output`. `input` is the size of the pixel values.
  MaskedClasses(const DenseOutput<float>& output, const MapSize& input)
      : masks_{output.maps.data(), {output.height, output.width}, output.channels}, input_(input) {
    const Matrix<float> of_queries = class_probabilities(output);
    probabilities_ =
        Linear<float>(Matrix<float>(of_queries.leftCols(of_queries.cols() - 1).transpose()));
  }

  Index classes() const noexcept { return probabilities_.out_features(); }

  /// Writes pixels of row `row`, from column `first` on, `[count, classes]`.
  void write(Index row, Index first, Index count, float* scores) const {
    std::vector<float> masks(static_cast<std::size_t>(count * masks_.channels));
    const BilinearTap vertical = BilinearTap::of(masks_.size.height, input_.height, row, false);
    const BilinearAxis across(masks_.size.width, input_.width, false);
    for (Index i = 0; i < count; ++i) {
      upsample_pixel(masks_, vertical, across(first + i), 0, masks_.channels, false,
                     masks.data() + i * masks_.channels);
    }
    for (float& value : masks) value = sigmoid(value);
    auto product = probabilities_.share(0, probabilities_.weight().panels());
    product.x = masks.data();
    product.rows = count;
    product.x_stride = masks_.channels;
    product.y = scores;
    product.y_stride = classes();
    ops::gemm(product);
  }

 private:
  FeatureMap<float> masks_;
  MapSize input_;
  Linear<float> probabilities_;
};

/// The mean of the scores of the windows that a pixel is in: of a window, and of the one before it.
/// A third one is not beside them (`ImageWindows`).
class WindowedClasses {
 public:
  /// Keeps references. `last` is the window that was run last; those of `parts` are its and that of
  /// the one before, at their numbers modulo 2.
  WindowedClasses(const ImageWindows& windows,
                  const std::array<std::optional<MaskedClasses>, 2>& parts, std::size_t last)
      : windows_(windows), parts_(parts), last_(last) {}

  /// Writes the columns of `columns` of row `row` of the image, `[width, classes]`.
  void operator()(Index row, const PixelSpan& columns, float* scores) const {
    const Index classes = parts_[last_ % 2]->classes();
    std::vector<float> part(static_cast<std::size_t>(windows_.side * classes));
    std::vector<Index> counts(static_cast<std::size_t>(columns.count));
    std::fill_n(scores + columns.first * classes, columns.count * classes, 0.0F);
    for (std::size_t i = last_ > 0 ? last_ - 1 : 0; i <= last_; ++i) {
      const Index start = windows_.starts[i];
      const Index inside = windows_.down ? row - start : row;
      if (inside < 0 || inside >= windows_.side) continue;
      const Index left = windows_.down ? 0 : start;
      const Index first = std::max(left, columns.first);
      const Index end = std::min(left + windows_.side, columns.first + columns.count);
      if (first >= end) continue;
      parts_[i % 2]->write(inside, first - left, end - first, part.data());
      ops::add_row(part.data(), (end - first) * classes, scores + first * classes);
      for (Index x = first; x < end; ++x) ++counts[static_cast<std::size_t>(x - columns.first)];
    }
    for (Index x = 0; x < columns.count; ++x) {
      const auto count =
          static_cast<float>(std::max<Index>(1, counts[static_cast<std::size_t>(x)]));
      float* const pixel = scores + (columns.first + x) * classes;
      for (Index c = 0; c < classes; ++c) pixel[c] /= count;
    }
  }

 private:
  const ImageWindows& windows_;
  const std::array<std::optional<MaskedClasses>, 2>& parts_;
  std::size_t last_;
};

/// What of a batch's pixels a window shows, run through the network.
inline void run_window(const Model& model, const PixelInput& input, const ImageWindows& windows,
                       Index start, VitOutput<float>& output, Executor& executor,
                       Workspace* workspace) {
  const Index channels = model.network().config().in_chans;
  AlignedBuffer<float> values;
  AlignedBuffer<std::uint8_t> samples;
  if (input.values.empty()) {
    samples = windows.cut(input.samples.data(), channels, start);
  } else {
    values = windows.cut(input.values.data(), channels, start);
  }
  const PixelBatch<float> batch{values.empty() ? nullptr : values.data(),
                                1,
                                windows.side,
                                windows.side,
                                samples.data(),
                                input.sample_values};
  Taps taps;
  taps.dense = true;
  model.network().forward(batch, taps, output, &executor, workspace);
  check_scores(output.dense);
}

/// The best class of each pixel by windows, a pass for each. After each pass it finishes the pixels
/// that no later window covers, so that the masks of two windows are in memory, not of all.
inline Matrix<Index> classes_by_windows(const Model& model, const ImageView& image,
                                        Executor& executor, Workspace* workspace) {
  const PixelInput input = model.input({image}, &executor);
  const ImageWindows windows({input.height, input.width});
  const MapSize size{image.height, image.width};
  const Index length = std::max(input.height, input.width);
  const Index total = windows.down ? size.height : size.width;
  Matrix<Index> map(size.height, size.width);
  std::array<VitOutput<float>, 2> outputs;
  std::array<std::optional<MaskedClasses>, 2> parts;
  Index begin = 0;
  for (std::size_t i = 0; i < windows.starts.size(); ++i) {
    VitOutput<float>& output = outputs[i % 2];
    run_window(model, input, windows, windows.starts[i], output, executor, workspace);
    parts[i % 2].emplace(output.dense, MapSize{windows.side, windows.side});
    const Index known = i + 1 < windows.starts.size() ? windows.starts[i + 1] : length;
    Index end = begin;
    while (end < total && BilinearTap::of(length, total, end, false).second < known) ++end;
    const PixelSpan whole{0, windows.down ? size.width : size.height};
    const PixelSpan made{begin, end - begin};
    fill_semantic_map(windows.image, parts[i % 2]->classes(), windows.down ? made : whole,
                      windows.down ? whole : made, executor, WindowedClasses(windows, parts, i),
                      map);
    begin = end;
  }
  return map;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
