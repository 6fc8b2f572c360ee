#include <array>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using eigenvit::detail::timm_preprocess_config;
using eigenvit::detail::transformers_preprocess_config;
using test_files::contains;
using test_files::message_of;

namespace {

using Size = std::optional<std::array<Index, 2>>;

const std::array<float, 3> imagenet_mean{0.485F, 0.456F, 0.406F};
const std::array<float, 3> imagenet_std{0.229F, 0.224F, 0.225F};
const std::array<float, 3> half{0.5F, 0.5F, 0.5F};
const std::array<float, 3> clip_mean{0.48145466F, 0.4578275F, 0.40821073F};
const std::array<float, 3> clip_std{0.26862954F, 0.26130258F, 0.27577711F};

PreprocessConfig timm(const std::string& text, const Size& size = {}) {
  return timm_preprocess_config(nlohmann::json::parse(text), "config.json", size);
}

PreprocessConfig transformers(const std::string& text, const Size& size = {}) {
  return transformers_preprocess_config(nlohmann::json::parse(text), "ViTImageProcessor",
                                        "preprocessor_config.json", size);
}

std::string timm_error(const std::string& field) {
  return message_of<ConfigError>([&] { timm("{\"pretrained_cfg\":{" + field + "}}"); });
}

std::string transformers_error(const std::string& field) {
  return message_of<ConfigError>([&] { transformers("{" + field + "}"); });
}

std::array<Index, 2> resized(const PreprocessConfig& config) {
  return {config.resize_height, config.resize_width};
}

std::array<Index, 2> cropped(const PreprocessConfig& config) {
  return {config.crop_height, config.crop_width};
}

using Sides = std::array<Index, 2>;

}  // namespace

TEST_CASE("timm preprocessing: defaults") {
  const PreprocessConfig config = timm(R"({"architecture":"vit_tiny_patch16_224"})");
  CHECK(config.resize_mode == ResizeMode::shortest_edge);
  CHECK(resized(config) == Sides{256, 256});
  CHECK(config.longest_edge == 0);
  CHECK(config.filter == Filter::bicubic);
  CHECK(config.crop);
  CHECK(cropped(config) == Sides{224, 224});
  CHECK(config.crop_rounding == CropRounding::half_even);
  CHECK(config.pad_fill == std::array<std::uint8_t, 3>{0, 0, 0});
  CHECK(config.rescale == Rescale::divide);
  CHECK(config.normalize);
  CHECK(config.mean == imagenet_mean);
  CHECK(config.std == imagenet_std);
}

TEST_CASE("timm preprocessing: every field, nested or at the top level") {
  const std::string fields =
      R"("input_size":[3,384,384],"crop_pct":1.0,"crop_mode":"center","interpolation":"bilinear",)"
      R"("mean":[0.5,0.5,0.5],"std":[0.5,0.25,0.5])";
  for (const std::string& text :
       {"{\"architecture\":\"x\",\"pretrained_cfg\":{" + fields + "}}", "{" + fields + "}"}) {
    const PreprocessConfig config = timm(text);
    CHECK(config.resize_mode == ResizeMode::shortest_edge);
    CHECK(resized(config) == Sides{384, 384});
    CHECK(cropped(config) == Sides{384, 384});
    CHECK(config.filter == Filter::bilinear);
    CHECK(config.mean == half);
    CHECK(config.std == std::array<float, 3>{0.5F, 0.25F, 0.5F});
  }
}

TEST_CASE("timm preprocessing: what Python takes for absent") {
  const PreprocessConfig config =
      timm(R"({"pretrained_cfg":{"crop_pct":0,"crop_mode":"","interpolation":null,"mean":null,)"
           R"("input_size":null}})");
  CHECK(resized(config) == Sides{256, 256});
  CHECK(config.resize_mode == ResizeMode::shortest_edge);
  CHECK(config.filter == Filter::bicubic);
  CHECK(config.mean == imagenet_mean);
}

TEST_CASE("timm preprocessing: the resized size is the target's over crop_pct, rounded down") {
  const auto size = [](const std::string& target, const std::string& crop_pct) {
    return timm("{\"input_size\":[3," + target + "," + target + "],\"crop_pct\":" + crop_pct + "}")
        .resize_height;
  };
  CHECK(size("224", "0.9") == 248);
  CHECK(size("224", "0.875") == 256);
  CHECK(size("256", "0.95") == 269);
  CHECK(size("384", "1.0") == 384);
  CHECK(size("240", "0.96") == 250);
  CHECK(size("336", "1") == 336);
  // 21 / 0.7 is 30.000000000000004 in double, 63 / 0.9 is 70.
  CHECK(size("21", "0.7") == 30);
  CHECK(size("63", "0.9") == 70);
  CHECK(size("224", "1.12") == 199);
}

TEST_CASE("timm preprocessing: crop modes") {
  const auto mode = [](const std::string& name, const std::string& size) {
    return timm("{\"crop_mode\":\"" + name + "\",\"input_size\":[3," + size +
                "],\"crop_pct\":0.9,\"mean\":[0.5,0.1,0.406]}");
  };
  CHECK(mode("squash", "224,224").resize_mode == ResizeMode::exact);
  CHECK(resized(mode("squash", "224,112")) == Sides{248, 124});
  const PreprocessConfig border = mode("border", "224,224");
  CHECK(border.resize_mode == ResizeMode::contain);
  CHECK(resized(border) == Sides{248, 248});
  // round(127.5) to even, round(25.5) to even, round(103.53).
  CHECK(border.pad_fill == std::array<std::uint8_t, 3>{128, 26, 104});
  const PreprocessConfig wide = mode("center", "224,288");
  CHECK(wide.resize_mode == ResizeMode::cover);
  CHECK(resized(wide) == Sides{248, 320});
  CHECK(cropped(wide) == Sides{224, 288});
  CHECK(wide.filter == Filter::bicubic);
  CHECK(wide.pad_fill == std::array<std::uint8_t, 3>{0, 0, 0});
}

