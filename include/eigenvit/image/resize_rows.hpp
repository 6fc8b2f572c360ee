/// Resizing row by row, for callers that need the rows but no image of them.
#ifndef EIGENVIT_IMAGE_RESIZE_ROWS_HPP
#define EIGENVIT_IMAGE_RESIZE_ROWS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/lent_memory.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/workspace.hpp>
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
  RgbRows() = default;
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
  Index scratch_bytes() const noexcept {
    return view_.format == PixelFormat::rgb ? 0 : 3 * columns_;
  }

 private:
  ImageView view_;
  Index first_ = 0;
  Index columns_ = 0;
};

/// The pass along rows: the columns `[first, first + outputs)` of a resized row made of the columns
/// of a source row.
class HorizontalPass {
 public:
  /// Takes what it needs from `memory`; `fill` must be called before the first row.
  template <class Memory>
  HorizontalPass(const ResizeAxis& axis, Index first, Index outputs, Memory& memory)
      : axis_(axis),
        taps_(axis.max_taps()),
        first_output_(first),
        outputs_(outputs),
        first_(axis.span(first).first),
        columns_(axis.span(first + outputs - 1).end() - first_),
        spans_(memory.template take<Span>(static_cast<std::size_t>(outputs))),
        weights_(memory.template take<std::int32_t>(
            static_cast<std::size_t>(outputs * axis.max_taps()))),
        pairs_(memory.template take<std::uint64_t>(static_cast<std::size_t>(3 * columns_))),
        scratch_(memory.template take<double>(static_cast<std::size_t>(taps_))) {}

