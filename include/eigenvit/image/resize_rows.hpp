/// Resizing row by row, for callers that need the rows but no image of them.
#ifndef EIGENVIT_IMAGE_RESIZE_ROWS_HPP
#define EIGENVIT_IMAGE_RESIZE_ROWS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/resize_axis.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A weighted sum, with half a unit added, to a sample.
inline std::uint8_t to_sample(std::int32_t sum) noexcept {
  const std::int32_t value = sum >> weight_bits;
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

constexpr std::int32_t half_unit = std::int32_t{1} << (weight_bits - 1);

/// Rows of a view as RGB; a copy is made only where the format is another.
class RgbRows {
 public:
  RgbRows(const ImageView& view, Index first_column, Index columns)
      : view_(view), first_(first_column), columns_(columns) {}

  /// Row `y`, from the first column on. Formats other than RGB need `scratch`, of three bytes a
  /// column, and the result is then valid as long as its contents are.
  const std::uint8_t* row(Index y, std::uint8_t* scratch) const noexcept {
    const std::uint8_t* const pixels = view_.row(y) + first_ * channels(view_.format);
    if (view_.format == PixelFormat::rgb) return pixels;
    copy_as_rgb(pixels, view_.format, columns_, scratch);
    return scratch;
  }

  /// Bytes of scratch that a row needs.
  std::size_t scratch_bytes() const noexcept {
    return view_.format == PixelFormat::rgb ? 0 : static_cast<std::size_t>(3 * columns_);
  }

 private:
  ImageView view_;
  Index first_;
  Index columns_;
};

/// The pass along rows: `out` columns made of the columns of a source row.
class HorizontalPass {
 public:
  HorizontalPass(const ResizeAxis& axis, Index first_output, Index outputs)
      : taps_(axis.max_taps()), spans_(static_cast<std::size_t>(outputs)) {
    weights_.resize(static_cast<std::size_t>(outputs * taps_));
    std::vector<double> scratch;
    for (Index i = 0; i < outputs; ++i) {
      spans_[static_cast<std::size_t>(i)] = axis.span(first_output + i);
      axis.weights(first_output + i, scratch, weights_.data() + i * taps_);
    }
    first_ = spans_.front().first;
    columns_ = spans_.back().end() - first_;
    pairs_.resize(static_cast<std::size_t>(3 * columns_));
  }

  /// The first source column that is read, and how many from there on.
  Index first_column() const noexcept { return first_; }
  Index columns() const noexcept { return columns_; }

  /// Two rows at once; each row's samples begin at `first_column()`.
  ///
  /// Plain integers do two rows in one multiplication: with the sample `p` of one row in the lower
  /// half of a 64-bit word and `q` of the other in the upper, the sum of `w (p + 2^32 q)` holds
  /// both 32-bit sums, the upper one less the borrow of the lower. Baseline x86 multiplies 32-bit
  /// integers one by one or through shuffles, so this is what is fastest without any flags.
  void operator()(const std::uint8_t* row_a, const std::uint8_t* row_b, std::uint8_t* out_a,
                  std::uint8_t* out_b) noexcept {
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      pairs_[i] = row_a[i] | static_cast<std::uint64_t>(row_b[i]) << 32;
    }
    const std::int32_t* weights = weights_.data();
    for (const Span& span : spans_) {
      const std::uint64_t* pixel = pairs_.data() + 3 * (span.first - first_);
      std::uint64_t red = 0, green = 0, blue = 0;
      for (Index j = 0; j < span.count; ++j, pixel += 3) {
        const auto weight = static_cast<std::uint64_t>(static_cast<std::int64_t>(weights[j]));
        red += pixel[0] * weight;
        green += pixel[1] * weight;
        blue += pixel[2] * weight;
      }
      split(red, out_a, out_b);
      split(green, out_a + 1, out_b + 1);
      split(blue, out_a + 2, out_b + 2);
      weights += taps_;
      out_a += 3;
      out_b += 3;
    }
  }

 private:
  static void split(std::uint64_t sums, std::uint8_t* out_a, std::uint8_t* out_b) noexcept {
    const auto low = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums));
    const std::uint64_t rest = sums - static_cast<std::uint64_t>(static_cast<std::int64_t>(low));
    const auto high = static_cast<std::int32_t>(static_cast<std::uint32_t>(rest >> 32));
    *out_a = to_sample(low + half_unit);
    *out_b = to_sample(high + half_unit);
  }

  Index taps_;
  Index first_ = 0;
  Index columns_ = 0;
  std::vector<Span> spans_;
  std::vector<std::int32_t> weights_;
  std::vector<std::uint64_t> pairs_;
};

