// Recipes of transformers' image processors.
#ifndef EIGENVIT_IO_TRANSFORMERS_PREPROCESSING_INL
#define EIGENVIT_IO_TRANSFORMERS_PREPROCESSING_INL

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocess_fields.inl>
#include <eigenvit/io/preprocessor_config.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// By PIL's code, which transformers' files hold.
inline constexpr Filter filter_codes[] = {Filter::nearest, Filter::lanczos, Filter::bilinear,
                                          Filter::bicubic, Filter::box,     Filter::hamming};

/// What a transformers class does where its file says nothing.
struct ProcessorDefaults {
  std::string_view name;
  bool shortest_edge;
  /// Whether a `size` that is one number means a square.
  bool default_to_square;
  Index size;
  bool center_crop;
  /// 0: none.
  Index crop_size;
  Filter filter;
  const std::array<double, 3>* mean;
  const std::array<double, 3>* std;
  Index longest_edge = 0;
  bool normalize = true;
};

inline constexpr ProcessorDefaults processor_defaults[] = {
    {"ViTImageProcessor", false, true, 224, false, 0, Filter::bilinear, &half_mean, &half_mean},
    {"DeiTImageProcessor", false, true, 256, true, 224, Filter::bicubic, &half_mean, &half_mean},
    {"BeitImageProcessor", false, true, 224, false, 224, Filter::bicubic, &half_mean, &half_mean},
    {"BitImageProcessor", true, false, 224, true, 224, Filter::bicubic, &clip_mean, &clip_std},
    {"CLIPImageProcessor", true, false, 224, true, 224, Filter::bicubic, &clip_mean, &clip_std},
    {"ChineseCLIPImageProcessor", true, false, 224, true, 224, Filter::bicubic, &clip_mean,
     &clip_std},
    {"BlipImageProcessor", false, true, 384, false, 0, Filter::bicubic, &clip_mean, &clip_std},
    {"OwlViTImageProcessor", false, true, 768, false, 768, Filter::bicubic, &clip_mean, &clip_std},
    {"Owlv2ImageProcessor", false, true, 960, false, 0, Filter::bilinear, &clip_mean, &clip_std},
    {"SiglipImageProcessor", false, false, 224, false, 0, Filter::bicubic, &half_mean, &half_mean},
    {"Siglip2ImageProcessor", false, false, 256, false, 0, Filter::bilinear, &half_mean,
     &half_mean},
    {"DINOv3ViTImageProcessor", false, true, 224, false, 0, Filter::bilinear, &imagenet_mean,
     &imagenet_std},
    {"Tipsv2ImageProcessor", false, true, 448, false, 0, Filter::bilinear, &half_mean, &half_mean,
     0, false},
    {"Sapiens2ImageProcessor", false, true, 1024, false, 224, Filter::bilinear, &imagenet_mean,
     &imagenet_std},
    {"DPTImageProcessor", false, true, 384, false, 0, Filter::bicubic, &half_mean, &half_mean},
    {"ZoeDepthImageProcessor", false, true, 384, false, 0, Filter::bilinear, &half_mean,
     &half_mean},
    {"YolosImageProcessor", true, false, 800, false, 0, Filter::bilinear, &imagenet_mean,
     &imagenet_std, 1333},
    {"VitPoseImageProcessor", false, true, 256, false, 0, Filter::bilinear, &imagenet_mean,
     &imagenet_std},
    {"EomtImageProcessor", true, false, 640, false, 0, Filter::bilinear, &imagenet_mean,
     &imagenet_std, 640}};

constexpr std::string_view clip_processor = "CLIPImageProcessor";
/// YOLOS takes images whose sides are multiples of its patches.
constexpr std::string_view yolos_processor = "YolosImageProcessor";
/// SigLIP 2 NaFlex takes images of any aspect, by the number of patches.
constexpr std::string_view siglip2_processor = "Siglip2ImageProcessor";
/// OWLv2 pads to a square and smooths.
constexpr std::string_view owlv2_processor = "Owlv2ImageProcessor";
constexpr std::string_view dpt_processor = "DPTImageProcessor";
/// ZoeDepth mirrors a border and resizes numbers.
constexpr std::string_view zoedepth_processor = "ZoeDepthImageProcessor";
constexpr std::string_view vitpose_processor = "VitPoseImageProcessor";
/// EoMT pads to a square at the right and below, or takes windows.
constexpr std::string_view eomt_processor = "EomtImageProcessor";
constexpr std::string_view dinov3_processor = "DINOv3ViTImageProcessor";

