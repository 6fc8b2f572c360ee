#ifndef EIGENVIT_IMAGE_PREPROCESSOR_INL
#define EIGENVIT_IMAGE_PREPROCESSOR_INL

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/lent_memory.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/aligned_axis.hpp>
#include <eigenvit/image/box_warp.hpp>
#include <eigenvit/image/preprocess_check.inl>
#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/image/resize_rows.hpp>
#include <eigenvit/image/resize_values.hpp>
#include <eigenvit/image/resized_size.hpp>
#include <eigenvit/image/smoothed_axis.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// What a sample becomes.
inline float pixel_value(const PreprocessConfig& config, std::size_t channel, int sample) noexcept {
  float value = static_cast<float>(sample);
  if (config.rescale == Rescale::divide) {
    value /= 255.0F;
  } else if (config.rescale == Rescale::multiply) {
    value = static_cast<float>(static_cast<double>(sample) * config.rescale_factor);
  }
  if (config.normalize) {
    value -= config.mean[channel];
    value /= config.std[channel];
  }
  return value;
}

EIGENVIT_STRICT_MATH_END

/// Where the crop lies along one axis: `count` pixels of the image from `first` on, with `padding`
/// pixels in front of them.
struct CropSpan {
  Index first = 0;
  Index count = 0;
  Index padding = 0;
};

inline CropSpan centre_crop(Index size, Index crop, CropRounding rounding) noexcept {
  if (rounding == CropRounding::corner) return {0, std::min(size, crop), 0};
  if (crop > size) {
    const Index missing = crop - size;
    return {0, size, rounding == CropRounding::floor ? (missing + 1) / 2 : missing / 2};
  }
  const Index excess = size - crop;
  Index first = excess / 2;
  // Half of an odd excess lies between `first` and the next: the even one of them.
  if (rounding == CropRounding::half_even && excess % 2 != 0 && first % 2 != 0) ++first;
  return {first, crop, 0};
}

/// From an image to the network's input: the size of the whole resized image, and what of it comes
/// to lie where.
struct InputLayout {
  InputLayout(const std::array<Index, 2>& resized_size, const std::array<Index, 2>& output_size,
              CropRounding rounding) noexcept
      : resized(resized_size),
        output(output_size),
        down(centre_crop(resized[0], output[0], rounding)),
        across(centre_crop(resized[1], output[1], rounding)) {}

  bool is_padded() const noexcept { return down.count != output[0] || across.count != output[1]; }

  std::array<Index, 2> resized;  ///< height and width
  std::array<Index, 2> output;   ///< height and width
  CropSpan down;
  CropSpan across;
};

/// `Preprocessor` where numbers are resized, in memory of the caller.
template <class Axis>
struct NumberResize {
  template <class Memory>
  NumberResize(const ImageView& image, const InputLayout& layout, const Axis& down,
               const Axis& across, Memory& memory)
      : rows(image, 0, image.width),
        row(memory.template take<std::uint8_t>(static_cast<std::size_t>(rows.scratch_bytes()))),
        plane(memory.template take<float>(static_cast<std::size_t>(image.width * image.height))),
        resize(image.height, image.width, layout.resized[0], layout.resized[1], down, across,
               memory) {}

  RgbRows rows;
  std::uint8_t* row;
  float* plane;  ///< one channel of the image
  ValueResize<Axis> resize;
};

/// The most pixels of a channel between two steps of resizing numbers, and after them: floats of
/// 512 MB. A small file can hold a picture of one column and millions of rows, each of which
/// becomes as wide as the network's input.
constexpr Index max_resized_values = Index{1} << 27;

/// Calls `use` with the `NumberResize` of a recipe.
template <class Memory, class Use>
void with_number_resize(const PreprocessConfig& config, const ImageView& image,
                        const InputLayout& layout, Memory& memory, const Use& use) {
  const auto [height, width] = layout.resized;
  if (config.smooth_values) {
    const bool square = config.resize_mode == ResizeMode::padded_square;
    const Index side = std::max(image.height, image.width);
    const SmoothedAxis down(image.height, square ? side : image.height, height, memory);
    const SmoothedAxis across(image.width, square ? side : image.width, width, memory);
    use(NumberResize<SmoothedAxis>(image, layout, down, across, memory));
  } else if (config.align_corners) {
    const auto border = [&config](Index side) {
      return config.mirror_border ? mirrored_border(side) : 0;
    };
    const AlignedAxis down(image.height, border(image.height), height, config.filter, memory);
    const AlignedAxis across(image.width, border(image.width), width, config.filter, memory);
    use(NumberResize<AlignedAxis>(image, layout, down, across, memory));
  } else {
    const ValueAxis down(image.height, height, config.filter, memory);
    const ValueAxis across(image.width, width, config.filter, memory);
    use(NumberResize<ValueAxis>(image, layout, down, across, memory));
  }
}

}  // namespace detail