TEST_CASE("timm preprocessing: filters by name") {
  const std::pair<const char*, Filter> names[] = {
      {"nearest", Filter::nearest}, {"bilinear", Filter::bilinear}, {"bicubic", Filter::bicubic},
      {"box", Filter::box},         {"hamming", Filter::hamming},   {"lanczos", Filter::lanczos}};
  for (const auto& [name, filter] : names) {
    CHECK(timm(std::string("{\"interpolation\":\"") + name + "\"}").filter == filter);
  }
}

TEST_CASE("timm preprocessing: another image size takes the place of input_size") {
  const std::string text = R"({"pretrained_cfg":{"input_size":[3,224,224],"crop_pct":0.9}})";
  const PreprocessConfig square = timm(text, Sides{256, 256});
  CHECK(square.resize_mode == ResizeMode::shortest_edge);
  CHECK(resized(square) == Sides{284, 284});
  CHECK(cropped(square) == Sides{256, 256});
  const PreprocessConfig wide = timm(text, Sides{112, 224});
  CHECK(wide.resize_mode == ResizeMode::cover);
  CHECK(resized(wide) == Sides{124, 248});
  CHECK(message_of<ConfigError>([&] {
          timm(text, Sides{0, 224});
        }) == "config.json: image size: expected height and width from 1 to 16384, found 0x224");
  CHECK(contains(message_of<ConfigError>([&] { timm(text, Sides{224, 16385}); }), "224x16385"));
}

TEST_CASE("timm preprocessing: img_size of model_args where the input has a fixed size") {
  // As `create_model` and `resolve_model_data_config` of timm 1.0.31 have it.
  const auto crop = [](const std::string& args, const std::string& fixed, const Size& size = {}) {
    return cropped(timm("{\"model_args\":{" + args + "},\"pretrained_cfg\":{" + fixed +
                            "\"input_size\":[3,224,224]}}",
                        size));
  };
  const std::string fixed = "\"fixed_input_size\":true,";
  CHECK(crop("\"img_size\":384", fixed) == Sides{384, 384});
  CHECK(crop("\"img_size\":[160,96]", fixed) == Sides{160, 96});
  CHECK(crop("\"img_size\":384,\"dynamic_img_size\":false", fixed) == Sides{384, 384});
  CHECK(crop("\"img_size\":384", fixed, Sides{256, 256}) == Sides{256, 256});
  CHECK(crop("\"img_size\":null", fixed) == Sides{224, 224});
  CHECK(crop("\"img_size\":384", "") == Sides{224, 224});
  CHECK(crop("\"img_size\":384", "\"fixed_input_size\":false,") == Sides{224, 224});
  CHECK(crop("\"img_size\":384,\"dynamic_img_size\":true", fixed) == Sides{224, 224});
  CHECK(crop("\"img_size\":384,\"strict_img_size\":false", fixed) == Sides{224, 224});
}

TEST_CASE("preprocessing of networks of other than three channels") {
  const PreprocessConfig grey =
      timm(R"({"input_size":[1,24,32],"mean":[0.25],"std":[0.75],"crop_pct":1})");
  CHECK(cropped(grey) == Sides{24, 32});
  CHECK(grey.mean == std::array<float, 3>{0.25F, 0.25F, 0.25F});
  CHECK(grey.std == std::array<float, 3>{0.75F, 0.75F, 0.75F});
  const PreprocessConfig averaged =
      timm(R"({"model_args":{"in_chans":1},"pretrained_cfg":{"mean":[0.1,0.2,0.6]}})");
  CHECK(averaged.mean[0] == doctest::Approx(0.3).epsilon(1e-6));
  CHECK(averaged.mean[0] == averaged.mean[2]);
  CHECK(averaged.std[0] == doctest::Approx(0.226).epsilon(1e-6));
  CHECK(averaged.std[0] == averaged.std[1]);
  const std::string five = R"([0.1,0.2,0.3,0.4,0.5])";
  CHECK(timm(R"({"input_size":[5,24,32],"mean":)" + five + R"(,"std":)" + five + "}").mean ==
        imagenet_mean);
  CHECK(contains(
      message_of<ConfigError>([&] { timm(R"({"input_size":[4,24,32],"mean":)" + five + "}"); }),
      "key 'mean': expected an array of 3 numbers"));
  CHECK(contains(message_of<ConfigError>([&] { timm(R"({"input_size":[0,24,32]})"); }),
                 "key 'input_size'"));

  CHECK(transformers(R"({"image_mean":[0.25],"image_std":[0.75]})").mean == grey.mean);
  const nlohmann::json of_five = {{"image_mean", {0.1, 0.2, 0.3, 0.4, 0.5}}};
  CHECK(transformers_preprocess_config(of_five, "ViTImageProcessor", "F", {}, 5).mean == half);
  CHECK(contains(message_of<ConfigError>([&] {
                   transformers_preprocess_config(of_five, "ViTImageProcessor", "F", {}, 4);
                 }),
                 "key 'image_mean': expected an array of 3 numbers"));
}