EIGENVIT_INLINE const ProcessorDefaults& find_processor(const JsonObject& file,
                                                        const std::string& default_class) {
  std::string_view key = "image_processor_type";
  if (!file.has(key)) key = "feature_extractor_type";
  const std::string written = file.string_or(key, default_class);
  std::string name = written;
  const auto drop_suffix = [&name](std::string_view suffix) {
    if (name.size() < suffix.size()) return false;
    if (name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0) return false;
    name.resize(name.size() - suffix.size());
    return true;
  };
  if (!drop_suffix("Fast")) drop_suffix("Pil");
  if (drop_suffix("FeatureExtractor")) name += "ImageProcessor";
  for (const ProcessorDefaults& defaults : processor_defaults) {
    if (defaults.name == name) return defaults;
  }
  raise<UnsupportedError>({file.place(key),
                           ": expected an image processor of ViT, DeiT, Beit, Bit, CLIP, Siglip, "
                           "Siglip2, ChineseCLIP, Blip, OwlViT, Owlv2, Tipsv2, Sapiens2, "
                           "DINOv3ViT, DPT, ZoeDepth, Yolos, VitPose or Eomt, "
                           "found ",
                           Quoted{written}});
}

/// What OWLv2's class does beside the others'.
EIGENVIT_INLINE void read_owlv2(const JsonObject& file, bool pads, PreprocessConfig& config) {
  if (config.resize_mode == ResizeMode::none) {
    if (!pads) return;
    raise<UnsupportedError>(
        {file.place("do_resize"), ": expected true where do_pad is true, found false"});
  }
  if (config.resize_mode != ResizeMode::exact) file.fail("size", "a height and a width");
  if (pads) config.resize_mode = ResizeMode::padded_square;
  config.resize_values = config.smooth_values = true;
  // It always samples linearly.
  config.filter = Filter::bilinear;
}

/// A switch of the file. Python takes null for false; only an absent key means the class's default.
EIGENVIT_INLINE bool read_switch(const JsonObject& file, std::string_view key, bool fallback) {
  if (file.has(key)) return file.boolean(key);
  return file.json().contains(std::string(key)) ? false : fallback;
}

/// `size` in its forms: a number, [H, W], {height, width}, {shortest_edge[, longest_edge]}.
EIGENVIT_INLINE void read_resize(const JsonObject& file, const ProcessorDefaults& defaults,
                                 PreprocessConfig& config) {
  constexpr Index most = max_preprocessed_size;
  const auto exactly = [&config](Index height, Index width) {
    config.resize_mode = ResizeMode::exact;
    config.resize_height = height;
    config.resize_width = width;
  };
  const auto by_short_side = [&config](Index size) {
    config.resize_mode = ResizeMode::shortest_edge;
    config.resize_height = size;
    config.resize_width = size;
  };
  const nlohmann::json* const size = file.find("size");
  if (defaults.name == clip_processor && file.boolean_or("use_square_size", false)) {
    // KOSMOS-2's, which puts a square in place of the file's size.
    exactly(defaults.size, defaults.size);
  } else if (size == nullptr) {
    defaults.shortest_edge ? by_short_side(defaults.size) : exactly(defaults.size, defaults.size);
    config.longest_edge = defaults.longest_edge;
  } else if (size->is_number()) {
    const Index side = file.integer("size", 1, most);
    file.boolean_or("default_to_square", defaults.default_to_square) ? exactly(side, side)
                                                                     : by_short_side(side);
    if (defaults.name == yolos_processor) {
      config.longest_edge = file.integer_or("max_size", defaults.longest_edge, 1, most);
    }
  } else if (size->is_array()) {
    const std::vector<std::int64_t> sides = file.integers("size", 2, 1, most);
    exactly(static_cast<Index>(sides[0]), static_cast<Index>(sides[1]));
  } else if (size->is_object()) {
    const JsonObject fields = file.object("size");
    const bool has_shortest = fields.has("shortest_edge");
    if (has_shortest && !fields.has("height") && !fields.has("width")) {
      by_short_side(fields.integer("shortest_edge", 1, most));
      config.longest_edge = fields.integer_or("longest_edge", 0, 1, most);
    } else if (!has_shortest && (fields.has("height") || fields.has("width"))) {
      const Index height = fields.integer("height", 1, most);
      exactly(height, fields.integer("width", 1, most));
    } else {
      raise<ConfigError>(
          {file.place("size"), ": expected height and width, or shortest_edge, found other keys"});
    }
  } else {
    file.fail("size", "a number, [height, width] or an object");
  }
}