  void fill() const noexcept {
    for (Index i = 0; i < outputs_; ++i) {
      spans_[i] = axis_.span(first_output_ + i);
      axis_.weights(first_output_ + i, scratch_, weights_ + i * taps_);
    }
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
                  std::uint8_t* out_b) const noexcept {
    // Copies, which the compiler knows that what is written through `out_a` does not change.
    std::uint64_t* const pairs = pairs_;
    const Index taps = taps_;
    const Index samples = 3 * columns_;
    for (Index i = 0; i < samples; ++i) {
      pairs[i] = row_a[i] | static_cast<std::uint64_t>(row_b[i]) << 32;
    }
    const std::int32_t* weights = weights_;
    const Index first = first_;
    const Span* const end = spans_ + outputs_;
    for (const Span* at = spans_; at != end; ++at) {
      const Span span = *at;
      const std::uint64_t* pixel = pairs + 3 * (span.first - first);
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
      weights += taps;
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

  ResizeAxis axis_;
  Index taps_;
  Index first_output_;
  Index outputs_;
  Index first_;
  Index columns_;
  Span* spans_;
  std::int32_t* weights_;
  std::uint64_t* pairs_;
  double* scratch_;
};

/// The pass down columns: one output row of `samples` samples made of source rows.
class VerticalPass {
 public:
  /// Takes what it needs from `memory`.
  template <class Memory>
  VerticalPass(const ResizeAxis& axis, Index samples, Memory& memory)
      : axis_(axis),
        samples_(static_cast<std::size_t>(samples)),
        scratch_(memory.template take<double>(static_cast<std::size_t>(axis.max_taps()))),
        weights_(memory.template take<std::int32_t>(static_cast<std::size_t>(axis.max_taps()))),
        sums_(memory.template take<std::int32_t>(samples_)) {}

  Span span(Index output) const noexcept { return axis_.span(output); }

  /// `row(y)` gives source row `y`, for each `y` of the output's span.
  void operator()(Index output, FunctionRef<const std::uint8_t*(Index)> row,
                  std::uint8_t* out) const {
    const Span span = axis_.span(output);
    axis_.weights(output, scratch_, weights_);
    std::int32_t* const sums = sums_;
    const std::size_t samples = samples_;
    std::fill_n(sums, samples, half_unit);
    for (Index j = 0; j < span.count; ++j) add(row(span.first + j), weights_[j], sums, samples);
    for (std::size_t i = 0; i < samples; ++i) out[i] = to_sample(sums[i]);
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
  std::size_t samples_;
  double* scratch_;
  std::int32_t* weights_;
  std::int32_t* sums_;
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

/// `ResizeRows` for `Filter::nearest`.
class NearestRows {
 public:
  /// Takes what it needs from `memory`.
  template <class Memory>
  NearestRows(const ImageView& image, Index width, Index height, const Window& window,
              Memory& memory)
      : image_(image),
        width_(width),
        height_(height),
        window_(window),
        columns_(memory.template take<Index>(static_cast<std::size_t>(window.width))),
        rows_(memory.template take<Index>(static_cast<std::size_t>(window.height))),
        line_(memory.template take<std::uint8_t>(static_cast<std::size_t>(3 * window.width))) {}

  void run(PixelSink sink) const {
    nearest_pixels(image_.width, width_, window_.left, window_.width, columns_);
    nearest_pixels(image_.height, height_, window_.top, window_.height, rows_);
    const Index step = channels(image_.format);
    for (Index y = 0; y < window_.height; ++y) {
      const std::uint8_t* const row = image_.row(rows_[y]);
      for (Index x = 0; x < window_.width; ++x) {
        copy_as_rgb(row + columns_[x] * step, image_.format, 1, line_ + 3 * x);
      }
      sink(Index{0}, y, window_.width, line_);
    }
  }

 private:
  ImageView image_;
  Index width_;
  Index height_;
  Window window_;
  Index* columns_;
  Index* rows_;
  std::uint8_t* line_;
};

/// `ResizeRows` for the other filters and a strip of columns whose weights fit into memory.
class StripRows {
 public:
  /// Takes what it needs from `memory`.
  template <class Memory>
  StripRows(const ImageView& image, Index width, Index height, Filter filter, const Window& strip,
            Memory& memory)
      : strip_(strip), vertical_first_(columns_come_first(image, width, height)) {
    Index first_column = strip.left;
    Index columns = strip.width;
    if (width != image.width) {
      across_.emplace(ResizeAxis(image.width, width, filter), strip.left, strip.width, memory);
      first_column = across_->first_column();
      columns = across_->columns();
    }
    source_ = RgbRows(image, first_column, columns);
    const Index mixed = vertical_first_ || !across_ ? columns : strip.width;
    const auto take = [&](Index bytes) {
      return memory.template take<std::uint8_t>(static_cast<std::size_t>(bytes));
    };
    source_a_ = take(source_.scratch_bytes());
    source_b_ = take(source_.scratch_bytes());
    line_ = take(3 * strip.width);
    other_ = take(3 * mixed);
    if (height == image.height) return;
    const ResizeAxis axis(image.height, height, filter);
    down_.emplace(axis, 3 * mixed, memory);
    if (!across_ || vertical_first_) return;
    first_row_ = axis.span(strip.top).first;
    end_row_ = axis.span(strip.top + strip.height - 1).end();
    // Those of one output, and one for the second row of a pair.
    kept_rows_ = std::min(axis.max_taps() + 1, end_row_ - first_row_ + 1);
    ring_ = take(kept_rows_ * 3 * strip.width);
  }

  /// `x` is where the strip begins in the wanted window.
  void run(Index x, PixelSink sink) const {
    if (across_) across_->fill();
    const auto give = [&](Index y, const std::uint8_t* rgb) { sink(x, y, strip_.width, rgb); };
    if (!across_ && !down_) {
      for (Index y = 0; y < strip_.height; ++y) give(y, source_.row(strip_.top + y, source_a_));
    } else if (!across_) {
      vertical_rows(give);
    } else if (!down_) {
      horizontal_rows(give);
    } else if (vertical_first_) {
      vertical_rows([&](Index y, const std::uint8_t* row) {
        (*across_)(row, row, line_, line_);
        give(y, line_);
      });
    } else {
      ring_rows(give);
    }
  }

 private:
  using RowSink = FunctionRef<void(Index, const std::uint8_t*)>;

  /// The rule that Pillow 13 follows, found by comparison over 150,000 sizes.
  static bool columns_come_first(const ImageView& image, Index width, Index height) noexcept {
    return height < image.height && image.height - height > 2 * (image.width - width);
  }

  /// Each row of the strip after the pass down columns alone.
  void vertical_rows(RowSink sink) const {
    const auto source = [&](Index row) { return source_.row(row, source_a_); };
    for (Index y = 0; y < strip_.height; ++y) {
      (*down_)(strip_.top + y, source, other_);
      sink(y, other_);
    }
  }

  void horizontal_rows(RowSink sink) const {
    for (Index y = 0; y < strip_.height; y += 2) {
      const bool pair = y + 1 < strip_.height;
      const std::uint8_t* const a = source_.row(strip_.top + y, source_a_);
      (*across_)(a, pair ? source_.row(strip_.top + y + 1, source_b_) : a, line_, other_);
      sink(y, line_);
      if (pair) sink(y + 1, other_);
    }
  }

  /// The pass along rows first, whose results stay in a ring of rows.
  void ring_rows(RowSink sink) const {
    const auto slot = [&](Index y) { return ring_ + y % kept_rows_ * 3 * strip_.width; };
    Index made = first_row_;
    for (Index y = 0; y < strip_.height; ++y) {
      const Index needed = down_->span(strip_.top + y).end();
      for (; made < needed; made += 2) {
        const bool pair = made + 1 < end_row_;
        const std::uint8_t* const a = source_.row(made, source_a_);
        (*across_)(a, pair ? source_.row(made + 1, source_b_) : a, slot(made),
                   pair ? slot(made + 1) : slot(made));
      }
      (*down_)(strip_.top + y, slot, line_);
      sink(y, line_);
    }
  }

  Window strip_;
  bool vertical_first_;
  std::optional<HorizontalPass> across_;  ///< none where the width stays as it is
  std::optional<VerticalPass> down_;      ///< none where the height stays as it is
  RgbRows source_;
  std::uint8_t* source_a_ = nullptr;
  std::uint8_t* source_b_ = nullptr;
  std::uint8_t* line_ = nullptr;
  std::uint8_t* other_ = nullptr;
  std::uint8_t* ring_ = nullptr;
  Index kept_rows_ = 0;
  Index first_row_ = 0;
  Index end_row_ = 0;
};

/// The rows of a window of a resized image, in pieces, made in memory that the caller lends: a few
/// rows of the window, and the weights.
class ResizeRows {
 public:
  /// The arguments have been checked. The window lies in the image of `width` x `height`.
  ResizeRows(const ImageView& image, Index width, Index height, Filter filter, const Window& window)
      : image_(image), width_(width), height_(height), filter_(filter), window_(window) {}

  /// Bytes that `operator()` needs.
  std::size_t scratch_bytes() const {
    std::size_t most = 0;
    const auto count = [&](const auto& take) {
      WorkspaceSize size;
      take(size);
      most = std::max(most, size.bytes());
    };
    if (filter_ == Filter::nearest) {
      count([&](WorkspaceSize& size) { nearest(size); });
    } else {
      for_each_strip([&](const Window& part, Index) {
        count([&](WorkspaceSize& size) { strip(part, size); });
      });
    }
    return most;
  }

  /// Gives `sink` the pieces; columns and rows are those of the window. `scratch` is aligned to 64
  /// bytes.
  void operator()(std::byte* scratch, PixelSink sink) const {
    if (filter_ == Filter::nearest) {
      LentMemory memory(scratch);
      nearest(memory).run(sink);
      return;
    }
    for_each_strip([&](const Window& part, Index x) {
      LentMemory memory(scratch);
      strip(part, memory).run(x, sink);
    });
  }

 private:
  template <class Memory>
  NearestRows nearest(Memory& memory) const {
    return {image_, width_, height_, window_, memory};
  }
  template <class Memory>
  StripRows strip(const Window& part, Memory& memory) const {
    return {image_, width_, height_, filter_, part, memory};
  }

  /// Weights are bounded by the width of the image: a strip keeps to these many.
  template <class Call>
  void for_each_strip(const Call& call) const {
    constexpr Index most_weights = Index{1} << 22;
    const Index taps =
        width_ != image_.width ? ResizeAxis(image_.width, width_, filter_).max_taps() : 1;
    const Index columns = std::max<Index>(1, most_weights / taps);
    for (Index x = 0; x < window_.width; x += columns) {
      call(Window{window_.left + x, window_.top, std::min(columns, window_.width - x),
                  window_.height},
           x);
    }
  }

  ImageView image_;
  Index width_;
  Index height_;
  Filter filter_;
  Window window_;
};

/// `ResizeRows` in memory of its own.
inline void resize_rows(const ImageView& image, Index width, Index height, Filter filter,
                        const Window& window, PixelSink sink) {
  const ResizeRows rows(image, width, height, filter, window);
  AlignedBuffer<std::byte> scratch(rows.scratch_bytes());
  rows(scratch.data(), sink);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