TEST_CASE("timm preprocessing: errors name file, key, expected and found") {
  const std::string start = "config.json: key 'pretrained_cfg.";
  CHECK(timm_error("\"input_size\":[3,0,224]") ==
        start + "input_size': expected an array of 3 integers from 1 to 16384, found 0 in it");
  CHECK(contains(timm_error("\"input_size\":[3,224,-1]"), "found -1 in it"));
  CHECK(contains(timm_error("\"input_size\":[3,224,1e12]"), "found 1000000000000.0 in it"));
  CHECK(contains(timm_error("\"input_size\":[3,224,224.5]"), "found 224.5 in it"));
  CHECK(contains(timm_error("\"input_size\":[224,224]"), "found an array of length 2"));
  CHECK(contains(timm_error("\"input_size\":224"), "found 224"));
  CHECK(timm_error("\"crop_pct\":-0.5") ==
        start + "crop_pct': expected a number from 0 to 1000, found -0.5");
  CHECK(contains(timm_error("\"crop_pct\":\"x\""), "found \"x\""));
  CHECK(timm_error("\"crop_pct\":1e-9") ==
        start +
            "crop_pct': expected a share of 224 pixels that makes a size from 1 to 16384, found "
            "1e-09");
  CHECK(contains(timm_error("\"crop_pct\":500"), "makes a size from 1 to 16384, found 500"));
  CHECK(timm_error("\"crop_mode\":\"top\"") ==
        start + "crop_mode': expected center, squash or border, found \"top\"");
  CHECK(timm_error("\"interpolation\":\"random\"") ==
        start +
            "interpolation': expected nearest, bilinear, bicubic, box, hamming or lanczos, found "
            "\"random\"");
  CHECK(timm_error("\"mean\":[0.5,0.5]") ==
        start +
            "mean': expected an array of 3 numbers from -1000000 to 1000000, found an array of "
            "length 2");
  CHECK(contains(timm_error("\"mean\":[0.5,0.5,\"x\"]"), "found \"x\" in it"));
  CHECK(contains(timm_error("\"mean\":[0.5,0.5,1e300]"), "found 1e+300 in it"));
  CHECK(timm_error("\"std\":[0.5,0,0.5]") ==
        start + "std': expected an array of 3 numbers from 1e-06 to 1000000, found 0 in it");
  CHECK(contains(timm_error("\"std\":[0.5,-1,0.5]"), "found -1 in it"));
  CHECK(message_of<ConfigError>([] { timm("{\"pretrained_cfg\":[]}"); }) ==
        "config.json: key 'pretrained_cfg': expected an object, found an array of length 0");
  CHECK(message_of<ConfigError>([] { timm("[]"); }) ==
        "config.json: expected an object, found an array of length 0");
}

TEST_CASE("transformers preprocessing: the classes' defaults") {
  const auto of_class = [](const std::string& name) {
    return transformers("{\"image_processor_type\":\"" + name + "\"}");
  };
  const PreprocessConfig vit = of_class("ViTImageProcessor");
  CHECK(vit.resize_mode == ResizeMode::exact);
  CHECK(resized(vit) == Sides{224, 224});
  CHECK(vit.filter == Filter::bilinear);
  CHECK_FALSE(vit.crop);
  CHECK(vit.crop_rounding == CropRounding::floor);
  CHECK(vit.rescale == Rescale::multiply);
  CHECK(vit.rescale_factor == 1.0 / 255.0);
  CHECK(vit.normalize);
  CHECK(vit.mean == half);
  CHECK(vit.std == half);

  const PreprocessConfig deit = of_class("DeiTImageProcessor");
  CHECK(deit.resize_mode == ResizeMode::exact);
  CHECK(resized(deit) == Sides{256, 256});
  CHECK(deit.filter == Filter::bicubic);
  CHECK(deit.crop);
  CHECK(cropped(deit) == Sides{224, 224});
  CHECK(deit.mean == half);

  const PreprocessConfig beit = of_class("BeitImageProcessor");
  CHECK(beit.resize_mode == ResizeMode::exact);
  CHECK(resized(beit) == Sides{224, 224});
  CHECK(beit.filter == Filter::bicubic);
  CHECK_FALSE(beit.crop);

  for (const char* const name : {"BitImageProcessor", "CLIPImageProcessor"}) {
    const PreprocessConfig config = of_class(name);
    CHECK(config.resize_mode == ResizeMode::shortest_edge);
    CHECK(resized(config) == Sides{224, 224});
    CHECK(config.filter == Filter::bicubic);
    CHECK(config.crop);
    CHECK(cropped(config) == Sides{224, 224});
    CHECK(config.mean == clip_mean);
    CHECK(config.std == clip_std);
  }

  const PreprocessConfig siglip = of_class("SiglipImageProcessor");
  CHECK(siglip.resize_mode == ResizeMode::exact);
  CHECK(siglip.filter == Filter::bicubic);
  CHECK_FALSE(siglip.crop);
  CHECK(siglip.mean == half);
}

