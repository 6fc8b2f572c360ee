// What a preprocessing recipe may ask for.
#ifndef EIGENVIT_IMAGE_PREPROCESS_CHECK_INL
#define EIGENVIT_IMAGE_PREPROCESS_CHECK_INL

#include <cstddef>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/preprocessor.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline void check_side(const char* name, Index side) {
  if (side < 1 || side > max_image_side) {
    raise<ConfigError>(
        {"preprocessing: expected ", name, " from 1 to ", max_image_side, ", found ", side});
  }
}

inline void check_area(const char* name, Index height, Index width) {
  if (height > max_preprocessed_pixels / width) {
    raise<ConfigError>({"preprocessing: expected ", name, " of at most ", max_preprocessed_pixels,
                        " pixels, found ", height, "x", width});
  }
}

inline void check(const PreprocessConfig& config) {
  if (config.resize_mode < ResizeMode::none || config.resize_mode > ResizeMode::padded_box ||
      config.filter < Filter::nearest || config.filter > Filter::lanczos ||
      config.crop_rounding < CropRounding::half_even ||
      config.crop_rounding > CropRounding::corner || config.rescale < Rescale::none ||
      config.rescale > Rescale::multiply) {
    raise<ConfigError>({"preprocessing: an enumeration holds none of its values"});
  }
  if (config.resize_mode != ResizeMode::none) {
    check_side("resize_height", config.resize_height);
    check_side("resize_width", config.resize_width);
  }
  const bool padded_square = config.resize_mode == ResizeMode::padded_square;
  if ((config.resize_mode == ResizeMode::exact || config.resize_mode == ResizeMode::padded_box ||
       padded_square) &&
      !config.crop) {
    check_area("a size", config.resize_height, config.resize_width);
  }
  if (config.resize_mode == ResizeMode::shortest_edge) {
    if (config.resize_height != config.resize_width) {
      raise<ConfigError>({"preprocessing: expected one shortest edge, found resize_height ",
                          config.resize_height, " and resize_width ", config.resize_width});
    }
    if (config.longest_edge < 0 || config.longest_edge > max_image_side ||
        (config.longest_edge != 0 && config.longest_edge < config.resize_height)) {
      raise<ConfigError>({"preprocessing: expected a longest_edge of 0 or at least the shortest, ",
                          config.resize_height, ", found ", config.longest_edge});
    }
  }
  if (config.size_multiple < 1 || config.size_multiple > max_image_side) {
    raise<ConfigError>(
        {"preprocessing: expected a size_multiple of at least 1, found ", config.size_multiple});
  }
  if (config.max_patches < 1 || config.max_patches > max_preprocessed_pixels) {
    raise<ConfigError>({"preprocessing: expected max_patches from 1 to ", max_preprocessed_pixels,
                        ", found ", config.max_patches});
  }
  if (config.size_parts < 1 || config.size_parts > max_image_side) {
    raise<ConfigError>({"preprocessing: expected size_parts from 1 to ", max_image_side, ", found ",
                        config.size_parts});
  }
  if (config.align_corners && (!config.resize_values || config.smooth_values || config.crop)) {
    raise<ConfigError>({"preprocessing: expected resize_values alone beside align_corners, found ",
                        config.crop            ? "a crop"
                        : config.smooth_values ? "smooth_values"
                                               : "no resize_values"});
  }
  if (config.mirror_border && !config.align_corners) {
    raise<ConfigError>({"preprocessing: expected align_corners beside mirror_border, found none"});
  }
  if (config.smooth_values && !config.resize_values) {
    raise<ConfigError>({"preprocessing: expected resize_values beside smooth_values"});
  }
  if (padded_square && (!config.smooth_values || config.crop)) {
    raise<ConfigError>(
        {"preprocessing: expected smooth_values and no crop beside a padded square"});
  }
  if (config.resize_mode == ResizeMode::padded_box &&
      (config.crop || config.resize_values || config.resize_height < 2 ||
       config.resize_width < 2)) {
    raise<ConfigError>(
        {"preprocessing: expected at least 2x2 pixels of 8-bit samples and no crop for boxes"});
  }
  if (config.resize_values && config.filter != Filter::bilinear &&
      config.filter != Filter::bicubic) {
    raise<ConfigError>({"preprocessing: expected bilinear or bicubic to resize numbers"});
  }
  if (config.crop) {
    check_side("crop_height", config.crop_height);
    check_side("crop_width", config.crop_width);
    check_area("a crop", config.crop_height, config.crop_width);
  }
  if (config.rescale == Rescale::multiply && !is_finite(config.rescale_factor)) {
    raise<ConfigError>({"preprocessing: rescale_factor is not finite"});
  }
  if (!config.normalize) return;
  for (std::size_t c = 0; c < 3; ++c) {
    if (!is_finite(config.mean[c])) {
      raise<ConfigError>({"preprocessing: mean[", c, "] is not finite"});
    }
    if (!is_finite(config.std[c])) {
      raise<ConfigError>({"preprocessing: std[", c, "] is not finite"});
    }
    if (config.std[c] == 0.0F) {
      raise<ConfigError>({"preprocessing: expected std[", c, "] other than 0, found 0"});
    }
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
