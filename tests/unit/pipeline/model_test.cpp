#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <variant>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "../support.hpp"
#include "nan_weights.hpp"

namespace {

using eigenvit::Image;
using eigenvit::ImageView;
using eigenvit::Taps;
using test_files::contains;
using test_files::message_of;

const std::filesystem::path images_folder = golden::source_folder() / "examples" / "images";

Taps logits_only() {
  Taps taps;
  taps.logits = true;
  return taps;
}

// The 50 generated inputs of tests/golden/make_shipped_model.py, 32 x 32 RGB.
std::vector<Image> generated_inputs() {
  const std::string bytes = test_files::read_bytes(golden::source_folder() / "tests" / "golden" /
                                                   "shipped" / "inputs.rgb");
  constexpr std::size_t size = 32 * 32 * 3;
  std::vector<Image> images;
  for (std::size_t first = 0; first + size <= bytes.size(); first += size) {
    images.emplace_back(32, 32);
    std::copy_n(bytes.data() + first, size, images.back().data());
  }
  return images;
}

}  // namespace

TEST_CASE("the shipped model predicts what PyTorch predicts") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  const auto store = eigenvit::TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                                      "shipped" / "expected.safetensors");
  const golden::Tensor expected = golden::read(store, "logits");
  const std::vector<Image> inputs = generated_inputs();
  REQUIRE(inputs.size() == 50);
  const std::vector<ImageView> views(inputs.begin(), inputs.end());
  const auto output = model.run(views, logits_only());
  CHECK(golden::relative_error(output.logits, expected.values) < 1e-4);
  for (std::ptrdiff_t i = 0; i < 50; ++i) {
    const float* const row = expected.values.data() + i * 10;
    CHECK(model.predictions(output.logits_of(i), 1).at(0).index ==
          std::max_element(row, row + 10) - row);
  }
}

TEST_CASE("pixels and logits of photographs are the reference's") {
  int compared = 0;
  for (const auto& folder : golden::models()) {
    const auto file = folder / "expected_pipeline.safetensors";
    if (!std::filesystem::exists(file)) continue;
    CAPTURE(folder.filename().string());
    const auto model = eigenvit::load_model(folder, golden::options(folder));
    const auto store = eigenvit::TensorStore::open_file(file);
    for (const std::string name : {"chelsea.png", "coffee.png"}) {
      CAPTURE(name);
      const Image image =
          eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" / name);
      const auto pixels = model.preprocess({image});
      const golden::Tensor expected = golden::read(store, name + ".pixel_values");
      REQUIRE(pixels.values.size() == expected.values.size());
      double worst = 0;
      for (std::size_t i = 0; i < expected.values.size(); ++i) {
        worst = std::max(worst, double(std::abs(pixels.values[i] - expected.values[i])));
      }
      CHECK(worst <= 1e-6);
      ++compared;
      if (store.find(name + ".logits") == nullptr) continue;
      const auto output = model.network().forward(pixels.batch(), logits_only());
      CHECK(golden::relative_error(output.logits, golden::read(store, name + ".logits").values) <
            1e-4);
    }
  }
  CHECK(compared >= 34);
}

TEST_CASE("a detector finds the reference's objects") {
  const auto folder = golden::models_folder() / "hf_yolos";
  const auto model = eigenvit::load_model(folder);
  CHECK_FALSE(model.has_head());
  const auto store = eigenvit::TensorStore::open_file(folder / "expected_pipeline.safetensors");
  for (const std::string name : {"chelsea.png", "coffee.png"}) {
    CAPTURE(name);
    const Image image =
        eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" / name);
    const auto scores = golden::read(store, name + ".scores").values;
    const auto labels = golden::read(store, name + ".labels").values;
    const auto boxes = golden::read(store, name + ".boxes").values;
    const auto found = model.detect(image, 0);
    REQUIRE(found.size() == scores.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].score == doctest::Approx(scores[i]).epsilon(1e-4));
      CHECK(float(found[i].index) == labels[i]);
      CHECK(found[i].label == model.labels().at(std::size_t(found[i].index)));
      for (std::size_t edge = 0; edge < 4; ++edge) {
        CHECK(found[i].box[edge] == doctest::Approx(boxes[4 * i + edge]).epsilon(1e-3));
      }
    }
    CHECK(model.detect(image, scores[1]).size() <= 2);
    CHECK(model.detect(image, 1).empty());
    CHECK_THROWS_AS(model.classify(image), eigenvit::UnsupportedError);
    CHECK(model.tokens(image).detections().rows() == 5);
  }
  const auto other = eigenvit::load_model(golden::shipped_model());
  CHECK_THROWS_AS(other.detect(eigenvit::load_image(images_folder / "chelsea.png")),
                  eigenvit::UnsupportedError);
}