TEST_CASE("transformers preprocessing: the names of a class, and where they stand") {
  for (
      const char* const text :
      {R"({"image_processor_type":"DeiTImageProcessor"})",
       R"({"image_processor_type":"DeiTImageProcessorFast"})",
       R"({"image_processor_type":"DeiTImageProcessorPil"})",
       R"({"image_processor_type":"DeiTFeatureExtractor"})",
       R"({"feature_extractor_type":"DeiTFeatureExtractor"})",
       R"({"feature_extractor_type":"X","image_processor_type":"DeiTImageProcessor"})",
       R"({"image_processor":{"image_processor_type":"DeiTImageProcessor"},"processor_class":"X"})"}) {
    CAPTURE(text);
    CHECK(resized(transformers(text)) == Sides{256, 256});
  }
  // None named: the caller's.
  CHECK(resized(transformers("{}")) == Sides{224, 224});
  CHECK(message_of<UnsupportedError>(
            [] { transformers(R"({"image_processor_type":"LevitImageProcessor"})"); }) ==
        "preprocessor_config.json: key 'image_processor_type': expected an image processor of ViT, "
        "DeiT, Beit, Bit, CLIP, Siglip, Siglip2, ChineseCLIP, Blip, OwlViT, Owlv2, Tipsv2, "
        "Sapiens2, DINOv3ViT, DPT, ZoeDepth, Yolos, VitPose or Eomt, found 'LevitImageProcessor'");
}

TEST_CASE("transformers preprocessing: the one class that does not normalise by itself") {
  CHECK_FALSE(transformers(R"({"image_processor_type":"Tipsv2ImageProcessor"})").normalize);
  CHECK(transformers(R"({"image_processor_type":"Tipsv2ImageProcessor","do_normalize":true})")
            .normalize);
  CHECK(transformers(R"({"image_processor_type":"Sapiens2ImageProcessor"})").normalize);
}

TEST_CASE("transformers preprocessing: the forms of size") {
  const auto with = [](const std::string& name, const std::string& size) {
    return transformers("{\"image_processor_type\":\"" + name + "\",\"size\":" + size + "}");
  };
  CHECK(resized(with("ViTImageProcessor", R"({"height":384,"width":192})")) == Sides{384, 192});
  CHECK(with("ViTImageProcessor", "384").resize_mode == ResizeMode::exact);
  CHECK(resized(with("ViTImageProcessor", "384")) == Sides{384, 384});
  CHECK(resized(with("ViTImageProcessor", "384.0")) == Sides{384, 384});
  CHECK(resized(with("ViTImageProcessor", "[384,192]")) == Sides{384, 192});
  CHECK(with("CLIPImageProcessor", "336").resize_mode == ResizeMode::shortest_edge);
  CHECK(resized(with("CLIPImageProcessor", "336")) == Sides{336, 336});
  CHECK(with("CLIPImageProcessor", R"({"height":384,"width":192})").resize_mode ==
        ResizeMode::exact);
  CHECK(with("ViTImageProcessor", R"({"shortest_edge":256})").resize_mode ==
        ResizeMode::shortest_edge);
  const PreprocessConfig limited =
      with("ViTImageProcessor", R"({"shortest_edge":256,"longest_edge":512})");
  CHECK(limited.resize_mode == ResizeMode::shortest_edge);
  CHECK(limited.resize_height == 256);
  CHECK(limited.longest_edge == 512);
  CHECK(transformers(R"({"size":7,"default_to_square":false})").resize_mode ==
        ResizeMode::shortest_edge);
  // Of CLIP alone, and whatever the size is.
  const std::string square = R"(,"size":{"shortest_edge":336},"use_square_size":true})";
  const PreprocessConfig clip =
      transformers(R"({"image_processor_type":"CLIPImageProcessor")" + square);
  CHECK(clip.resize_mode == ResizeMode::exact);
  CHECK(resized(clip) == Sides{224, 224});
  CHECK(transformers(R"({"image_processor_type":"BitImageProcessor")" + square).resize_mode ==
        ResizeMode::shortest_edge);
}

TEST_CASE("transformers preprocessing: classes that do not look at do_center_crop") {
  for (const std::string name : {"Owlv2", "Siglip2", "Yolos"}) {
    CHECK_FALSE(transformers("{\"image_processor_type\":\"" + name +
                             "ImageProcessor\",\"do_center_crop\":true,\"crop_size\":32}")
                    .crop);
  }
}

TEST_CASE("DPT crops, as the class does that AutoImageProcessor takes by itself") {
  const std::string name = R"({"image_processor_type":"DPTImageProcessor","size":32)";
  const PreprocessConfig config = transformers(
      name +
      R"(,"do_center_crop":true,"crop_size":{"height":16,"width":24},"keep_aspect_ratio":true})");
  CHECK(config.resize_mode == ResizeMode::nearest_side);
  CHECK(config.crop);
  CHECK(cropped(config) == Sides{16, 24});
  CHECK_FALSE(transformers(name + R"(,"crop_size":{"height":16,"width":24}})").crop);
  CHECK(message_of<ConfigError>([&] { transformers(name + R"(,"do_center_crop":true})"); }) ==
        "preprocessor_config.json: key 'crop_size': expected a size, as do_center_crop is true, "
        "found nothing");
}