EIGENVIT_INLINE Preprocessor::Preprocessor(PreprocessConfig config) : config_(config) {
  detail::check(config_);
  sample_values_.reserve(std::size_t{3} * 256);
  for (std::size_t c = 0; c < 3; ++c) {
    for (int v = 0; v < 256; ++v) sample_values_.push_back(detail::pixel_value(config_, c, v));
  }
}

EIGENVIT_INLINE std::array<Index, 2> Preprocessor::resized_size(Index image_width,
                                                                Index image_height) const {
  if (image_width < 1 || image_height < 1 || image_width > max_image_side ||
      image_height > max_image_side) {
    detail::raise<ShapeError>({"preprocessing: expected an image with sides from 1 to ",
                               max_image_side, ", found ", image_width, "x", image_height});
  }
  auto height = static_cast<double>(image_height);
  auto width = static_cast<double>(image_width);
  if (config_.mirror_border) {
    if (std::min(image_height, image_width) < detail::shortest_mirrored) {
      detail::raise<ShapeError>({"preprocessing: expected an image of at least ",
                                 detail::shortest_mirrored, "x", detail::shortest_mirrored,
                                 " pixels, whose border is mirrored, found ", image_width, "x",
                                 image_height});
    }
    height += static_cast<double>(2 * detail::mirrored_border(image_height));
    width += static_cast<double>(2 * detail::mirrored_border(image_width));
  }
  std::array<double, 2> size{height, width};
  switch (config_.resize_mode) {
    case ResizeMode::none:
      break;
    case ResizeMode::exact:
    case ResizeMode::padded_square:
    case ResizeMode::padded_box:
      return {config_.resize_height, config_.resize_width};
    case ResizeMode::shortest_edge:
      size = detail::shortest_edge_size(height, width, static_cast<double>(config_.resize_height),
                                        static_cast<double>(config_.longest_edge));
      for (double& side : size) {
        side -= std::fmod(side, static_cast<double>(config_.size_multiple));
      }
      break;
    case ResizeMode::patches:
      size = detail::patches_size(height, width, static_cast<double>(config_.size_multiple),
                                  static_cast<double>(config_.max_patches));
      break;
    case ResizeMode::cover:
    case ResizeMode::contain:
      size = detail::keep_ratio_size(height, width, static_cast<double>(config_.resize_height),
                                     static_cast<double>(config_.resize_width),
                                     config_.resize_mode == ResizeMode::cover);
      break;
    case ResizeMode::nearest_side:
      size = detail::nearest_side_size(
          height, width, static_cast<double>(config_.resize_height),
          static_cast<double>(config_.resize_width),
          static_cast<double>(config_.size_multiple) / static_cast<double>(config_.size_parts));
      break;
  }
  for (const double side : size) {
    if (side < 1.0 || side > static_cast<double>(max_image_side)) {
      detail::raise<ShapeError>({"preprocessing: an image of ", image_width, "x", image_height,
                                 " cannot be resized: expected sides from 1 to ", max_image_side,
                                 ", found ", static_cast<long long>(size[1]), "x",
                                 static_cast<long long>(size[0])});
    }
  }
  return {static_cast<Index>(size[0]), static_cast<Index>(size[1])};
}

EIGENVIT_INLINE std::array<Index, 2> Preprocessor::output_size(Index image_width,
                                                               Index image_height) const {
  const auto resized = resized_size(image_width, image_height);
  if (config_.resize_values &&
      std::max(image_height, resized[0]) > detail::max_resized_values / resized[1]) {
    detail::raise<ShapeError>({"preprocessing: an image of ", image_width, "x", image_height,
                               " would become ", resized[1], "x", resized[0], " by way of ",
                               resized[1], "x", std::max(image_height, resized[0]),
                               ", expected at most ", detail::max_resized_values, " pixels"});
  }
  if (config_.crop) return {config_.crop_height, config_.crop_width};
  if (resized[0] > max_preprocessed_pixels / resized[1]) {
    detail::raise<ShapeError>({"preprocessing: an image of ", image_width, "x", image_height,
                               " would become ", resized[1], "x", resized[0], ", expected at most ",
                               max_preprocessed_pixels, " pixels"});
  }
  return resized;
}

EIGENVIT_INLINE detail::InputLayout Preprocessor::layout(Index image_width,
                                                         Index image_height) const {
  return {resized_size(image_width, image_height), output_size(image_width, image_height),
          config_.crop_rounding};
}

