#ifndef EIGENVIT_IO_PREPROCESSOR_CONFIG_INL
#define EIGENVIT_IO_PREPROCESSOR_CONFIG_INL

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocess_fields.inl>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

struct NamedFilter {
  std::string_view name;
  Filter filter;
};

// timm's names.
inline constexpr NamedFilter filter_names[] = {
    {"nearest", Filter::nearest}, {"bilinear", Filter::bilinear}, {"bicubic", Filter::bicubic},
    {"box", Filter::box},         {"hamming", Filter::hamming},   {"lanczos", Filter::lanczos}};

/// What timm's scripts give the one channel of a network whose folder speaks of three.
inline std::array<double, 3> average(const std::array<double, 3>& values) {
  if (values[0] == values[1] && values[1] == values[2]) return values;
  const double mean = (values[0] + values[1] + values[2]) / 3;
  return {mean, mean, mean};
}

/// Pillow's fill for a padded border: `round(255 * mean)`, halves to even.
EIGENVIT_INLINE std::uint8_t border_fill(double mean) {
  const double scaled = std::min(255.0, std::max(0.0, 255.0 * mean));
  const double below = std::floor(scaled);
  const double rest = scaled - below;
  const auto whole = static_cast<int>(below);
  const bool up = rest > 0.5 || (rest == 0.5 && whole % 2 == 1);
  return static_cast<std::uint8_t>(up ? whole + 1 : whole);
}

/// `floor(target / crop_pct)`, in double as Python computes it.
EIGENVIT_INLINE Index scaled_size(Index target, double crop_pct, const JsonObject& object) {
  const double size = std::floor(static_cast<double>(target) / crop_pct);
  if (!(size >= 1.0 && size <= static_cast<double>(max_preprocessed_size))) {
    object.fail("crop_pct", message({"a share of ", target, " pixels that makes a size from 1 to ",
                                     max_preprocessed_size}));
  }
  return static_cast<Index>(size);
}

EIGENVIT_INLINE PreprocessConfig
timm_preprocess_config(const nlohmann::json& config, const std::string& source,
                       std::optional<std::array<Index, 2>> image_size) {
  const JsonObject top(config, source);
  const std::optional<JsonObject> nested = top.find_object("pretrained_cfg");
  const JsonObject& fields = nested ? *nested : top;

  std::array<Index, 2> target{224, 224};
  std::size_t channels = 3;
  const std::optional<JsonObject> args = top.find_object("model_args");
  if (fields.has("input_size")) {
    const std::vector<std::int64_t> size =
        fields.integers("input_size", 3, 1, max_preprocessed_size);
    channels = static_cast<std::size_t>(size[0]);
    target = {static_cast<Index>(size[1]), static_cast<Index>(size[2])};
  }
  if (args && args->has("in_chans")) {
    channels = static_cast<std::size_t>(args->integer("in_chans", 1, 4096));
  }
  // Where the input has a fixed size, the arguments' is that of the images too.
  if (args && args->has("img_size") && fields.boolean_or("fixed_input_size", false) &&
      !args->boolean_or("dynamic_img_size", false) && args->boolean_or("strict_img_size", true)) {
    const auto sides = args->sides("img_size", max_preprocessed_size);
    target = {static_cast<Index>(sides[0]), static_cast<Index>(sides[1])};
  }
  if (image_size) {
    check_image_size(*image_size, source);
    target = *image_size;
  }

  // As in Python, 0 and "" count as absent.
  double crop_pct = fields.number_or("crop_pct", 0.0, 0.0, 1000.0);
  if (crop_pct == 0.0) crop_pct = 0.875;
  std::string crop_mode = fields.string_or("crop_mode", "");
  if (crop_mode.empty()) crop_mode = "center";
  std::string interpolation = fields.string_or("interpolation", "");
  if (interpolation.empty()) interpolation = "bicubic";
  const auto filter =
      std::find_if(std::begin(filter_names), std::end(filter_names),
                   [&](const NamedFilter& candidate) { return candidate.name == interpolation; });
  if (filter == std::end(filter_names)) {
    fields.fail("interpolation", "nearest, bilinear, bicubic, box, hamming or lanczos");
  }
  std::array<double, 3> mean =
      channel_values(fields, "mean", imagenet_mean, -largest_statistic, false, channels);
  std::array<double, 3> std =
      channel_values(fields, "std", imagenet_std, smallest_std, false, channels);
  if (channels == 1) {
    mean = average(mean);
    std = average(std);
  }

  PreprocessConfig recipe;
  recipe.resize_height = scaled_size(target[0], crop_pct, fields);
  recipe.resize_width = scaled_size(target[1], crop_pct, fields);
  if (crop_mode == "squash") {
    recipe.resize_mode = ResizeMode::exact;
  } else if (crop_mode == "border") {
    recipe.resize_mode = ResizeMode::contain;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      recipe.pad_fill[channel] = border_fill(mean[channel]);
    }
  } else if (crop_mode == "center") {
    recipe.resize_mode =
        recipe.resize_height == recipe.resize_width ? ResizeMode::shortest_edge : ResizeMode::cover;
  } else {
    fields.fail("crop_mode", "center, squash or border");
  }
  recipe.filter = filter->filter;
  recipe.crop = true;
  recipe.crop_height = target[0];
  recipe.crop_width = target[1];
  recipe.crop_rounding = CropRounding::half_even;
  recipe.rescale = Rescale::divide;
  recipe.normalize = true;
  recipe.mean = to_floats(mean);
  recipe.std = to_floats(std);
  return recipe;
}

