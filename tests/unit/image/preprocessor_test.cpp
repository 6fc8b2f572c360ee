#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/preprocessor.hpp>

#include "../support.hpp"
#include "image_golden.hpp"

using eigenvit::ConfigError;
using eigenvit::CropRounding;
using eigenvit::Filter;
using eigenvit::Image;
using eigenvit::ImageView;
using eigenvit::Index;
using eigenvit::PreprocessConfig;
using eigenvit::Preprocessor;
using eigenvit::Rescale;
using eigenvit::ResizeMode;
using eigenvit::ShapeError;
using image_golden::contains;
using image_golden::filters;
using image_golden::message;
using image_golden::noise;

namespace {

const std::map<std::string, ResizeMode> modes{{"none", ResizeMode::none},
                                              {"exact", ResizeMode::exact},
                                              {"shortest_edge", ResizeMode::shortest_edge},
                                              {"cover", ResizeMode::cover},
                                              {"contain", ResizeMode::contain}};
const std::map<std::string, Rescale> rescales{
    {"none", Rescale::none}, {"divide", Rescale::divide}, {"multiply", Rescale::multiply}};

std::vector<double> numbers(const std::string& text) {
  std::vector<double> values;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    values.push_back(std::strtod(word.c_str(), nullptr));
  }
  return values;
}

PreprocessConfig recipe(const std::map<std::string, std::string>& field) {
  const auto integer = [&](const char* name) { return image_golden::number(field.at(name)); };
  PreprocessConfig config;
  config.resize_mode = modes.at(field.at("mode"));
  config.resize_height = integer("resize_height");
  config.resize_width = integer("resize_width");
  config.longest_edge = integer("longest_edge");
  config.filter = filters.at(field.at("filter"));
  config.crop = integer("crop") != 0;
  config.crop_height = integer("crop_height");
  config.crop_width = integer("crop_width");
  config.crop_rounding =
      field.at("rounding") == "floor" ? CropRounding::floor : CropRounding::half_even;
  config.rescale = rescales.at(field.at("rescale"));
  config.rescale_factor = numbers(field.at("factor")).at(0);
  config.normalize = integer("normalize") != 0;
  for (std::size_t c = 0; c < 3; ++c) {
    config.pad_fill[c] = static_cast<std::uint8_t>(numbers(field.at("pad")).at(c));
    config.mean[c] = static_cast<float>(numbers(field.at("mean")).at(c));
    config.std[c] = static_cast<float>(numbers(field.at("std")).at(c));
  }
  return config;
}

PreprocessConfig square(Index edge, Index crop) {
  PreprocessConfig config;
  config.resize_height = config.resize_width = edge;
  config.crop_height = config.crop_width = crop;
  return config;
}

std::vector<float> run(const PreprocessConfig& config, const ImageView& image) {
  const Preprocessor preprocess(config);
  const auto size = preprocess.output_size(image.width, image.height);
  std::vector<float> values(static_cast<std::size_t>(3 * size[0] * size[1]),
                            std::numeric_limits<float>::max());
  preprocess(image, values.data());
  return values;
}

}  // namespace

TEST_CASE("samples are what pixel values are made of, padding included") {
  const Image image = eigenvit::load_image(std::filesystem::path(EIGENVIT_SOURCE_DIR) /
                                           "examples/images/chelsea.png");
  for (PreprocessConfig config : {square(48, 32), square(20, 33)}) {
    config.pad_fill = {7, 8, 9};
    config.mean = {0.1F, 0.2F, 0.3F};
    const Preprocessor preprocess(config);
    const std::vector<float> values = run(config, image);
    std::vector<std::uint8_t> samples(values.size(), 99);
    preprocess.samples(image, samples.data());
    std::vector<float> looked_up;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      looked_up.push_back(
          preprocess.sample_values()[256 * (i / (samples.size() / 3)) + samples[i]]);
    }
    CHECK(looked_up == values);
  }
  PreprocessConfig numbers = square(20, 20);
  numbers.resize_values = true;
  CHECK_FALSE(Preprocessor(numbers).has_samples());
  std::vector<std::uint8_t> none(3 * 20 * 20);
  CHECK(support::message_of<eigenvit::UnsupportedError>([&] {
          Preprocessor(numbers).samples(image, none.data());
        }) == "preprocessing: expected a recipe that resizes 8-bit samples, found one of numbers");
}