EIGENVIT_INLINE PixelMapping Preprocessor::mapping(Index image_width, Index image_height) const {
  const detail::InputLayout layout = this->layout(image_width, image_height);
  PixelMapping mapping;
  mapping.image_width = image_width;
  mapping.image_height = image_height;
  mapping.resized_width = layout.resized[1];
  mapping.resized_height = layout.resized[0];
  if (config_.resize_mode == ResizeMode::padded_square) {
    // The image is a part of the square, here to the nearest pixel.
    const Index side = std::max(image_width, image_height);
    const auto part = [side](Index resized, Index length) {
      return std::max<Index>(1, (resized * length + side / 2) / side);
    };
    mapping.resized_width = part(mapping.resized_width, image_width);
    mapping.resized_height = part(mapping.resized_height, image_height);
  }
  if (config_.resize_mode == ResizeMode::padded_box) {
    // The image is in the middle of the box, here to the nearest pixel.
    const detail::BoxFrame frame(detail::whole(image_width, image_height), layout.output[0],
                                 layout.output[1]);
    const auto part = [](Index length, Index output, double side) {
      return std::max<Index>(
          1, std::lround(static_cast<double>(length) * static_cast<double>(output - 1) / side));
    };
    mapping.resized_width = part(image_width, layout.output[1], frame.width);
    mapping.resized_height = part(image_height, layout.output[0], frame.height);
    mapping.left = (mapping.resized_width - layout.output[1]) / 2;
    mapping.top = (mapping.resized_height - layout.output[0]) / 2;
    mapping.width = layout.output[1];
    mapping.height = layout.output[0];
    return mapping;
  }
  if (config_.mirror_border) {
    // The image is in the middle, here to the nearest pixel.
    const auto part = [](Index resized, Index length) {
      const Index whole = length + 2 * detail::mirrored_border(length);
      return std::max<Index>(1, (resized * length + whole / 2) / whole);
    };
    mapping.resized_width = part(layout.output[1], image_width);
    mapping.resized_height = part(layout.output[0], image_height);
    mapping.left = (mapping.resized_width - layout.output[1]) / 2;
    mapping.top = (mapping.resized_height - layout.output[0]) / 2;
    mapping.width = layout.output[1];
    mapping.height = layout.output[0];
    return mapping;
  }
  mapping.left = layout.across.first - layout.across.padding;
  mapping.top = layout.down.first - layout.down.padding;
  mapping.width = layout.output[1];
  mapping.height = layout.output[0];
  return mapping;
}

EIGENVIT_INLINE detail::ResizeRows Preprocessor::resized_rows(
    const ImageView& image, const detail::InputLayout& layout) const {
  return {image,
          layout.resized[1],
          layout.resized[0],
          config_.filter,
          {layout.across.first, layout.down.first, layout.across.count, layout.down.count}};
}

EIGENVIT_INLINE std::size_t Preprocessor::scratch_bytes(const ImageView& image) const {
  detail::check(image);
  const detail::InputLayout layout = this->layout(image.width, image.height);
  if (config_.resize_mode == ResizeMode::padded_box) return 0;
  if (has_samples()) return resized_rows(image, layout).scratch_bytes();
  detail::WorkspaceSize size;
  detail::with_number_resize(config_, image, layout, size, [](const auto&) {});
  return size.bytes();
}

template <class Value, class Become>
void Preprocessor::write(const ImageView& image, Value* planes, const Become& become,
                         std::byte* scratch) const {
  detail::check(image);
  if (config_.resize_mode == ResizeMode::padded_box) {
    return write_box(image, detail::whole(image.width, image.height), planes, become);
  }
  const detail::InputLayout layout = this->layout(image.width, image.height);
  const Index width = layout.output[1];
  const Index plane = layout.output[0] * width;
  if (layout.is_padded()) {
    for (Index c = 0; c < 3; ++c) {
      std::fill_n(planes + c * plane, plane,
                  become(c, config_.pad_fill[static_cast<std::size_t>(c)]));
    }
  }
  const auto sink = [&](Index x, Index y, Index count, const std::uint8_t* rgb) {
    Value* const out = planes + (layout.down.padding + y) * width + layout.across.padding + x;
    for (Index c = 0; c < 3; ++c) {
      Value* const row = out + c * plane;
      for (Index i = 0; i < count; ++i) row[i] = become(c, rgb[3 * i + c]);
    }
  };
  resized_rows(image, layout)(scratch, sink);
}

