#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/pipeline/dense_model.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "../support.hpp"

using eigenvit::Image;
using eigenvit::ImageBox;
using eigenvit::Index;
using eigenvit::Model;
using test_files::message_of;

namespace {

std::filesystem::path poses_folder() {
  return golden::source_folder() / "tests" / "golden" / "poses";
}

Image photograph(const std::string& name) {
  return eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" / name);
}

Model plus(const eigenvit::ModelOptions& more = {}) {
  const auto folder = golden::models_folder() / "hf_vitpose_plus";
  eigenvit::ModelOptions options = more;
  options.dataset_index = 1;
  return eigenvit::load_dense_model(folder, options);
}

struct Files {
  std::string config = test_files::read_bytes(poses_folder() / "classic" / "config.json");
  std::string preprocessor =
      test_files::read_bytes(poses_folder() / "classic" / "preprocessor_config.json");
  std::string weights = test_files::read_bytes(poses_folder() / "classic" / "model.safetensors");

  Model load() const {
    return eigenvit::load_dense_model(
        eigenvit::ModelBytes{config, preprocessor, weights.data(), weights.size()});
  }

  /// Adds a tensor of numbers in float32, or in bfloat16, which must hold them.
  void add(const std::string& name, const std::vector<Index>& shape,
           const eigenvit::AlignedBuffer<float>& values, bool in_bfloat16 = false) {
    std::uint64_t length = 0;
    std::memcpy(&length, weights.data(), sizeof length);
    auto header = nlohmann::json::parse(weights.substr(8, length));
    std::string data = weights.substr(8 + length);
    const std::size_t begin = data.size();
    for (const float value : values) {
      char bytes[sizeof value];
      std::memcpy(bytes, &value, sizeof value);
      data.append(bytes + (in_bfloat16 ? 2 : 0), bytes + sizeof value);
    }
    header[name] = {{"dtype", in_bfloat16 ? "BF16" : "F32"},
                    {"shape", shape},
                    {"data_offsets", {begin, data.size()}}};
    weights = test_files::safetensors_bytes(header.dump(), data);
  }
};

/// The folder with the weights that it leaves out.
Files classic() {
  Files files;
  files.add("head.deconv1.weight", {12, 256, 4, 4},
            support::random_values<float>(12 * 256 * 16, 1, 1.0 / 16));
  files.add("head.deconv2.weight", {256, 256, 4, 4},
            support::random_values<float>(256 * 256 * 16, 2, 1.0 / 16));
  return files;
}

std::vector<ImageBox> boxes_of(const eigenvit::TensorStore& store, const std::string& name) {
  const golden::Tensor tensor = golden::read(store, name + ".boxes");
  std::vector<ImageBox> boxes;
  for (auto box = tensor.values.begin(); box != tensor.values.end(); box += 4) {
    boxes.push_back({box[0], box[1], box[2], box[3]});
  }
  return boxes;
}

void compare(const Model& model, const std::string& expected) {
  const auto store = eigenvit::TensorStore::open_file(poses_folder() / (expected + ".safetensors"));
  int compared = 0;
  eigenvit::ThreadPoolExecutor pool(3);
  for (const std::string name : {"chelsea.png", "coffee.png"}) {
    CAPTURE(name);
    const Image image = photograph(name);
    const std::vector<ImageBox> boxes = boxes_of(store, name);
    const golden::Tensor heatmaps = golden::read(store, name + ".heatmaps");
    const auto keypoints = golden::read(store, name + ".keypoints").values;
    const auto scores = golden::read(store, name + ".scores").values;
    const auto count = static_cast<std::size_t>(heatmaps.shape[1]);
    const double largest = [&] {
      double most = 0;
      for (const float value : heatmaps.values) most = std::max(most, std::abs(double(value)));
      return most;
    }();
    const auto poses = model.keypoints(image, boxes);
    const auto again = model.keypoints(image, boxes, &pool);
    REQUIRE(poses.size() == boxes.size());
    for (std::size_t i = 0; i < poses.size(); ++i) {
      CHECK(poses[i].box.left == boxes[i].left);
      REQUIRE(poses[i].keypoints.size() == count);
      for (std::size_t k = 0; k < count; ++k) {
        CAPTURE(k);
        const eigenvit::Keypoint& found = poses[i].keypoints[k];
        const std::size_t at = i * count + k;
        CHECK(found.index == Index(k));
        CHECK(found.label == model.labels()[k]);
        CHECK(std::abs(found.score - scores[at]) < 1e-4 * largest);
        CHECK(again[i].keypoints[k].x == found.x);
        CHECK(again[i].keypoints[k].score == found.score);
        // Elsewhere Python's place is made of what is beside the heatmap in memory.
        if (scores[at] <= 0) continue;
        CHECK(std::abs(found.x - keypoints[2 * at]) < 1e-3);
        CHECK(std::abs(found.y - keypoints[2 * at + 1]) < 1e-3);
        ++compared;
      }
    }
  }
  CHECK(compared >= 3);
}

/// `[N, K, h, w]` of the reference and `[N, h, w, K]` of the network, for the same samples.
void compare_heatmaps(const Model& model, const std::string& expected) {
  const auto store = eigenvit::TensorStore::open_file(poses_folder() / (expected + ".safetensors"));
  const Image image = photograph("chelsea.png");
  const auto boxes = boxes_of(store, "chelsea.png");
  const golden::Tensor heatmaps = golden::read(store, "chelsea.png.heatmaps");
  const auto [height, width] = model.preprocessor().output_size(image.width(), image.height());
  std::vector<std::uint8_t> samples(boxes.size() * std::size_t(3 * height * width));
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    model.preprocessor().samples(image, boxes[i],
                                 samples.data() + i * std::size_t(3 * height * width));
  }
  eigenvit::Taps taps;
  taps.dense = true;
  const auto output =
      model.network().forward({nullptr, Index(boxes.size()), height, width, samples.data(),
                               model.preprocessor().sample_values()},
                              taps);
  REQUIRE(output.dense.channels == Index(heatmaps.shape[1]));
  REQUIRE(output.dense.height == Index(heatmaps.shape[2]));
  REQUIRE(output.dense.width == Index(heatmaps.shape[3]));
  eigenvit::AlignedBuffer<float> ordered;
  for (Index i = 0; i < Index(boxes.size()); ++i) {
    const auto map = output.dense.map_of(i);
    for (Index k = 0; k < map.cols(); ++k) {
      for (Index pixel = 0; pixel < map.rows(); ++pixel) ordered.push_back(map(pixel, k));
    }
  }
  CHECK(golden::relative_error(ordered, heatmaps.values) < 1e-4);
}

}  // namespace