TEST_CASE("pixel values are those of timm's transforms and transformers' processors") {
  const auto lines = image_golden::table("preprocess.txt");
  const auto bytes = image_golden::bytes("preprocess.bin");
  REQUIRE(lines.size() > 100);
  std::map<std::string, Image> images;
  for (const auto& line : lines) {
    std::map<std::string, std::string> field;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const auto at = line[i].find('=');
      field[line[i].substr(0, at)] = line[i].substr(at + 1);
    }
    CAPTURE(field.at("case"));
    CAPTURE(field.at("image"));
    const std::string& name = field.at("image");
    if (images.count(name) == 0) {
      images[name] = eigenvit::load_image(image_golden::folder() / name);
    }
    const Image& image = images.at(name);
    const PreprocessConfig config = recipe(field);
    const Index height = image_golden::number(field.at("height"));
    const Index width = image_golden::number(field.at("width"));
    REQUIRE(Preprocessor(config).output_size(image.width(), image.height()) ==
            std::array<Index, 2>{height, width});
    const std::vector<float> values = run(config, image);
    std::vector<float> expected(values.size());
    const auto offset = static_cast<std::size_t>(image_golden::number(line.back()));
    REQUIRE(offset + 4 * values.size() <= bytes.size());
    std::memcpy(expected.data(), bytes.data() + offset, 4 * values.size());
    // Bit for bit: the same operations in the same order.
    CHECK(values == expected);
  }
}

TEST_CASE("sizes follow each mode") {
  const auto size = [](const PreprocessConfig& config, Index width, Index height) {
    return Preprocessor(config).output_size(width, height);
  };
  using Size = std::array<Index, 2>;
  PreprocessConfig config = square(256, 224);
  CHECK(size(config, 500, 300) == Size{224, 224});
  config.crop = false;
  CHECK(size(config, 500, 300) == Size{256, 426});
  CHECK(size(config, 300, 500) == Size{426, 256});
  CHECK(size(config, 256, 300) == Size{300, 256});
  config.longest_edge = 300;
  CHECK(size(config, 500, 300) == Size{180, 300});
  CHECK(size(config, 20000, 1) == Size{1, 20000});
  config.resize_mode = ResizeMode::exact;
  config.resize_width = 100;
  CHECK(size(config, 500, 300) == Size{256, 100});
  config.resize_mode = ResizeMode::cover;
  CHECK(size(config, 500, 300) == Size{256, 427});
  config.resize_mode = ResizeMode::contain;
  CHECK(size(config, 500, 300) == Size{60, 100});
  CHECK(size(config, 20000, 1) == Size{1, 100});
  config.resize_mode = ResizeMode::none;
  CHECK(size(config, 500, 300) == Size{300, 500});
}

TEST_CASE("sides are cut to multiples where the network wants them") {
  PreprocessConfig config;
  config.crop = false;
  config.resize_height = config.resize_width = 100;
  config.longest_edge = 150;
  config.size_multiple = 16;
  const Preprocessor preprocess(config);
  // 100 x 133 and 75 x 150 before.
  CHECK(preprocess.output_size(400, 300) == std::array<Index, 2>{96, 128});
  CHECK(preprocess.output_size(300, 600) == std::array<Index, 2>{144, 64});
  config.size_multiple = 128;
  CHECK_THROWS_AS(Preprocessor(config).output_size(300, 600), ShapeError);
}