TEST_CASE("a model with a dense head that was not read gives tokens, and says what it lacks") {
  const auto folder = golden::models_folder() / "hf_depth_anything";
  const auto model = eigenvit::load_model(folder);
  CHECK(std::holds_alternative<std::monostate>(model.checkpoint().dense_head));
  const auto store = eigenvit::TensorStore::open_file(folder / "expected.safetensors");
  const auto pixels = golden::read(store, "pixel_values");
  Taps taps;
  taps.tokens = true;
  const auto size = [&](int axis) { return eigenvit::Index(pixels.shape[std::size_t(axis)]); };
  const auto output =
      model.network().forward({pixels.values.data(), size(0), size(2), size(3)}, taps);
  CHECK(golden::relative_error(output.tokens, golden::read(store, "tokens").values) < 1e-4);
  CHECK(message_of<eigenvit::UnsupportedError>([&] { model.depth(Image(32, 32)); }) ==
        "depth: expected a model whose dense head load_dense_model of eigenvit/dense.hpp has read, "
        "found one that load_model gave");
}

TEST_CASE("classify gives labels and probabilities, the best first") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  const Image image = eigenvit::load_image(images_folder / "chelsea.png");
  const auto all = model.classify(image, 100);
  REQUIRE(all.size() == 10);
  double total = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    total += all[i].score;
    CHECK(all[i].label == model.labels()[std::size_t(all[i].index)]);
    if (i > 0) CHECK(all[i - 1].score >= all[i].score);
  }
  CHECK(total == doctest::Approx(1).epsilon(1e-5));
  CHECK(model.classify(image).size() == 5);
  CHECK(model.classify(image, 0).empty());
}

TEST_CASE("scores are those of transformers' pipeline") {
  const auto folder = eigenvit::ModelFolder::open(golden::shipped_model());
  const std::vector<float> logits = {0, 1, -1, 5, -200, 2, 3, -3, 4, 200};
  const eigenvit::ConstVectorView<float> view(logits.data(), std::ptrdiff_t(logits.size()));
  const auto scores = [&](eigenvit::ClassScores kind) {
    eigenvit::Checkpoint checkpoint = folder.checkpoint();
    checkpoint.scores = kind;
    const eigenvit::Model model(checkpoint, folder.read_network<float>());
    std::vector<float> by_index(10);
    for (const auto& p : model.predictions(view, 10)) by_index[std::size_t(p.index)] = p.score;
    CHECK(model.predictions(view, 3).at(1).index == 3);
    return by_index;
  };
  CHECK(scores(eigenvit::ClassScores::none) == logits);
  const auto sigmoid = scores(eigenvit::ClassScores::sigmoid);
  CHECK(sigmoid[0] == 0.5F);
  CHECK(sigmoid[1] == doctest::Approx(0.7310586).epsilon(1e-6));
  CHECK(sigmoid[2] == doctest::Approx(0.2689414).epsilon(1e-6));
  CHECK(sigmoid[4] == 0);
  CHECK(sigmoid[9] == 1);
  const auto softmax = scores(eigenvit::ClassScores::softmax);
  CHECK(softmax[9] == 1);
  CHECK(softmax[3] == 0);
}