/// DPT's: `keep_aspect_ratio` and `ensure_multiple_of`, of the size that `read_resize` has read. A
/// multiple may be one over a whole number, as ZoeDepth's 1/32.
EIGENVIT_INLINE void read_multiple(const JsonObject& file, PreprocessConfig& config,
                                   bool is_zoedepth = false) {
  if (config.resize_mode == ResizeMode::none) return;
  if (config.resize_mode != ResizeMode::exact) file.fail("size", "height and width");
  constexpr const char* key = "ensure_multiple_of";
  Index multiple = 1;
  Index parts = is_zoedepth && !file.has(key) ? 32 : 1;
  const auto stated = is_zoedepth && file.has(key) ? json_number(*file.find(key)) : std::nullopt;
  if (stated && *stated > 1e-6 && *stated < 1) {
    parts = static_cast<Index>(std::lround(1 / *stated));
    if (1 / static_cast<double>(parts) != *stated) {
      file.fail(key, "a whole number or one over such");
    }
  } else {
    multiple = file.integer_or(key, 1, 1, max_preprocessed_size);
  }
  if (read_switch(file, "keep_aspect_ratio", is_zoedepth)) {
    config.resize_mode = ResizeMode::nearest_side;
    config.size_multiple = multiple;
    config.size_parts = parts;
    return;
  }
  for (Index* const side : {&config.resize_height, &config.resize_width}) {
    const Index whole = *side / multiple, rest = *side % multiple;
    const bool up = 2 * rest > multiple || (2 * rest == multiple && whole % 2 == 1);
    *side = (up ? whole + 1 : whole) * multiple;
    if (*side == 0) file.fail("ensure_multiple_of", "at most twice the size");
  }
}

/// What ZoeDepth's class does beside DPT's.
EIGENVIT_INLINE void read_zoedepth(const JsonObject& file, PreprocessConfig& config) {
  if (!read_switch(file, "do_rescale", true)) {
    raise<UnsupportedError>({file.place("do_rescale"), ": expected true, found false"});
  }
  config.resize_values = config.align_corners = true;
  config.mirror_border = read_switch(file, "do_pad", true);
  if (!file.has("size") && config.resize_mode == ResizeMode::exact) config.resize_width = 512;
  read_multiple(file, config, true);
}

/// ViTPose's: always a box, of the size that `read_resize` has read, or the class's own.
EIGENVIT_INLINE void read_box(const JsonObject& file, PreprocessConfig& config) {
  constexpr double factor = 200;
  if (!read_switch(file, "do_affine_transform", true)) {
    raise<UnsupportedError>({file.place("do_affine_transform"), ": expected true, found false"});
  }
  // Python divides by this factor, and multiplies by 200 whatever it is.
  if (file.number_or("normalize_factor", factor, 1e-6, 1e6) != factor) {
    raise<UnsupportedError>({file.place("normalize_factor"), ": expected 200, found another"});
  }
  if (!file.has("size")) {
    config.resize_height = 256;
    config.resize_width = 192;
  } else if (config.resize_mode != ResizeMode::exact) {
    file.fail("size", "height and width");
  }
  config.resize_mode = ResizeMode::padded_box;
}

/// What EoMT's class does beside the others'. Its networks take squares of one size.
EIGENVIT_INLINE void read_eomt(const JsonObject& file, PreprocessConfig& config) {
  const bool splits = read_switch(file, "do_split_image", false);
  const bool pads = !splits && read_switch(file, "do_pad", false);
  if (!splits && !pads) return;
  if (config.resize_mode != ResizeMode::shortest_edge) {
    file.fail("size", "a shortest_edge, which do_resize makes, beside do_pad or do_split_image");
  }
  if (splits) {
    if (config.longest_edge != 0) file.fail("size", "no longest_edge beside do_split_image");
    return;
  }
  if (config.longest_edge != config.resize_height) {
    file.fail("size", "a longest_edge as shortest_edge, beside do_pad");
  }
  config.crop = true;
  config.crop_height = config.crop_width = config.resize_height;
  config.crop_rounding = CropRounding::corner;
}