TEST_CASE("both sides become whole patches, as many as are allowed") {
  PreprocessConfig config;
  config.resize_mode = ResizeMode::patches;
  config.crop = false;
  config.size_multiple = 16;
  using Size = std::array<Index, 2>;
  const auto size = [](const PreprocessConfig& recipe, Index width, Index height) {
    return Preprocessor(recipe).output_size(width, height);
  };
  // transformers' get_image_size_for_max_num_patches.
  config.max_patches = 256;
  CHECK(size(config, 640, 480) == Size{224, 288});
  CHECK(size(config, 5000, 1) == Size{16, 4096});
  CHECK(size(config, 224, 224) == Size{256, 256});
  config.max_patches = 1024;
  CHECK(size(config, 100, 700) == Size{1344, 192});
  config.max_patches = 1;
  CHECK(size(config, 900, 300) == Size{16, 16});
  config.max_patches = 30;
  CHECK(size(config, 100, 70) == Size{80, 96});
  config.max_patches = 0;
  CHECK(contains(message<ConfigError>([&] { Preprocessor wrong(config); }),
                 "expected max_patches from 1 to 67108864, found 0"));
}

TEST_CASE("a padded square is smoothed, and its image is a part of the input") {
  PreprocessConfig config;
  config.resize_mode = ResizeMode::padded_square;
  config.resize_height = config.resize_width = 960;
  config.resize_values = config.smooth_values = true;
  config.filter = Filter::bilinear;
  config.crop = false;
  const Preprocessor preprocess(config);
  CHECK(preprocess.output_size(640, 480) == std::array<Index, 2>{960, 960});
  const eigenvit::PixelMapping mapping = preprocess.mapping(640, 480);
  CHECK(mapping.resized_width == 960);
  CHECK(mapping.resized_height == 720);
  CHECK(mapping.left == 0);
  CHECK(mapping.top == 0);
  CHECK(preprocess.mapping(20000, 1).resized_height == 1);
  const auto refused = [&](const auto& change) {
    PreprocessConfig other = config;
    change(other);
    return message<ConfigError>([&] { Preprocessor wrong(other); });
  };
  CHECK(refused([](PreprocessConfig& c) { c.resize_values = false; }) ==
        "preprocessing: expected resize_values beside smooth_values");
  CHECK(refused([](PreprocessConfig& c) { c.crop = true; }) ==
        "preprocessing: expected smooth_values and no crop beside a padded square");
  CHECK(contains(refused([](PreprocessConfig& c) { c.resize_height = c.resize_width = 9000; }),
                 "expected a size of at most 67108864 pixels"));
}

TEST_CASE("sides are rounded to multiples where the side that changes least is kept") {
  PreprocessConfig config;
  config.crop = false;
  config.resize_mode = ResizeMode::nearest_side;
  config.resize_height = config.resize_width = 518;
  config.size_multiple = 14;
  const Preprocessor preprocess(config);
  // Of transformers' `get_resize_output_image_size`.
  CHECK(preprocess.output_size(640, 480) == std::array<Index, 2>{518, 686});
  CHECK(preprocess.output_size(480, 640) == std::array<Index, 2>{686, 518});
  CHECK(preprocess.output_size(300, 200) == std::array<Index, 2>{350, 518});
  CHECK(preprocess.output_size(4000, 3000) == std::array<Index, 2>{518, 686});
  CHECK(preprocess.output_size(101, 997) == std::array<Index, 2>{518, 56});
}