TEST_CASE("a network of one channel sees grey images as timm makes them") {
  const std::string weights = test_files::timm_zeros(1, 3);
  const std::string start =
      R"({"architecture":"vit_tiny_patch16_224","num_classes":3,"model_args":{"img_size":16,)"
      R"("patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,"mlp_ratio":2,"in_chans":1},)"
      R"("pretrained_cfg":{"input_size":[1,16,16],"crop_pct":0.9,"interpolation":"bicubic",)";
  const std::string grey_config = start + R"("mean":[0.4],"std":[0.3]}})";
  const auto load = [&](const std::string& statistics) {
    const std::string config = start + statistics + "}}";
    return eigenvit::load_model({config, {}, weights.data(), weights.size()});
  };
  const auto model = load(R"("mean":[0.4],"std":[0.3])");
  CHECK(model.takes_images());
  const auto pipeline = golden::source_folder() / "tests" / "golden" / "pipeline";
  const auto store = eigenvit::TensorStore::open_file(pipeline / "grey.safetensors");
  for (const std::string name : {"chelsea.png", "coffee.png"}) {
    CAPTURE(name);
    const Image image = eigenvit::load_image(pipeline / name);
    const golden::Tensor expected = golden::read(store, name);
    REQUIRE(expected.shape == std::vector<std::uint64_t>{1, 16, 16});
    const auto pixels = model.preprocess({image, image});
    REQUIRE(pixels.values.size() == 2 * expected.values.size());
    double worst = 0;
    for (std::size_t i = 0; i < pixels.values.size(); ++i) {
      worst = std::max(worst, double(std::abs(pixels.values[i] - expected.values[i % (16 * 16)])));
    }
    CHECK(worst <= 1e-6);
    // The same by samples, and from a grey view of what has no colour.
    const auto samples = model.input({image});
    REQUIRE(samples.samples.size() == 256);
    for (std::size_t i = 0; i < 256; ++i) {
      CHECK(samples.sample_values[samples.samples[i]] == pixels.values[i]);
    }
    CHECK(model.classify(image).size() == 3);
  }
  const std::vector<std::uint8_t> ramp = {0, 100, 200, 255};
  const ImageView view{ramp.data(), 2, 2, 2, eigenvit::PixelFormat::grey};
  CHECK(model.preprocess({view}).values == model.preprocess({eigenvit::to_rgb(view)}).values);

  const Image image(20, 20);
  // Of three means the average, as timm's scripts have it.
  CHECK(load(R"("mean":null)").preprocess({image}).values[0] ==
        doctest::Approx(-0.449 / 0.226).epsilon(1e-6));
  const auto folder =
      eigenvit::ModelFolder::from_memory({grey_config, {}, weights.data(), weights.size()});
  eigenvit::Checkpoint checkpoint = folder.checkpoint();
  checkpoint.preprocessing.mean = {0.1F, 0.2F, 0.3F};
  const eigenvit::Model several(checkpoint, folder.read_network<float>());
  CHECK(message_of<eigenvit::ConfigError>([&] { several.preprocess({image}); }) ==
        "preprocess: expected one mean and one standard deviation for a network of 1 channel, "
        "found those of 3");
  CHECK(load(R"("mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5])").preprocess({image}).images == 1);
}

TEST_CASE("a network of other channels runs on given pixels and says that it takes no images") {
  const std::string weights = test_files::timm_zeros(5, 0);
  const std::string config =
      R"({"architecture":"vit_tiny_patch16_224","num_classes":0,"model_args":{"img_size":16,)"
      R"("patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,"mlp_ratio":2,"in_chans":5},)"
      R"("pretrained_cfg":{"input_size":[5,16,16],"mean":[0.1,0.2,0.3,0.4,0.5]}})";
  const auto model = eigenvit::load_model({config, {}, weights.data(), weights.size()});
  CHECK_FALSE(model.takes_images());
  const std::vector<float> pixels(5 * 16 * 16);
  Taps taps;
  taps.tokens = true;
  CHECK(model.network().forward({pixels.data(), 1, 16, 16}, taps).tokens.size() == 5 * 8);
  CHECK(model.memory(16, 16, taps, 2, 3).input == 0);
  CHECK(model.memory(16, 16, taps, 2, 3).workspace() ==
        model.network().workspace_bytes(16, 16, 2, 3, taps));
  CHECK(message_of<eigenvit::UnsupportedError>([&] { model.preprocess({Image(20, 20)}); }) ==
        "preprocess: expected a network of 3 channels, or of 1 for grey images, found 5, which "
        "takes given pixel values only");
}