EIGENVIT_INLINE void read_crop(const JsonObject& file, const ProcessorDefaults& defaults,
                               PreprocessConfig& config) {
  constexpr Index most = max_preprocessed_size;
  config.crop = read_switch(file, "do_center_crop", defaults.center_crop);
  if (!config.crop) return;
  const nlohmann::json* const size = file.find("crop_size");
  config.crop_height = defaults.crop_size;
  config.crop_width = defaults.crop_size;
  if (size == nullptr) {
    if (defaults.crop_size == 0) file.fail("crop_size", "a size, as do_center_crop is true");
  } else if (size->is_number()) {
    config.crop_height = file.integer("crop_size", 1, most);
    config.crop_width = config.crop_height;
  } else if (size->is_array()) {
    const std::vector<std::int64_t> sides = file.integers("crop_size", 2, 1, most);
    config.crop_height = static_cast<Index>(sides[0]);
    config.crop_width = static_cast<Index>(sides[1]);
  } else {
    const JsonObject fields = file.object("crop_size");
    config.crop_height = fields.integer("height", 1, most);
    config.crop_width = fields.integer("width", 1, most);
  }
}

EIGENVIT_INLINE PreprocessConfig transformers_preprocess_config(
    const nlohmann::json& preprocessor, const std::string& default_class, const std::string& source,
    std::optional<std::array<Index, 2>> image_size, Index channels) {
  const JsonObject top(preprocessor, source);
  const std::optional<JsonObject> nested = top.find_object("image_processor");
  const JsonObject& file = nested ? *nested : top;
  const ProcessorDefaults& defaults = find_processor(file, default_class);
  const bool is_yolos = defaults.name == yolos_processor;
  const bool is_owlv2 = defaults.name == owlv2_processor;
  const bool is_siglip2 = defaults.name == siglip2_processor;
  const bool is_dpt = defaults.name == dpt_processor;
  const bool is_zoedepth = defaults.name == zoedepth_processor;
  const bool is_vitpose = defaults.name == vitpose_processor;
  const bool is_eomt = defaults.name == eomt_processor;
  for (const std::string_view key : {"do_pad", "rescale_offset"}) {
    // YOLOS pads the smaller images of a batch; every image stays as it is here.
    if (key == "do_pad" && (is_yolos || is_owlv2 || is_eomt || is_zoedepth)) continue;
    if (file.boolean_or(key, false)) {
      raise<UnsupportedError>({file.place(key), ": expected false, found true"});
    }
  }

  PreprocessConfig recipe;
  recipe.crop_rounding = CropRounding::floor;
  if (is_siglip2 && read_switch(file, "do_resize", true)) {
    recipe.resize_mode = ResizeMode::patches;
    recipe.size_multiple = file.integer_or("patch_size", 16, 1, max_preprocessed_size);
    recipe.max_patches = file.integer_or("max_num_patches", 256, 1, 1 << 20);
  } else if (is_vitpose || read_switch(file, "do_resize", true)) {
    read_resize(file, defaults, recipe);
  } else {
    recipe.resize_mode = ResizeMode::none;
  }
  if (is_dpt) read_multiple(file, recipe);
  if (is_zoedepth) read_zoedepth(file, recipe);
  if (is_vitpose) read_box(file, recipe);
  recipe.crop = false;
  // Some classes do not look at do_center_crop.
  if (is_eomt) {
    read_eomt(file, recipe);
  } else if (!is_owlv2 && !is_siglip2 && !is_yolos && !is_zoedepth && !is_vitpose) {
    read_crop(file, defaults, recipe);
  }
  if (image_size) {
    check_image_size(*image_size, source);
    recipe.resize_mode = is_vitpose ? ResizeMode::padded_box : ResizeMode::exact;
    recipe.resize_height = (*image_size)[0];
    recipe.resize_width = (*image_size)[1];
    recipe.longest_edge = 0;
    recipe.size_multiple = recipe.size_parts = 1;
    recipe.crop = false;
  }
  if (is_yolos) recipe.size_multiple = 16;
  recipe.resize_values = is_zoedepth || defaults.name == dinov3_processor;
  recipe.filter = defaults.filter;
  if (file.has("resample") && !is_vitpose) {
    recipe.filter = filter_codes[static_cast<std::size_t>(file.integer("resample", 0, 5))];
  }
  if (is_owlv2) read_owlv2(file, read_switch(file, "do_pad", true), recipe);

  recipe.rescale = read_switch(file, "do_rescale", true) ? Rescale::multiply : Rescale::none;
  recipe.rescale_factor = file.number_or("rescale_factor", 1.0 / 255.0, 1e-6, 1e6);
  recipe.normalize = read_switch(file, "do_normalize", defaults.normalize);
  const auto given = static_cast<std::size_t>(channels);
  recipe.mean = to_floats(
      channel_values(file, "image_mean", *defaults.mean, -largest_statistic, true, given));
  recipe.std =
      to_floats(channel_values(file, "image_std", *defaults.std, smallest_std, true, given));
  return recipe;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