TEST_CASE("transformers preprocessing: switches, crop, filter codes, statistics") {
  const Filter by_code[] = {Filter::nearest, Filter::lanczos, Filter::bilinear,
                            Filter::bicubic, Filter::box,     Filter::hamming};
  for (int code = 0; code < 6; ++code) {
    CHECK(transformers("{\"resample\":" + std::to_string(code) + "}").filter == by_code[code]);
  }
  CHECK(transformers(R"({"do_resize":false})").resize_mode == ResizeMode::none);
  CHECK(transformers(R"({"do_rescale":false})").rescale == Rescale::none);
  CHECK_FALSE(transformers(R"({"do_normalize":false})").normalize);
  CHECK(transformers(R"({"rescale_factor":0.00784313725490196})").rescale_factor ==
        0.00784313725490196);
  const PreprocessConfig crop = transformers(R"({"do_center_crop":true,"crop_size":192})");
  CHECK(crop.crop);
  CHECK(cropped(crop) == Sides{192, 192});
  CHECK(cropped(transformers(R"({"do_center_crop":true,"crop_size":{"height":64,"width":32}})")) ==
        Sides{64, 32});
  CHECK(cropped(transformers(R"({"do_center_crop":true,"crop_size":[64,32]})")) == Sides{64, 32});
  CHECK_FALSE(
      transformers(R"({"image_processor_type":"CLIPImageProcessor","do_center_crop":false})").crop);
  const PreprocessConfig statistics =
      transformers(R"({"image_mean":[0.485,0.456,0.406],"image_std":0.25})");
  CHECK(statistics.mean == imagenet_mean);
  CHECK(statistics.std == std::array<float, 3>{0.25F, 0.25F, 0.25F});
  // A value that is null is the class's default; a switch that is null is off, as in Python.
  const PreprocessConfig nulls =
      transformers(R"({"size":null,"resample":null,"image_mean":null,"rescale_factor":null})");
  CHECK(nulls.resize_mode == ResizeMode::exact);
  CHECK(nulls.filter == Filter::bilinear);
  CHECK(nulls.rescale_factor == 1.0 / 255.0);
  CHECK(nulls.mean == half);
  const PreprocessConfig off =
      transformers(R"({"image_processor_type":"CLIPImageProcessor","do_resize":null,)"
                   R"("do_center_crop":null,"do_rescale":null,"do_normalize":null})");
  CHECK(off.resize_mode == ResizeMode::none);
  CHECK_FALSE(off.crop);
  CHECK(off.rescale == Rescale::none);
  CHECK_FALSE(off.normalize);
}

TEST_CASE("transformers preprocessing: YOLOS keeps the ratio in multiples of its patches") {
  const PreprocessConfig config = transformers(R"({"image_processor_type":"YolosImageProcessor"})");
  CHECK(config.resize_mode == ResizeMode::shortest_edge);
  CHECK(resized(config) == Sides{800, 800});
  CHECK(config.longest_edge == 1333);
  CHECK(config.size_multiple == 16);
  CHECK(config.filter == Filter::bilinear);
  const PreprocessConfig old =
      transformers(R"({"feature_extractor_type":"YolosFeatureExtractor","size":512,"max_size":864,)"
                   R"("do_pad":true})");
  CHECK(resized(old) == Sides{512, 512});
  CHECK(old.longest_edge == 864);
  CHECK(transformers(R"({"feature_extractor_type":"YolosFeatureExtractor","size":512})")
            .longest_edge == 1333);
  CHECK(transformers(R"({"image_processor_type":"ViTImageProcessor"})").size_multiple == 1);
}

TEST_CASE("transformers preprocessing: SigLIP 2 NaFlex resizes to a number of patches") {
  const PreprocessConfig config =
      transformers(R"({"image_processor_type":"Siglip2ImageProcessorFast"})");
  CHECK(config.resize_mode == ResizeMode::patches);
  CHECK(config.size_multiple == 16);
  CHECK(config.max_patches == 256);
  CHECK(config.filter == Filter::bilinear);
  CHECK_FALSE(config.crop);
  const PreprocessConfig other = transformers(
      R"({"image_processor_type":"Siglip2ImageProcessor","patch_size":14,"max_num_patches":1024})");
  CHECK(other.size_multiple == 14);
  CHECK(other.max_patches == 1024);
  CHECK(transformers(R"({"image_processor_type":"Siglip2ImageProcessor","do_resize":false})")
            .resize_mode == ResizeMode::none);
}

TEST_CASE("transformers preprocessing: OWLv2 pads to a square and smooths") {
  const PreprocessConfig config =
      transformers(R"({"image_processor_type":"Owlv2ImageProcessor","resample":0})");
  CHECK(config.resize_mode == ResizeMode::padded_square);
  CHECK(config.resize_height == 960);
  CHECK(config.resize_width == 960);
  CHECK(config.resize_values);
  CHECK(config.smooth_values);
  CHECK(config.filter == Filter::bilinear);
  CHECK_FALSE(config.crop);
  const PreprocessConfig whole = transformers(
      R"({"image_processor_type":"Owlv2ImageProcessor","do_pad":false,"size":{"height":8,"width":9}})");
  CHECK(whole.resize_mode == ResizeMode::exact);
  CHECK(whole.resize_width == 9);
  CHECK(whole.smooth_values);
  CHECK(transformers(R"({"image_processor_type":"Owlv2ImageProcessor"})",
                     std::array<Index, 2>{32, 48})
            .resize_mode == ResizeMode::padded_square);
  const PreprocessConfig kept = transformers(
      R"({"image_processor_type":"Owlv2ImageProcessor","do_pad":false,"do_resize":false})");
  CHECK(kept.resize_mode == ResizeMode::none);
  CHECK_FALSE(kept.resize_values);
  CHECK(message_of<UnsupportedError>([] {
          transformers(R"({"image_processor_type":"Owlv2ImageProcessor","do_resize":false})");
        }) ==
        "preprocessor_config.json: key 'do_resize': expected true where do_pad is true, found "
        "false");
  CHECK(contains(
      message_of<ConfigError>([] {
        transformers(
            R"({"image_processor_type":"Owlv2ImageProcessor","size":{"shortest_edge":9}})");
      }),
      "key 'size': expected a height and a width"));
}