TEST_CASE("predictions are ordered by logit and then by index") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  const auto order = [&](const std::vector<float>& logits) {
    std::vector<std::ptrdiff_t> indices;
    const eigenvit::ConstVectorView<float> view(logits.data(), std::ptrdiff_t(logits.size()));
    for (const auto& p : model.predictions(view, 3)) indices.push_back(p.index);
    return indices;
  };
  using Order = std::vector<std::ptrdiff_t>;
  CHECK(order({0, 1, 0, 1, 0, 1, 0, 0, 0, 0}) == Order{1, 3, 5});
  CHECK(order({-1, -2, -3, -1e30F, -5, -6, -7, -8, -9, -0.5F}) == Order{9, 0, 1});
}

TEST_CASE("predictions into a list that is used again are the same, whatever it held") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  std::vector<eigenvit::Prediction> best;
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    auto logits = support::random_values<float>(10, seed);
    logits[9] = logits[2];
    const eigenvit::ConstVectorView<float> view(logits.data(), 10);
    std::vector<std::ptrdiff_t> order(10);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::ptrdiff_t a, std::ptrdiff_t b) { return view[a] > view[b]; });
    for (const std::size_t k : {3, 10, 0, 1, 99}) {
      CAPTURE(k);
      model.predictions(view, k, best);
      const auto expected = model.predictions(view, k);
      REQUIRE(best.size() == std::min<std::size_t>(k, 10));
      REQUIRE(expected.size() == best.size());
      for (std::size_t i = 0; i < best.size(); ++i) {
        CHECK(best[i].index == order[i]);
        CHECK(best[i].label == model.labels()[static_cast<std::size_t>(order[i])]);
        CHECK(best[i].label == expected[i].label);
        CHECK(best[i].score == expected[i].score);
      }
    }
  }
}

TEST_CASE("logits that are not finite are an error") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> logits(10, 1.0F);
    logits[7] = bad;
    const eigenvit::ConstVectorView<float> view(logits.data(), 10);
    CHECK_THROWS_WITH_AS(model.predictions(view, 3),
                         "classify: the logits are not finite: found NaN or an infinity for class "
                         "7 of 10, as from weights or pixel values that hold one",
                         eigenvit::ConfigError);
  }
}

TEST_CASE("logits of another number than the labels are an error") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  for (const int count : {0, 9, 11}) {
    const std::vector<float> logits(12, 1.0F);
    const eigenvit::ConstVectorView<float> view(logits.data(), count);
    CHECK(message_of<eigenvit::ShapeError>([&] { model.predictions(view, 3); }) ==
          "classify: expected logits of 10 classes, found " + std::to_string(count));
  }
}

TEST_CASE("logits of a box that are not finite are an error") {
  const auto model =
      test_files::model_with_nan("hf_yolos", "class_labels_classifier.layers.2.bias", 3);
  CHECK(message_of<eigenvit::ConfigError>([&] { model.detect(Image(32, 32)); }) ==
        "detect: the logits are not finite: found NaN or an infinity for class 3 of 7, as from "
        "weights or pixel values that hold one");
}

TEST_CASE("tokens of an image are those of the forward pass") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  const Image image = eigenvit::load_image(images_folder / "chelsea.png");
  const auto tokens = model.tokens(image);
  CHECK(tokens.size() == 65);
  CHECK(tokens.grid_height() == 8);
  CHECK(tokens.grid_width() == 8);
  Taps taps;
  taps.tokens = true;
  const auto output = model.run({image}, taps);
  CHECK(tokens.all() == output.tokens_of(0));
  CHECK(tokens.patch(2, 3) == output.tokens_of(0).row(1 + 2 * 8 + 3).transpose());
}

TEST_CASE("threads, batch position, workspace and pixel layout do not change a bit") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  std::vector<Image> images = generated_inputs();
  images.resize(7);
  const std::vector<ImageView> views(images.begin(), images.end());
  Taps taps;
  taps.tokens = taps.logits = true;
  const auto expected = model.run(views, taps);
  eigenvit::Workspace workspace;
  for (const int threads : {1, 2, 3, 7}) {
    CAPTURE(threads);
    eigenvit::ThreadPoolExecutor executor(threads);
    const auto output = model.run(views, taps, &executor, &workspace);
    CHECK(output.tokens == expected.tokens);
    CHECK(output.logits == expected.logits);
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    CHECK(model.run({views[i]}, taps).logits_of(0) == expected.logits_of(std::ptrdiff_t(i)));
  }
  Image bgr = images[0];
  for (std::ptrdiff_t i = 0; i < 32 * 32; ++i) std::swap(bgr.data()[3 * i], bgr.data()[3 * i + 2]);
  ImageView view = bgr.view();
  view.format = eigenvit::PixelFormat::bgr;
  CHECK(model.run({view}, taps).logits_of(0) == expected.logits_of(0));
}