TEST_CASE("a border is mirrored, and the corners stay where they are") {
  PreprocessConfig config;
  config.crop = false;
  config.normalize = false;
  config.filter = Filter::bilinear;
  config.rescale = Rescale::none;
  config.resize_values = config.align_corners = config.mirror_border = true;
  config.resize_mode = ResizeMode::none;
  // Without a resize: the pixels of the image with int(3 sqrt(n / 2)) beyond each end.
  const Image image = noise(7, 5);
  const Preprocessor border(config);
  REQUIRE(border.output_size(7, 5) == std::array<Index, 2>{5 + 2 * 4, 7 + 2 * 5});
  std::vector<float> values(3 * 13 * 17);
  border(image, values.data());
  const auto mirrored = [](Index place, Index size) {
    const Index within = std::abs(place);
    return within < size ? within : 2 * (size - 1) - within;
  };
  for (Index c = 0; c < 3; ++c) {
    for (Index y = 0; y < 13; ++y) {
      for (Index x = 0; x < 17; ++x) {
        const auto expected = image.row(mirrored(y - 4, 5))[3 * mirrored(x - 5, 7) + c];
        CHECK(values[std::size_t((c * 13 + y) * 17 + x)] == float(expected));
      }
    }
  }
  const auto mapping = border.mapping(7, 5);
  CHECK(mapping.resized_width == 7);
  CHECK(mapping.resized_height == 5);
  CHECK(mapping.left == -5);
  CHECK(mapping.top == -4);
  CHECK(mapping.width == 17);
  // Corners are corners, whatever the size.
  config.resize_mode = ResizeMode::exact;
  for (const Filter filter : {Filter::bilinear, Filter::bicubic}) {
    config.filter = filter;
    config.resize_height = 6;
    config.resize_width = 40;
    std::vector<float> resized(3 * 6 * 40);
    const Preprocessor stretched(config);
    stretched(image, resized.data());
    CHECK(resized.front() == doctest::Approx(values.front()));
    CHECK(resized[39] == doctest::Approx(values[16]));
    CHECK(resized.back() == doctest::Approx(values.back()));
    config.resize_height = config.resize_width = 1;
    std::vector<float> one(3);
    const Preprocessor shrunk(config);
    shrunk(image, one.data());
    CHECK(one.front() == doctest::Approx(values.front()));
  }
  // Keys' cubic with a = -0.75 along a row, which is the only one; its ends are repeated.
  config.mirror_border = false;
  config.filter = Filter::bicubic;
  config.resize_height = 1;
  config.resize_width = 6;
  const Image line = noise(9, 1);
  std::vector<float> found(3 * 6);
  const Preprocessor cubic(config);
  cubic(line, found.data());
  const auto weight = [](double x) {
    x = std::abs(x);
    if (x <= 1) return 1.25 * x * x * x - 2.25 * x * x + 1;
    return x < 2 ? -0.75 * (x * x * x - 5 * x * x + 8 * x - 4) : 0;
  };
  for (Index x = 0; x < 6; ++x) {
    const double place = double(x) * 8 / 5;
    double expected = 0;
    for (Index source = Index(place) - 1; source <= Index(place) + 2; ++source) {
      const Index kept = std::min<Index>(std::max<Index>(source, 0), 8);
      expected += weight(place - double(source)) * double(line.row(0)[3 * kept]);
    }
    CHECK(found[std::size_t(x)] == doctest::Approx(expected).epsilon(1e-6));
  }
  config.mirror_border = true;
  const std::string start = "preprocessing: expected an image of at least 5x5 pixels, ";
  CHECK(message<ShapeError>([&] { border.output_size(7, 4); }) ==
        start + "whose border is mirrored, found 7x4");
  const auto refused = [&](const auto& change) {
    PreprocessConfig changed = config;
    change(changed);
    return message<ConfigError>([&] { Preprocessor preprocessor(changed); });
  };
  CHECK(refused([](auto& c) { c.resize_values = false; }) ==
        "preprocessing: expected resize_values alone beside align_corners, found no resize_values");
  CHECK(refused([](auto& c) { c.crop = true; }) ==
        "preprocessing: expected resize_values alone beside align_corners, found a crop");
  CHECK(refused([](auto& c) { c.align_corners = false; }) ==
        "preprocessing: expected align_corners beside mirror_border, found none");
  CHECK(refused([](auto& c) { c.size_parts = 0; }) ==
        "preprocessing: expected size_parts from 1 to " + std::to_string(eigenvit::max_image_side) +
            ", found 0");
}