TEST_CASE("transformers preprocessing: ViTPose takes boxes") {
  const std::string start = R"({"image_processor_type":"VitPoseImageProcessor")";
  const PreprocessConfig plain = transformers(start + R"(,"do_resize":false,"resample":3})");
  CHECK(plain.resize_mode == ResizeMode::padded_box);
  CHECK(resized(plain) == Sides{256, 192});
  CHECK(plain.filter == Filter::bilinear);
  CHECK(plain.mean[0] == 0.485F);
  CHECK(plain.std[0] == 0.229F);
  CHECK_FALSE(plain.crop);
  const std::string size = start + R"(,"size":{"height":12,"width":15})";
  CHECK(resized(transformers(size + "}")) == Sides{12, 15});
  const PreprocessConfig other = transformers(size + "}", Size({28, 42}));
  CHECK(other.resize_mode == ResizeMode::padded_box);
  CHECK(resized(other) == Sides{28, 42});

  const auto unsupported = [&](const std::string& fields) {
    return message_of<UnsupportedError>([&] { transformers(start + "," + fields + "}"); });
  };
  CHECK(unsupported(R"("do_affine_transform":false)") ==
        "preprocessor_config.json: key 'do_affine_transform': expected true, found false");
  CHECK(unsupported(R"("normalize_factor":100)") ==
        "preprocessor_config.json: key 'normalize_factor': expected 200, found another");
  CHECK(message_of<ConfigError>([&] {
          transformers(start + R"(,"size":{"shortest_edge":9}})");
        }).rfind("preprocessor_config.json: key 'size': expected height and width", 0) == 0);
}

TEST_CASE("transformers preprocessing: EoMT pads below and at the right, or takes windows") {
  const std::string start = R"({"image_processor_type":"EomtImageProcessorFast")";
  const PreprocessConfig plain = transformers(start + "}");
  CHECK(plain.resize_mode == ResizeMode::shortest_edge);
  CHECK(resized(plain) == Sides{640, 640});
  CHECK(plain.longest_edge == 640);
  CHECK(plain.filter == Filter::bilinear);
  CHECK(plain.mean[0] == 0.485F);
  CHECK(plain.std[0] == 0.229F);
  CHECK_FALSE(plain.crop);
  const PreprocessConfig padded =
      transformers(start + R"(,"do_pad":true,"size":{"shortest_edge":9,"longest_edge":9}})");
  CHECK(padded.longest_edge == 9);
  CHECK(padded.crop);
  CHECK(padded.crop_height == 9);
  CHECK(padded.crop_width == 9);
  CHECK(padded.crop_rounding == CropRounding::corner);
  CHECK(padded.pad_fill == std::array<std::uint8_t, 3>{});
  const std::string splits = R"(,"do_split_image":true,"do_pad":true,"size":)";
  const PreprocessConfig split =
      transformers(start + splits + R"({"shortest_edge":9,"longest_edge":null}})");
  CHECK(split.longest_edge == 0);
  CHECK_FALSE(split.crop);
  CHECK(transformers(start + splits + "9}").longest_edge == 0);
  const PreprocessConfig other = transformers(start + R"(,"do_pad":true})", Size({28, 42}));
  CHECK(other.resize_mode == ResizeMode::exact);
  CHECK(resized(other) == Sides{28, 42});
  CHECK_FALSE(other.crop);

  const auto wrong = [&](const std::string& fields) {
    return message_of<ConfigError>([&] { transformers(start + "," + fields + "}"); });
  };
  CHECK(contains(wrong(R"("do_pad":true,"size":{"shortest_edge":9,"longest_edge":12})"),
                 "key 'size': expected a longest_edge as shortest_edge, beside do_pad"));
  CHECK(contains(wrong(R"("do_pad":true,"do_resize":false)"),
                 "key 'size': expected a shortest_edge, which do_resize makes, beside do_pad or "
                 "do_split_image"));
  CHECK(contains(wrong(R"("do_split_image":true,"size":{"shortest_edge":9,"longest_edge":9})"),
                 "key 'size': expected no longest_edge beside do_split_image"));
}