TEST_CASE("samples give the bits that pixel values give") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  std::vector<Image> images = generated_inputs();
  images.resize(3);
  const std::vector<ImageView> views(images.begin(), images.end());
  Taps taps;
  taps.tokens = taps.logits = true;
  const auto values = model.preprocess(views);
  const auto samples = model.input(views);
  CHECK(samples.images == 3);
  CHECK(samples.samples.size() == values.values.size());
  const auto expected = model.network().forward(values.batch(), taps);
  const auto output = model.network().forward(samples.batch(), taps);
  CHECK(output.tokens == expected.tokens);
  CHECK(output.logits == expected.logits);
}

TEST_CASE("a run into a used result and workspace gives the bits of a run of its own") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  std::vector<Image> images = generated_inputs();
  images.resize(3);
  const std::vector<ImageView> views(images.begin(), images.end());
  Taps taps;
  taps.tokens = taps.logits = true;
  const auto expected = model.run(views, taps);
  eigenvit::VitOutput<float> output;
  eigenvit::Workspace workspace;
  eigenvit::ThreadPoolExecutor pool(2);
  for (eigenvit::Executor* const executor :
       {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&pool)}) {
    model.run(views, taps, output, executor, &workspace);
    CHECK(output.tokens == expected.tokens);
    CHECK(output.logits == expected.logits);
    for (std::ptrdiff_t i = 0; i < 3; ++i) {
      model.run(views[std::size_t(i)], taps, output, executor, &workspace);
      CHECK(output.images == 1);
      CHECK(output.logits_of(0) == expected.logits_of(i));
      CHECK(output.tokens_of(0) == expected.tokens_of(i));
    }
  }
}

TEST_CASE("a region of a BGR frame is taken as it lies in memory") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  const Image photograph = eigenvit::load_image(images_folder / "chelsea.png");
  const std::ptrdiff_t left = 90, top = 30, width = 200, height = 160;
  Image region(width, height);
  std::vector<std::uint8_t> frame(std::size_t(photograph.width() * photograph.height() * 3 + 64));
  const std::ptrdiff_t stride = photograph.width() * 3 + 16;
  frame.resize(std::size_t(stride * photograph.height()));
  for (std::ptrdiff_t y = 0; y < photograph.height(); ++y) {
    for (std::ptrdiff_t x = 0; x < photograph.width(); ++x) {
      for (std::ptrdiff_t c = 0; c < 3; ++c) {
        const std::uint8_t value = photograph.row(y)[3 * x + c];
        frame[std::size_t(y * stride + 3 * x + 2 - c)] = value;
        if (y >= top && y < top + height && x >= left && x < left + width) {
          region.row(y - top)[3 * (x - left) + c] = value;
        }
      }
    }
  }
  const ImageView view{frame.data() + top * stride + 3 * left, width, height, stride,
                       eigenvit::PixelFormat::bgr};
  eigenvit::VitOutput<float> output;
  model.run(view, logits_only(), output);
  CHECK(output.logits == model.run({region}, logits_only()).logits);
}