template <class Value, class Become>
void Preprocessor::write_box(const ImageView& image, const ImageBox& box, Value* planes,
                             const Become& become) const {
  const Index width = config_.resize_width;
  const Index plane = config_.resize_height * width;
  const detail::BoxFrame frame(box, config_.resize_height, width);
  detail::BoxWarp(image, frame, config_.resize_height,
                  width)([&](Index x, Index y, const std::array<std::uint8_t, 3>& rgb) {
    for (Index c = 0; c < 3; ++c) {
      planes[c * plane + y * width + x] = become(c, rgb[static_cast<std::size_t>(c)]);
    }
  });
}

EIGENVIT_INLINE void Preprocessor::operator()(const ImageView& image, float* pixel_values,
                                              std::byte* scratch) const {
  if (!has_samples()) return resize_numbers(image, pixel_values, scratch);
  write(
      image, pixel_values,
      [values = sample_values()](Index c, std::uint8_t v) { return values[256 * c + v]; }, scratch);
}

EIGENVIT_INLINE void Preprocessor::operator()(const ImageView& image, float* pixel_values) const {
  AlignedBuffer<std::byte> scratch(scratch_bytes(image));
  operator()(image, pixel_values, scratch.data());
}

EIGENVIT_INLINE void Preprocessor::check_samples() const {
  if (has_samples()) return;
  detail::raise<UnsupportedError>(
      {"preprocessing: expected a recipe that resizes 8-bit samples, found one of numbers"});
}

EIGENVIT_INLINE void Preprocessor::samples(const ImageView& image, std::uint8_t* samples,
                                           std::byte* scratch) const {
  check_samples();
  write(
      image, samples, [](Index, std::uint8_t v) { return v; }, scratch);
}

EIGENVIT_INLINE void Preprocessor::samples(const ImageView& image, std::uint8_t* samples) const {
  check_samples();
  AlignedBuffer<std::byte> scratch(scratch_bytes(image));
  this->samples(image, samples, scratch.data());
}

EIGENVIT_INLINE void Preprocessor::samples(const ImageView& image, const ImageBox& box,
                                           std::uint8_t* samples) const {
  if (config_.resize_mode != ResizeMode::padded_box) {
    detail::raise<UnsupportedError>({"preprocessing: expected a recipe for boxes, found another"});
  }
  detail::check(image);
  write_box(image, box, samples, [](Index, std::uint8_t v) { return v; });
}

EIGENVIT_INLINE void Preprocessor::resize_numbers(const ImageView& image, float* pixel_values,
                                                  std::byte* scratch) const {
  detail::check(image);
  const detail::InputLayout layout = this->layout(image.width, image.height);
  detail::LentMemory memory(scratch);
  detail::with_number_resize(config_, image, layout, memory, [&](const auto& numbers) {
    write_numbers(image, layout, numbers, pixel_values);
  });
}

template <class Numbers>
void Preprocessor::write_numbers(const ImageView& image, const detail::InputLayout& layout,
                                 const Numbers& numbers, float* pixel_values) const {
  numbers.resize.fill();
  const double factor = config_.rescale == Rescale::none     ? 1.0
                        : config_.rescale == Rescale::divide ? 1.0 / 255.0
                                                             : config_.rescale_factor;
  // NumPy multiplies in double, PyTorch in float.
  const auto rescaled = [factor, in_double = config_.smooth_values](std::uint8_t sample) {
    return in_double ? static_cast<float>(sample * factor)
                     : static_cast<float>(sample) * static_cast<float>(factor);
  };
  const Index area = layout.output[0] * layout.output[1];
  for (std::size_t c = 0; c < 3; ++c) {
    for (Index y = 0; y < image.height; ++y) {
      const std::uint8_t* const rgb = numbers.rows.row(y, numbers.row) + c;
      float* const row = numbers.plane + y * image.width;
      for (Index x = 0; x < image.width; ++x) row[x] = rescaled(rgb[3 * x]);
    }
    const float mean = config_.normalize ? config_.mean[c] : 0.0F;
    const float std = config_.normalize ? config_.std[c] : 1.0F;
    float* const out = pixel_values + static_cast<Index>(c) * area;
    if (layout.is_padded()) {
      std::fill_n(out, area, (rescaled(config_.pad_fill[c]) - mean) / std);
    }
    const float* const values = numbers.resize(numbers.plane);
    for (Index y = 0; y < layout.down.count; ++y) {
      const float* const from =
          values + (layout.down.first + y) * layout.resized[1] + layout.across.first;
      float* const to = out + (layout.down.padding + y) * layout.output[1] + layout.across.padding;
      for (Index x = 0; x < layout.across.count; ++x) to[x] = (from[x] - mean) / std;
    }
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