EIGENVIT_INLINE PreprocessConfig evaluation_preprocess_config(
    Index resize, Index crop, Filter filter, PixelStatistics statistics, const std::string& source,
    std::optional<std::array<Index, 2>> image_size) {
  const bool clip = statistics == PixelStatistics::clip;
  PreprocessConfig recipe;
  recipe.resize_mode = ResizeMode::shortest_edge;
  recipe.resize_height = recipe.resize_width = resize;
  recipe.crop_height = recipe.crop_width = crop;
  if (image_size) {
    check_image_size(*image_size, source);
    recipe.resize_mode = ResizeMode::exact;
    recipe.resize_height = (*image_size)[0];
    recipe.resize_width = (*image_size)[1];
    recipe.crop = false;
  }
  recipe.filter = filter;
  recipe.normalize = true;
  recipe.mean = to_floats(clip ? clip_mean : imagenet_mean);
  recipe.std = to_floats(clip ? clip_std : imagenet_std);
  return recipe;
}

EIGENVIT_INLINE PreprocessConfig
open_clip_preprocess_config(const nlohmann::json& config, Index size, const std::string& source,
                            std::optional<std::array<Index, 2>> image_size) {
  PreprocessConfig recipe = evaluation_preprocess_config(size, size, Filter::bicubic,
                                                         PixelStatistics::clip, source, image_size);
  const JsonObject top(config, source);
  const std::optional<JsonObject> given = top.find_object("preprocess_cfg");
  if (!given) return recipe;
  recipe.mean = to_floats(channel_values(*given, "mean", clip_mean, -largest_statistic, true));
  recipe.std = to_floats(channel_values(*given, "std", clip_std, smallest_std, true));
  const std::string filter = given->string_or("interpolation", "bicubic");
  if (filter == "bilinear") {
    recipe.filter = Filter::bilinear;
  } else if (filter != "bicubic") {
    given->fail("interpolation", "bicubic or bilinear");
  }
  const std::string mode = given->string_or("resize_mode", "shortest");
  if (mode == "squash") {
    recipe.resize_mode = ResizeMode::exact;
  } else if (mode != "shortest") {
    given->fail("resize_mode", "shortest or squash");
  }
  return recipe;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