TEST_CASE("tokens of one image of a batch are those of the image alone, without a copy") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  std::vector<Image> images = generated_inputs();
  images.resize(3);
  Taps taps;
  taps.tokens = true;
  const auto output = model.run({images.begin(), images.end()}, taps);
  for (std::ptrdiff_t i = 0; i < 3; ++i) {
    const eigenvit::VisualTokensView tokens = model.tokens_of(output, i);
    const eigenvit::VisualTokens alone = model.tokens(images[std::size_t(i)]);
    CHECK(tokens.all().data() == output.tokens_of(i).data());
    CHECK(tokens.all() == alone.all());
    CHECK(tokens.cls() == alone.cls());
    CHECK(tokens.patch(3, 5) == alone.patch(3, 5));
  }
  CHECK(message_of<eigenvit::ShapeError>([&] { model.tokens_of(output, 3); }) ==
        "tokens of an image: expected tokens of more than 3 images, found 3");
  CHECK(message_of<eigenvit::ShapeError>([&] { model.tokens_of(output, -1); }) ==
        "tokens of an image: expected image 0 or a later one, found -1");
  const auto logits = model.run({images[0]}, logits_only());
  CHECK(message_of<eigenvit::ShapeError>([&] { model.tokens_of(logits, 0); }) ==
        "tokens of an image: expected tokens of more than 0 images, found 0");
}

TEST_CASE("images of any aspect share a batch, each with the bits that it has alone") {
  const auto model = eigenvit::load_model(golden::models_folder() / "hf_siglip2_classifier");
  const auto pipeline = golden::source_folder() / "tests" / "golden" / "pipeline";
  const Image cat = eigenvit::load_image(pipeline / "chelsea.png");
  const Image cup = eigenvit::load_image(pipeline / "coffee.png");
  const std::vector<ImageView> views{cat, cup, cat, cup};
  CHECK(model.groups_of_one_size(views) == std::vector<std::vector<std::size_t>>{{0, 2}, {1, 3}});
  Taps taps;
  taps.tokens = taps.pooled = taps.logits = true;
  eigenvit::VitOutput<float> output;
  eigenvit::Workspace workspace;
  model.run(views, taps, output, nullptr, &workspace);
  CHECK(output.images == 4);
  CHECK(output.tokens_per_image == 0);
  CHECK(output.grid_height == 0);
  REQUIRE(output.grids.size() == 4);
  CHECK(output.grids[0] == output.grids[2]);
  CHECK(output.grids[0] != output.grids[1]);
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    const auto alone = model.run({views[std::size_t(i)]}, taps);
    CHECK(alone.grids.empty());
    CHECK(output.grid_of(i) == std::array{alone.grid_height, alone.grid_width});
    CHECK(output.tokens_of(i) == alone.tokens_of(0));
    CHECK(output.pooled_of(i) == alone.pooled_of(0));
    CHECK(output.logits_of(i) == alone.logits_of(0));
    const auto view = model.tokens_of(output, i);
    CHECK(view.grid_height() == alone.grid_height);
    CHECK(view.patches() == model.tokens_of(alone, 0).patches());
  }
  // A result that is used again forgets the grids.
  model.run({cup, cup}, taps, output, nullptr, &workspace);
  CHECK(output.grids.empty());
  CHECK(output.grid_height > output.grid_width);

  taps.hidden = {0};
  CHECK(message_of<eigenvit::ShapeError>([&] { model.run(views, taps, output); }) ==
        "run: expected images that come out at one size for what is asked for beside tokens and "
        "vectors of images, found several sizes");
  CHECK(contains(message_of<eigenvit::ShapeError>([&] { model.preprocess(views); }),
                 "expected all images of a batch to come out at 20 x 24, found 24 x 16 for image "
                 "1"));
}

TEST_CASE("memory tells beforehand how large the workspace becomes") {
  for (const char* const folder : {"timm_vit", "hf_siglip_classifier"}) {
    CAPTURE(folder);
    const auto model = eigenvit::load_model(golden::models_folder() / folder);
    for (const int threads : {1, 3}) {
      for (const std::ptrdiff_t count : {1, 2, 4}) {
        eigenvit::ThreadPoolExecutor pool(threads);
        eigenvit::Workspace workspace;
        eigenvit::VitOutput<float> output;
        model.warm_up(61, 47, logits_only(), output, &pool, workspace, count);
        const eigenvit::ModelMemory memory = model.memory(61, 47, logits_only(), count, threads);
        CHECK(workspace.size() == memory.workspace());
        CHECK(memory.weights >= sizeof(float) * std::size_t(model.network().parameters()));
        CHECK(memory.input >= std::size_t(count * 3 * model.network().config().image_height *
                                          model.network().config().image_width));
        // No format of that size needs more.
        const std::vector<std::uint8_t> pixels(4 * 61 * 47);
        for (const auto format : {eigenvit::PixelFormat::rgb, eigenvit::PixelFormat::bgra}) {
          const std::vector<ImageView> views(std::size_t(count),
                                             {pixels.data(), 61, 47, 0, format});
          model.run(views, logits_only(), output, &pool, &workspace);
          CHECK(workspace.size() == memory.workspace());
        }
      }
    }
    CHECK(contains(message_of<eigenvit::ShapeError>([&] { model.memory(0, 5, logits_only()); }),
                   "found 0x5"));
    eigenvit::Workspace workspace;
    eigenvit::VitOutput<float> output;
    CHECK(contains(message_of<eigenvit::ShapeError>(
                       [&] { model.warm_up(5, 5, logits_only(), output, nullptr, workspace, 0); }),
                   "expected at least 1 image, found 0"));
    CHECK(contains(message_of<eigenvit::ShapeError>(
                       [&] { model.warm_up(-1, 5, logits_only(), output, nullptr, workspace); }),
                   "found -1x5"));
  }
}