TEST_CASE("boxes of an image are made larger and sampled") {
  PreprocessConfig config;
  config.crop = false;
  config.resize_mode = ResizeMode::padded_box;
  config.resize_height = 12;
  config.resize_width = 9;
  const Preprocessor preprocess(config);
  const Image image = noise(40, 30);
  CHECK(preprocess.output_size(40, 30) == std::array<Index, 2>{12, 9});
  std::vector<std::uint8_t> whole(3 * 12 * 9), box(whole.size()), same(whole.size());
  preprocess.samples(image, whole.data());
  preprocess.samples(image, {0, 0, 40, 30}, same.data());
  preprocess.samples(image, {5, 6, 7.5, 10}, box.data());
  CHECK(whole == same);
  CHECK(whole != box);
  // A quarter larger than the image: its edges are outside.
  CHECK(whole[0] == 0);
  std::vector<float> values(whole.size());
  preprocess(image, values.data());
  const auto middle = std::size_t(6 * 9 + 4);
  CHECK(values[middle] == preprocess.sample_values()[whole[middle]]);

  // 40 x 30 in a box of 40 x 53.3, a quarter larger.
  const eigenvit::PixelMapping mapping = preprocess.mapping(40, 30);
  CHECK(mapping.resized_width == 6);
  CHECK(mapping.resized_height == 5);
  CHECK(mapping.left == -1);
  CHECK(mapping.top == -3);
  CHECK(mapping.width == 9);
  CHECK(mapping.height == 12);

  CHECK(contains(message<ShapeError>([&] {
                   preprocess.samples(image, {0, 0, 0, 0}, box.data());
                 }),
                 "box: expected"));
  CHECK(contains(message<ShapeError>([&] {
                   preprocess.samples({}, {0, 0, 2, 2}, box.data());
                 }),
                 "image view: expected"));
  config.resize_mode = ResizeMode::exact;
  CHECK(message<eigenvit::UnsupportedError>([&] {
          Preprocessor(config).samples(image, {0, 0, 2, 2}, box.data());
        }) == "preprocessing: expected a recipe for boxes, found another");
  config.resize_mode = ResizeMode::padded_box;
  const auto refused = [&](const auto& change) {
    PreprocessConfig other = config;
    change(other);
    return message<ConfigError>([&] { Preprocessor wrong(other); });
  };
  const std::string expected =
      "preprocessing: expected at least 2x2 pixels of 8-bit samples and no crop for boxes";
  CHECK(refused([](PreprocessConfig& c) { c.crop = true; }) == expected);
  CHECK(refused([](PreprocessConfig& c) { c.resize_values = true; }) == expected);
  CHECK(refused([](PreprocessConfig& c) { c.resize_width = 1; }) == expected);
  CHECK(contains(refused([](PreprocessConfig& c) { c.resize_height = c.resize_width = 9000; }),
                 "expected a size of at most 67108864 pixels"));
}

TEST_CASE("numbers that are resized are not rounded to bytes") {
  PreprocessConfig config;
  config.resize_mode = ResizeMode::exact;
  config.resize_height = 1;
  config.resize_width = 3;
  config.crop = false;
  config.filter = Filter::bilinear;
  config.rescale = Rescale::multiply;
  config.rescale_factor = 0.01;
  config.normalize = true;
  config.mean = {0.5F, 0.0F, 1.0F};
  config.std = {2.0F, 1.0F, 0.5F};
  config.resize_values = true;
  const Image image = noise(2, 1);
  std::vector<float> values(9);
  Preprocessor{config}(image, values.data());
  for (std::size_t c = 0; c < 3; ++c) {
    const auto sample = [&](std::size_t x) { return double(image.data()[3 * x + c]) * 0.01; };
    const double expected[] = {sample(0), (sample(0) + sample(1)) / 2, sample(1)};
    for (std::size_t x = 0; x < 3; ++x) {
      const double normalised = (expected[x] - double(config.mean[c])) / double(config.std[c]);
      CHECK(double(values[3 * c + x]) == doctest::Approx(normalised).epsilon(1e-5));
    }
  }
  config.filter = Filter::lanczos;
  CHECK(contains(message<ConfigError>([&] { Preprocessor wrong(config); }),
                 "expected bilinear or bicubic to resize numbers"));
  config.filter = Filter::bilinear;
  config.size_multiple = 0;
  CHECK(contains(message<ConfigError>([&] { Preprocessor wrong(config); }),
                 "expected a size_multiple of at least 1, found 0"));
}