/// The pass down columns: one output row made of source rows.
class VerticalPass {
 public:
  VerticalPass(const ResizeAxis& axis, Index samples)
      : axis_(axis),
        weights_(static_cast<std::size_t>(axis.max_taps())),
        sums_(static_cast<std::size_t>(samples)) {}

  Span span(Index output) const noexcept { return axis_.span(output); }

  /// `row(y)` gives source row `y`, for each `y` of the output's span.
  void operator()(Index output, FunctionRef<const std::uint8_t*(Index)> row, std::uint8_t* out) {
    const Span span = axis_.span(output);
    axis_.weights(output, scratch_, weights_.data());
    std::fill(sums_.begin(), sums_.end(), half_unit);
    for (Index j = 0; j < span.count; ++j) {
      add(row(span.first + j), weights_[static_cast<std::size_t>(j)], sums_.data(), sums_.size());
    }
    for (std::size_t i = 0; i < sums_.size(); ++i) out[i] = to_sample(sums_[i]);
  }

 private:
  static void add(const std::uint8_t* row, std::int32_t weight, std::int32_t* sums,
                  std::size_t count) noexcept {
    // GCC vectorises at -O2 only what needs no scalar remainder: blocks of a fixed size.
    constexpr std::size_t block = 16;
    std::size_t i = 0;
    for (; i + block <= count; i += block) add_block<block>(row + i, weight, sums + i);
    for (; i < count; ++i) sums[i] += row[i] * weight;
  }

  template <std::size_t Block>
  static void add_block(const std::uint8_t* row, std::int32_t weight, std::int32_t* sums) noexcept {
    std::int32_t products[Block];
    for (std::size_t i = 0; i < Block; ++i) products[i] = row[i] * weight;
    for (std::size_t i = 0; i < Block; ++i) sums[i] += products[i];
  }

  ResizeAxis axis_;
  std::vector<double> scratch_;
  std::vector<std::int32_t> weights_;
  std::vector<std::int32_t> sums_;
};

inline void check_resize(Index width, Index height, Filter filter, const Window& window) {
  if (width < 1 || height < 1 || width > max_image_side || height > max_image_side) {
    raise<ShapeError>(
        {"resize: expected sides from 1 to ", max_image_side, ", found ", width, "x", height});
  }
  if (filter < Filter::nearest || filter > Filter::lanczos) {
    raise<ConfigError>({"resize: unknown filter ", static_cast<int>(filter)});
  }
  if (window.left < 0 || window.top < 0 || window.width < 1 || window.height < 1 ||
      window.left > width - window.width || window.top > height - window.height) {
    raise<ShapeError>({"resize: expected a window inside of ", width, "x", height, ", found ",
                       window.width, "x", window.height, " at ", window.left, ",", window.top});
  }
}

/// Takes `(x, y, count, rgb)`: `count` pixels that begin at column `x` of row `y`.
using PixelSink = FunctionRef<void(Index, Index, Index, const std::uint8_t*)>;

/// `resize_rows` for `Filter::nearest`.
inline void nearest_rows(const ImageView& image, Index width, Index height, const Window& window,
                         PixelSink sink) {
  const auto columns = nearest_pixels(image.width, width, window.left, window.width);
  const auto rows = nearest_pixels(image.height, height, window.top, window.height);
  std::vector<std::uint8_t> line(static_cast<std::size_t>(3 * window.width));
  const Index step = channels(image.format);
  for (Index y = 0; y < window.height; ++y) {
    const std::uint8_t* const row = image.row(rows[static_cast<std::size_t>(y)]);
    std::uint8_t* out = line.data();
    for (const Index column : columns) {
      copy_as_rgb(row + column * step, image.format, 1, out);
      out += 3;
    }
    sink(Index{0}, y, window.width, line.data());
  }
}

/// Calls `sink(y, row)` with each row of the strip after the pass down columns alone. `samples` is
/// the length of a row of `source`.
inline void vertical_rows(const RgbRows& source, const ResizeAxis& down, const Window& strip,
                          Index samples, FunctionRef<void(Index, const std::uint8_t*)> sink) {
  VerticalPass combine(down, samples);
  std::vector<std::uint8_t> line(static_cast<std::size_t>(samples));
  std::vector<std::uint8_t> scratch(source.scratch_bytes());
  for (Index y = 0; y < strip.height; ++y) {
    combine(
        strip.top + y, [&](Index row) { return source.row(row, scratch.data()); }, line.data());
    sink(y, line.data());
  }
}

