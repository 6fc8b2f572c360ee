#include <array>
#include <thread>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"

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
    const auto model = eigenvit::load_model(folder);
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

TEST_CASE("predictions are ordered by logit and then by index, whatever the logits are") {
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
  CHECK(order(std::vector<float>(10, std::nanf(""))).size() == 3);
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