TEST_CASE("the crop's beginning is rounded as each reference rounds it") {
  // Columns numbered by their red sample; the first one kept, of crops of an odd excess.
  Image image(20, 10);
  for (Index y = 0; y < 10; ++y) {
    for (Index x = 0; x < 20; ++x) image.row(y)[3 * x] = static_cast<std::uint8_t>(x);
  }
  const auto first = [&](Index crop, CropRounding rounding) {
    PreprocessConfig config;
    config.resize_mode = ResizeMode::none;
    config.crop_height = 1;
    config.crop_width = crop;
    config.crop_rounding = rounding;
    config.rescale = Rescale::none;
    config.normalize = false;
    return run(config, image).front();
  };
  CHECK(first(19, CropRounding::half_even) == 0);
  CHECK(first(17, CropRounding::half_even) == 2);
  CHECK(first(15, CropRounding::half_even) == 2);
  CHECK(first(13, CropRounding::half_even) == 4);
  CHECK(first(19, CropRounding::floor) == 0);
  CHECK(first(17, CropRounding::floor) == 1);
  CHECK(first(15, CropRounding::floor) == 2);
  CHECK(first(13, CropRounding::floor) == 3);
}

TEST_CASE("an image smaller than the crop is padded with the fill") {
  Image image(2, 1);
  image.data()[0] = 10;
  image.data()[3] = 20;
  PreprocessConfig config;
  config.resize_mode = ResizeMode::none;
  config.crop_height = 1;
  config.crop_width = 5;
  config.rescale = Rescale::none;
  config.normalize = false;
  config.pad_fill = {1, 2, 3};
  auto values = run(config, image);
  CHECK(std::vector<float>(values.begin(), values.begin() + 5) ==
        std::vector<float>{1, 10, 20, 1, 1});
  CHECK(values[5] == 2);
  CHECK(values[14] == 3);
  config.crop_rounding = CropRounding::floor;
  values = run(config, image);
  CHECK(std::vector<float>(values.begin(), values.begin() + 5) ==
        std::vector<float>{1, 1, 10, 20, 1});
}

TEST_CASE("every pixel format of a frame gives the same values") {
  const Image image = noise(50, 37);
  const std::vector<float> expected = run(square(20, 16), image);
  std::vector<std::uint8_t> bgra(50 * 37 * 4);
  for (std::size_t i = 0; i < 50 * 37; ++i) {
    for (std::size_t c = 0; c < 3; ++c) bgra[4 * i + c] = image.data()[3 * i + 2 - c];
  }
  CHECK(run(square(20, 16), {bgra.data(), 50, 37, 0, eigenvit::PixelFormat::bgra}) == expected);
}

TEST_CASE("1x1, 1x20000 and 20000x1 are images like any other") {
  for (const auto& [width, height] : {std::pair<Index, Index>{1, 1}, {1, 20000}, {20000, 1}}) {
    for (const ResizeMode mode : {ResizeMode::none, ResizeMode::exact, ResizeMode::shortest_edge,
                                  ResizeMode::cover, ResizeMode::contain}) {
      PreprocessConfig config = square(256, 224);
      config.resize_mode = mode;
      const std::vector<float> values = run(config, noise(width, height));
      CHECK(values.size() == 3 * 224 * 224);
      for (const float value : values) REQUIRE((value >= 0.0F && value <= 1.0F));
    }
  }
}