/// One strip of columns of `resize_rows`, whose weights fit into memory; `x` is where it begins in
/// the wanted window.
inline void resize_strip(const ImageView& image, Index width, Index height, Filter filter,
                         const Window& strip, Index x, PixelSink sink) {
  const bool horizontal = width != image.width;
  const bool vertical = height != image.height;
  const auto samples = static_cast<std::size_t>(3 * strip.width);
  const ResizeAxis down(image.height, height, filter);

  if (!horizontal) {
    const RgbRows source(image, strip.left, strip.width);
    if (!vertical) {
      std::vector<std::uint8_t> scratch(source.scratch_bytes());
      for (Index y = 0; y < strip.height; ++y) {
        sink(x, y, strip.width, source.row(strip.top + y, scratch.data()));
      }
      return;
    }
    vertical_rows(source, down, strip, 3 * strip.width,
                  [&](Index y, const std::uint8_t* row) { sink(x, y, strip.width, row); });
    return;
  }

  const ResizeAxis across(image.width, width, filter);
  HorizontalPass pass(across, strip.left, strip.width);
  const RgbRows source(image, pass.first_column(), pass.columns());
  std::vector<std::uint8_t> line(samples);

  // The rule that Pillow 13 follows, found by comparison over 150,000 sizes.
  const bool vertical_first =
      height < image.height && image.height - height > 2 * (image.width - width);
  if (vertical && vertical_first) {
    vertical_rows(source, down, strip, 3 * pass.columns(), [&](Index y, const std::uint8_t* row) {
      pass(row, row, line.data(), line.data());
      sink(x, y, strip.width, line.data());
    });
    return;
  }

  std::vector<std::uint8_t> scratch_a(source.scratch_bytes()), scratch_b(source.scratch_bytes());
  if (!vertical) {
    std::vector<std::uint8_t> other(samples);
    for (Index y = 0; y < strip.height; y += 2) {
      const bool pair = y + 1 < strip.height;
      const std::uint8_t* const a = source.row(strip.top + y, scratch_a.data());
      pass(a, pair ? source.row(strip.top + y + 1, scratch_b.data()) : a, line.data(),
           other.data());
      sink(x, y, strip.width, line.data());
      if (pair) sink(x, y + 1, strip.width, other.data());
    }
    return;
  }

  VerticalPass combine(down, 3 * strip.width);
  Span needed = combine.span(strip.top);
  const Index last = combine.span(strip.top + strip.height - 1).end();
  // A ring of rows that the first pass has made: those of one output, and one for the second row of
  // a pair.
  const Index kept = std::min(down.max_taps() + 1, last - needed.first + 1);
  std::vector<std::uint8_t> ring(static_cast<std::size_t>(kept) * samples);
  const auto slot = [&](Index y) {
    return ring.data() + static_cast<std::size_t>(y % kept) * samples;
  };
  Index made = needed.first;
  for (Index y = 0; y < strip.height; ++y) {
    needed = combine.span(strip.top + y);
    for (; made < needed.end(); made += 2) {
      const bool pair = made + 1 < last;
      const std::uint8_t* const a = source.row(made, scratch_a.data());
      pass(a, pair ? source.row(made + 1, scratch_b.data()) : a, slot(made),
           pair ? slot(made + 1) : slot(made));
    }
    combine(strip.top + y, slot, line.data());
    sink(x, y, strip.width, line.data());
  }
}

/// Gives `sink` the rows of `window`, which is a part of the image resized to `width` x `height`,
/// in pieces; columns and rows are those of the window. The arguments have been checked. Memory: a
/// few rows of the window, and the weights.
inline void resize_rows(const ImageView& image, Index width, Index height, Filter filter,
                        const Window& window, PixelSink sink) {
  if (filter == Filter::nearest) {
    nearest_rows(image, width, height, window, sink);
    return;
  }
  // Weights are bounded by the width of the image: a strip keeps to these many.
  constexpr Index most_weights = Index{1} << 22;
  const Index taps = width != image.width ? ResizeAxis(image.width, width, filter).max_taps() : 1;
  const Index columns = std::max<Index>(1, most_weights / taps);
  for (Index x = 0; x < window.width; x += columns) {
    const Window strip{window.left + x, window.top, std::min(columns, window.width - x),
                       window.height};
    resize_strip(image, width, height, filter, strip, x, sink);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