TEST_CASE("keypoints of photographs are the reference's: the simple decoder") {
  const Model model = plus();
  compare(model, "hf_vitpose_plus");
  compare_heatmaps(model, "hf_vitpose_plus");
  CHECK(model.labels().at(1) == "left hand");
  const auto& head = std::get<eigenvit::PoseConfig>(model.checkpoint().dense_head);
  CHECK(head.edges == std::vector<std::array<Index, 2>>{{0, 1}, {0, 2}});
}

TEST_CASE("keypoints of photographs are the reference's: the classic decoder") {
  const Model model = classic().load();
  compare(model, "classic");
  compare_heatmaps(model, "classic");
}

TEST_CASE("weights that norms have scaled are not rounded to what their file stores") {
  const auto load = [](bool in_bfloat16) {
    Files files;
    for (const Index number : {1, 2}) {
      const Index inputs = number == 1 ? 12 : 256;
      auto values = support::random_values<float>(std::size_t(inputs * 256 * 16),
                                                  std::uint64_t(number), 1.0 / 16);
      for (float& value : values) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        bits &= 0xFFFF0000U;
        std::memcpy(&value, &bits, sizeof bits);
      }
      files.add("head.deconv" + std::to_string(number) + ".weight", {inputs, 256, 4, 4}, values,
                in_bfloat16);
    }
    return files.load();
  };
  const auto expected = load(false).keypoints(photograph("coffee.png"));
  const auto found = load(true).keypoints(photograph("coffee.png"));
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(found[0].keypoints[k].score == expected[0].keypoints[k].score);
    CHECK(found[0].keypoints[k].x == expected[0].keypoints[k].x);
  }
}

TEST_CASE("without boxes the image is one, and more boxes than go through together are the same") {
  const Model model = plus();
  const Image image = photograph("coffee.png");
  const ImageBox whole{0, 0, double(image.width()), double(image.height())};
  const auto one = model.keypoints(image);
  REQUIRE(one.size() == 1);
  CHECK(one[0].box.width == image.width());
  std::vector<ImageBox> boxes(9, ImageBox{3, 4, 20, 30});
  boxes.push_back(whole);
  eigenvit::Workspace workspace;
  const auto many = model.keypoints(image, boxes, nullptr, &workspace);
  REQUIRE(many.size() == 10);
  for (std::size_t k = 0; k < one[0].keypoints.size(); ++k) {
    CHECK(many[9].keypoints[k].x == one[0].keypoints[k].x);
    CHECK(many[9].keypoints[k].y == one[0].keypoints[k].y);
    CHECK(many[9].keypoints[k].score == one[0].keypoints[k].score);
    CHECK(many[8].keypoints[k].x == many[0].keypoints[k].x);
  }
  // Outside of the image everything is black.
  CHECK(model.keypoints(image, {{1000, 1000, 20, 30}}).size() == 1);
}