TEST_CASE("a recipe that makes no sense is refused with the field and its value") {
  const auto refusal = [](void (*spoil)(PreprocessConfig&)) {
    PreprocessConfig config;
    spoil(config);
    return message<ConfigError>([&] { Preprocessor{config}; });
  };
  using C = PreprocessConfig;
  CHECK(contains(refusal([](C& c) { c.resize_height = c.resize_width = 0; }),
                 "resize_height from 1 to 2147483647, found 0"));
  CHECK(contains(refusal([](C& c) { c.resize_width = -3; }), "resize_width"));
  CHECK(contains(refusal([](C& c) { c.resize_width = 225; }),
                 "one shortest edge, found resize_height 224 and resize_width 225"));
  CHECK(contains(refusal([](C& c) { c.longest_edge = 100; }), "224, found 100"));
  CHECK(contains(refusal([](C& c) { c.longest_edge = -1; }), "found -1"));
  CHECK(contains(refusal([](C& c) { c.crop_height = 0; }), "crop_height"));
  CHECK(contains(refusal([](C& c) { c.crop_width = Index{1} << 40; }), "found 1099511627776"));
  CHECK(contains(refusal([](C& c) { c.crop_height = c.crop_width = 8193; }),
                 "at most 67108864 pixels, found 8193x8193"));
  CHECK(contains(refusal([](C& c) {
                   c.resize_mode = ResizeMode::exact;
                   c.crop = false;
                   c.resize_height = 1 << 30;
                 }),
                 "found 1073741824x224"));
  CHECK(contains(refusal([](C& c) { c.std[1] = 0.0F; }), "std[1] other than 0"));
  CHECK(contains(refusal([](C& c) { c.std[2] = std::numeric_limits<float>::infinity(); }),
                 "std[2] is not finite"));
  CHECK(contains(refusal([](C& c) { c.mean[0] = std::numeric_limits<float>::quiet_NaN(); }),
                 "mean[0] is not finite"));
  CHECK(contains(refusal([](C& c) {
                   c.rescale = Rescale::multiply;
                   c.rescale_factor = std::numeric_limits<double>::quiet_NaN();
                 }),
                 "rescale_factor is not finite"));
  CHECK(contains(refusal([](C& c) { c.filter = static_cast<Filter>(77); }), "enumeration"));
}

TEST_CASE("an image whose result would be absurd is refused before anything is allocated") {
  PreprocessConfig config;
  config.crop = false;
  const Preprocessor preprocess(config);
  const auto refusal = [&](Index width, Index height) {
    return message<ShapeError>([&] { preprocess.output_size(width, height); });
  };
  CHECK(contains(refusal(20000, 1), "20000x1 would become 4480000x224, expected at most 67108864"));
  CHECK(contains(refusal(2000000000, 1), "cannot be resized"));

  // Between the two steps of resizing numbers a row has its new width already.
  PreprocessConfig numbers;
  numbers.resize_mode = ResizeMode::exact;
  numbers.resize_values = true;
  const Preprocessor of_numbers(numbers);
  CHECK(of_numbers.output_size(1, 500000) == std::array<Index, 2>{224, 224});
  const std::string words =
      "1x600000 would become 224x224 by way of 224x600000, expected at most 134217728";
  CHECK(contains(message<ShapeError>([&] { of_numbers.output_size(1, 600000); }), words));
  const std::vector<std::uint8_t> pixels(600000 * 3);
  const ImageView column{pixels.data(), 1, 600000, 0};
  CHECK(contains(message<ShapeError>([&] { of_numbers.scratch_bytes(column); }), words));
  CHECK(contains(refusal(0, 1), "found 0x1"));
  float value = 5.0F;
  CHECK(contains(message<ShapeError>([&] { preprocess(ImageView{}, &value); }), "found 0x0"));
  CHECK(value == 5.0F);
}