TEST_CASE("transformers preprocessing: DPT keeps the side that changes least, in multiples") {
  const std::string start = R"({"image_processor_type":"DPTImageProcessor")";
  const PreprocessConfig plain = transformers(start + "}");
  CHECK(plain.resize_mode == ResizeMode::exact);
  CHECK(resized(plain) == Sides{384, 384});
  CHECK(plain.filter == Filter::bicubic);
  CHECK(plain.mean == half);
  CHECK_FALSE(plain.crop);

  const std::string size = start + R"(,"size":{"height":518,"width":392},)";
  const PreprocessConfig kept =
      transformers(size + R"("keep_aspect_ratio":true,"ensure_multiple_of":14})");
  CHECK(kept.resize_mode == ResizeMode::nearest_side);
  CHECK(resized(kept) == Sides{518, 392});
  CHECK(kept.size_multiple == 14);
  const auto multiple = [&](int of) {
    return resized(transformers(size + "\"ensure_multiple_of\":" + std::to_string(of) + "}"));
  };
  CHECK(multiple(14) == Sides{518, 392});
  CHECK(multiple(32) == Sides{512, 384});
  CHECK(multiple(56) == Sides{504, 392});
  // Halves to even, as Python rounds.
  CHECK(multiple(148) == Sides{592, 444});

  const PreprocessConfig exact =
      transformers(size + R"("keep_aspect_ratio":true,"ensure_multiple_of":14})", Size({28, 42}));
  CHECK(exact.resize_mode == ResizeMode::exact);
  CHECK(resized(exact) == Sides{28, 42});
  CHECK(exact.size_multiple == 1);
  CHECK(transformers(start + R"(,"do_resize":false,"keep_aspect_ratio":true})").resize_mode ==
        ResizeMode::none);

  const auto error = [&](const std::string& fields) {
    return message_of<ConfigError>([&] { transformers(start + "," + fields + "}"); });
  };
  const std::string place = "preprocessor_config.json: key '";
  CHECK(error(R"("size":{"shortest_edge":384})") ==
        place + "size': expected height and width, found an object");
  CHECK(contains(error(R"("ensure_multiple_of":0)"),
                 place + "ensure_multiple_of': expected an integer from 1 to 16384, found 0"));
  CHECK(error(R"("ensure_multiple_of":800)") ==
        place + "ensure_multiple_of': expected at most twice the size, found 800");
}

TEST_CASE("transformers preprocessing: ZoeDepth mirrors a border and aligns corners") {
  const std::string start = R"({"image_processor_type":"ZoeDepthImageProcessor")";
  const PreprocessConfig plain = transformers(start + "}");
  CHECK(plain.resize_mode == ResizeMode::nearest_side);
  CHECK(resized(plain) == Sides{384, 512});
  CHECK(plain.size_multiple == 1);
  CHECK(plain.size_parts == 32);
  CHECK(plain.filter == Filter::bilinear);
  CHECK(plain.resize_values);
  CHECK(plain.align_corners);
  CHECK(plain.mirror_border);
  CHECK(plain.mean == half);
  CHECK_FALSE(plain.crop);
  // Of transformers' `get_resize_output_image_size`, of images with their border.
  const eigenvit::Preprocessor fractions(plain);
  CHECK(fractions.output_size(640, 480) == Sides{392, 512});
  CHECK(fractions.output_size(333, 1000) == Sides{1419, 512});
  CHECK(fractions.output_size(53, 37) == Sides{376, 512});
  CHECK(fractions.output_size(6, 5) == Sides{384, 472});
  const eigenvit::Preprocessor whole(transformers(start + R"(,"ensure_multiple_of":32})"));
  CHECK(whole.config().size_parts == 1);
  CHECK(whole.output_size(640, 480) == Sides{384, 512});
  CHECK(whole.output_size(333, 1000) == Sides{1408, 512});
  CHECK(whole.output_size(6, 5) == Sides{384, 480});
  const auto squashed = transformers(start + R"(,"keep_aspect_ratio":false,"do_pad":false})");
  CHECK(squashed.resize_mode == ResizeMode::exact);
  CHECK(resized(squashed) == Sides{384, 512});
  CHECK_FALSE(squashed.mirror_border);
  CHECK(squashed.align_corners);
  CHECK(transformers(start + R"(,"ensure_multiple_of":0.25})").size_parts == 4);
  const PreprocessConfig exact = transformers(start + "}", Size({32, 48}));
  CHECK(exact.resize_mode == ResizeMode::exact);
  CHECK(resized(exact) == Sides{32, 48});
  CHECK(exact.mirror_border);

  const auto error = [&](const std::string& fields) {
    return message_of<ConfigError>([&] { transformers(start + "," + fields + "}"); });
  };
  const std::string place = "preprocessor_config.json: key '";
  CHECK(error(R"("ensure_multiple_of":0.3)") ==
        place + "ensure_multiple_of': expected a whole number or one over such, found 0.3");
  CHECK(contains(error(R"("ensure_multiple_of":-0.5)"), place + "ensure_multiple_of'"));
  CHECK(error(R"("size":{"shortest_edge":384})") ==
        place + "size': expected height and width, found an object");
  CHECK(message_of<UnsupportedError>([&] { transformers(start + R"(,"do_rescale":false})"); }) ==
        place + "do_rescale': expected true, found false");
}

TEST_CASE("transformers preprocessing: DINOv3 resizes numbers") {
  const PreprocessConfig config =
      transformers(R"({"image_processor_type":"DINOv3ViTImageProcessorFast"})");
  CHECK(config.resize_values);
  CHECK(config.resize_mode == ResizeMode::exact);
  CHECK(resized(config) == Sides{224, 224});
  CHECK(config.filter == Filter::bilinear);
  CHECK(config.mean == std::array<float, 3>{0.485F, 0.456F, 0.406F});
  CHECK_FALSE(config.crop);
}