TEST_CASE("keypoints refuse what has none") {
  const Image image = photograph("coffee.png");
  CHECK(test_files::contains(message_of<eigenvit::ShapeError>([&] {
                               plus().keypoints(image, {{0, 0, 5, 5}, {0, 0, 0, 0}});
                             }),
                             "box: expected finite numbers"));
  CHECK(message_of<eigenvit::UnsupportedError>([&] {
          eigenvit::load_dense_model(golden::shipped_model()).keypoints(image);
        }) == "keypoints: expected a model that finds keypoints, found another");
  CHECK(
      test_files::contains(message_of<eigenvit::UnsupportedError>([&] {
                             const auto folder = golden::models_folder() / "hf_vitpose_plus";
                             eigenvit::load_model(folder, golden::options(folder)).keypoints(image);
                           }),
                           "keypoints: expected a model whose dense head load_dense_model"));
  CHECK(message_of<eigenvit::ShapeError>([&] {
          plus().keypoints(eigenvit::ImageView{});
        }).rfind("image view: expected sides", 0) == 0);
  Files broken;
  eigenvit::AlignedBuffer<float> values(12 * 256 * 16, 1.0F);
  values[7] = std::numeric_limits<float>::quiet_NaN();
  broken.add("head.deconv1.weight", {12, 256, 4, 4}, values);
  values.assign(256 * 256 * 16, 1.0F);
  broken.add("head.deconv2.weight", {256, 256, 4, 4}, values);
  CHECK(message_of<eigenvit::ConfigError>([&] { broken.load().keypoints(image); }) ==
        "keypoints: the heatmaps are not finite: found NaN or an infinity, as from weights or "
        "pixel values that hold one");
}

TEST_CASE("a pose head that contradicts its files is refused") {
  const Files whole = classic();
  const auto message = [&](const auto& bend, auto error) {
    Files files = whole;
    nlohmann::json config = nlohmann::json::parse(files.config);
    bend(config, files);
    files.config = config.dump();
    return message_of<decltype(error)>([&] { files.load(); });
  };
  const eigenvit::ConfigError config_error("");
  const eigenvit::ShapeError shape_error("");
  const eigenvit::FormatError format_error("");
  using test_files::contains;
  CHECK(contains(message([](auto&, Files& f) { f = Files(); }, format_error),
                 "expected tensor 'head.deconv1.weight'"));
  CHECK(contains(message([](auto& c, Files&) { c["use_simple_decoder"] = true; }, shape_error),
                 "tensor 'head.conv.weight'"));
  CHECK(message([](auto& c, Files&) { c["id2label"]["2"] = "third"; }, shape_error) ==
        "(no exception)");
  CHECK(contains(
      message(
          [](auto& c, Files&) { c["backbone_config"]["out_indices"] = nlohmann::json::array({3}); },
          config_error),
      "key 'backbone_config.out_indices': expected "));
  CHECK(contains(
      message(
          [](auto& c, Files&) { c["backbone_config"]["out_indices"] = nlohmann::json::array({0}); },
          config_error),
      "key 'backbone_config.out_indices': expected the output of a block"));
  CHECK(contains(message(
                     [](auto& c, Files&) {
                       c["edges"] = {{0, 2}};
                     },
                     config_error),
                 "key 'edges': expected pairs of keypoints"));
  CHECK(contains(message(
                     [](auto& c, Files&) {
                       c["edges"] = {{0, 1, 1}};
                     },
                     config_error),
                 "key 'edges': expected pairs of keypoints"));
  CHECK(message(
            [](auto& c, Files&) {
              for (int i = 0; i < 5000; ++i) c["edges"].push_back({i % 2, 1 - i % 2});
            },
            config_error) == "(no exception)");
  CHECK(contains(message([](auto& c, Files&) { c["edges"] = 7; }, config_error),
                 "key 'edges': expected pairs of keypoints"));
}

TEST_CASE("heatmaps in reduced precision come near those in float") {
  for (const auto precision : {eigenvit::Precision::bfloat16, eigenvit::Precision::int8}) {
    CAPTURE(std::string(eigenvit::name_of(precision)));
    const Files files = classic();
    eigenvit::ModelOptions options;
    options.precision = precision;
    const Model model =
        eigenvit::load_dense_model(eigenvit::ModelBytes{files.config, files.preprocessor,
                                                        files.weights.data(), files.weights.size()},
                                   options);
    const auto expected = files.load().keypoints(photograph("coffee.png"));
    const auto found = model.keypoints(photograph("coffee.png"));
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(std::abs(found[0].keypoints[k].score - expected[0].keypoints[k].score) < 0.02);
      // Where a set lacks bfloat16's instructions, only weights are rounded, and these are exact.
      if (precision == eigenvit::Precision::bfloat16) continue;
      CHECK(found[0].keypoints[k].score != expected[0].keypoints[k].score);
    }
  }
}