TEST_CASE("one const model serves several threads") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  const std::vector<Image> images = generated_inputs();
  eigenvit::ThreadPoolExecutor shared(2);
  std::vector<float> expected;
  for (int i = 0; i < 4; ++i)
    expected.push_back(model.classify(images[std::size_t(i)], 1)[0].score);
  std::vector<float> found(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      eigenvit::Workspace workspace;
      for (int repeat = 0; repeat < 5; ++repeat) {
        found[i] = model.classify(images[i], 1, i % 2 ? &shared : nullptr, &workspace)[0].score;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(found == expected);
}

TEST_CASE("a model from memory is the model from the folder") {
  const auto folder = golden::models_folder() / "hf_vit";
  const std::string config = test_files::read_bytes(folder / "config.json");
  const std::string preprocessor = test_files::read_bytes(folder / "preprocessor_config.json");
  const std::string weights = test_files::read_bytes(folder / "model.safetensors");
  const auto from_memory =
      eigenvit::load_model({config, preprocessor, weights.data(), weights.size()});
  const auto from_folder = eigenvit::load_model(folder);
  const Image image = eigenvit::load_image(images_folder / "coffee.png");
  CHECK(from_memory.run({image}, logits_only()).logits ==
        from_folder.run({image}, logits_only()).logits);
  CHECK(from_memory.labels() == from_folder.labels());
}

TEST_CASE("extreme shapes are classified") {
  const auto model = eigenvit::load_model(golden::shipped_model());
  for (const auto& size : {std::array<int, 2>{1, 1}, {1, 20000}, {20000, 1}, {3, 2}, {31, 33}}) {
    CAPTURE(size[0]);
    CAPTURE(size[1]);
    Image image(size[0], size[1]);
    std::fill_n(image.data(), std::ptrdiff_t(size[0]) * size[1] * 3, std::uint8_t(100));
    const auto predictions = model.classify(image);
    REQUIRE(predictions.size() == 5);
    CHECK(predictions[0].score > 0.1F);
  }
}

TEST_CASE("another image size changes the grid") {
  eigenvit::ModelOptions options;
  options.image_size = {{24, 40}};
  const auto model = eigenvit::load_model(golden::shipped_model(), options);
  const auto tokens = model.tokens(eigenvit::load_image(images_folder / "chelsea.png"));
  CHECK(tokens.grid_height() == 6);
  CHECK(tokens.grid_width() == 10);
}

TEST_CASE("what cannot be done is said") {
  const Image image(32, 32);
  const auto headless = eigenvit::load_model(golden::models_folder() / "timm_vit_no_head");
  CHECK(contains(message_of<eigenvit::UnsupportedError>([&] { headless.classify(image); }),
                 "expected a model with a head for logits, found none"));
  const auto model = eigenvit::load_model(golden::shipped_model());
  CHECK(contains(message_of<eigenvit::ShapeError>([&] { model.preprocess({}); }),
                 "expected at least 1 image, found 0"));
  CHECK(contains(message_of<eigenvit::ShapeError>([&] { model.classify(ImageView()); }), "0x0"));
  CHECK(
      contains(message_of<eigenvit::FileError>([&] { eigenvit::load_model("/nonexistent/model"); }),
               "model: expected a model folder"));
}