TEST_CASE("the usual evaluation, and OpenCLIP's recipe") {
  const PreprocessConfig usual = eigenvit::detail::evaluation_preprocess_config(
      256, 224, Filter::bilinear, eigenvit::detail::PixelStatistics::imagenet, "weights");
  CHECK(usual.resize_mode == ResizeMode::shortest_edge);
  CHECK(resized(usual) == Sides{256, 256});
  CHECK(usual.crop_height == 224);
  CHECK(usual.std == std::array<float, 3>{0.229F, 0.224F, 0.225F});
  const PreprocessConfig exact = eigenvit::detail::evaluation_preprocess_config(
      256, 224, Filter::bilinear, eigenvit::detail::PixelStatistics::clip, "weights",
      Sides{32, 48});
  CHECK(exact.resize_mode == ResizeMode::exact);
  CHECK(resized(exact) == Sides{32, 48});
  CHECK_FALSE(exact.crop);
  CHECK(exact.mean == clip_mean);

  const auto open_clip = [](const std::string& text) {
    const nlohmann::json config = nlohmann::json::parse(text);
    return eigenvit::detail::open_clip_preprocess_config(config, 240, "open_clip_config.json");
  };
  CHECK(open_clip("{}").filter == Filter::bicubic);
  CHECK(resized(open_clip("{}")) == Sides{240, 240});
  const PreprocessConfig given = open_clip(
      R"({"preprocess_cfg":{"mean":[0.5,0.5,0.5],"interpolation":"bilinear","resize_mode":"squash"}})");
  CHECK(given.filter == Filter::bilinear);
  CHECK(given.resize_mode == ResizeMode::exact);
  CHECK(given.mean == std::array<float, 3>{0.5F, 0.5F, 0.5F});
  CHECK(contains(message_of<ConfigError>(
                     [&] { open_clip(R"({"preprocess_cfg":{"resize_mode":"longest"}})"); }),
                 "key 'preprocess_cfg.resize_mode': expected shortest or squash"));
}

TEST_CASE("transformers preprocessing: another image size is exact and without crop") {
  const PreprocessConfig config =
      transformers(R"({"image_processor_type":"CLIPImageProcessor","resample":2,)"
                   R"("size":{"shortest_edge":256,"longest_edge":300}})",
                   Sides{112, 336});
  CHECK(config.resize_mode == ResizeMode::exact);
  CHECK(resized(config) == Sides{112, 336});
  CHECK(config.longest_edge == 0);
  CHECK_FALSE(config.crop);
  CHECK(config.filter == Filter::bilinear);
  CHECK(config.mean == clip_mean);
  CHECK(transformers(R"({"do_resize":false})", Sides{10, 20}).resize_mode == ResizeMode::exact);
  CHECK(message_of<ConfigError>([] {
          transformers("{}", Sides{-1, 20});
        }) ==
        "preprocessor_config.json: image size: expected height and width from 1 to 16384, found "
        "-1x20");
}

TEST_CASE("transformers preprocessing: errors name file, key, expected and found") {
  const std::string start = "preprocessor_config.json: key '";
  CHECK(transformers_error("\"size\":0") ==
        start + "size': expected an integer from 1 to 16384, found 0");
  CHECK(contains(transformers_error("\"size\":1e30"), "from 1 to 16384, found 1e+30"));
  CHECK(transformers_error("\"size\":\"224\"") ==
        start + "size': expected a number, [height, width] or an object, found \"224\"");
  CHECK(transformers_error("\"size\":{\"height\":224}") ==
        start + "size.width': expected an integer from 1 to 16384, found nothing");
  CHECK(transformers_error("\"size\":{\"height\":-3,\"width\":224}") ==
        start + "size.height': expected an integer from 1 to 16384, found -3");
  CHECK(transformers_error("\"size\":{\"longest_edge\":224}") ==
        start + "size': expected height and width, or shortest_edge, found other keys");
  CHECK(transformers_error("\"size\":{\"shortest_edge\":2,\"height\":2}") ==
        start + "size': expected height and width, or shortest_edge, found other keys");
  CHECK(transformers_error("\"size\":[224]") ==
        start +
            "size': expected an array of 2 integers from 1 to 16384, found an array of length 1");
  CHECK(transformers_error("\"resample\":6") ==
        start + "resample': expected an integer from 0 to 5, found 6");
  CHECK(contains(transformers_error("\"resample\":\"bicubic\""), "found \"bicubic\""));
  CHECK(transformers_error("\"do_resize\":1") ==
        start + "do_resize': expected true or false, found 1");
  CHECK(transformers_error("\"do_center_crop\":true") ==
        start + "crop_size': expected a size, as do_center_crop is true, found nothing");
  CHECK(transformers_error("\"do_center_crop\":true,\"crop_size\":{\"shortest_edge\":5}") ==
        start + "crop_size.height': expected an integer from 1 to 16384, found nothing");
  CHECK(transformers_error("\"rescale_factor\":0") ==
        start + "rescale_factor': expected a number from 1e-06 to 1000000, found 0");
  CHECK(transformers_error("\"image_mean\":[0.5,0.5]") ==
        start +
            "image_mean': expected an array of 3 numbers from -1000000 to 1000000, found an "
            "array of length 2");
  CHECK(transformers_error("\"image_std\":0") ==
        start + "image_std': expected a number from 1e-06 to 1000000, found 0");
  CHECK(transformers_error("\"image_processor_type\":5") ==
        start + "image_processor_type': expected a string, found 5");
  CHECK(contains(message_of<UnsupportedError>([] { transformers("{\"do_pad\":true}"); }),
                 start + "do_pad': expected false, found true"));
}
