#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/pipeline/dense_model.hpp>
#include <eigenvit/pipeline/segmentation.hpp>

#include "../golden.hpp"
#include "../support.hpp"
#include "nan_weights.hpp"

using eigenvit::Image;
using eigenvit::Index;
using test_files::message_of;

TEST_CASE("classes of the pixels of photographs are the reference's") {
  std::string name_of_folder;
  SUBCASE("by a UPerNet") {
    name_of_folder = "hf_beit_segmentation";
  }
  SUBCASE("by a DPT decoder") {
    name_of_folder = "hf_dpt_segmentation";
  }
  const auto folder = golden::models_folder() / name_of_folder;
  const auto model = eigenvit::load_dense_model(folder);
  const auto store = eigenvit::TensorStore::open_file(folder / "expected_pipeline.safetensors");
  eigenvit::ThreadPoolExecutor pool(3);
  for (const std::string name : {"chelsea.png", "coffee.png"}) {
    CAPTURE(name);
    const Image image =
        eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" / name);
    const auto found = model.segment(image);
    REQUIRE(found.ids.rows() == image.height());
    REQUIRE(found.ids.cols() == image.width());
    const auto expected = golden::read(store, name + ".segmentation").values;
    REQUIRE(Index(expected.size()) == found.ids.size());
    Index different = 0;
    std::vector<Index> areas(5);
    for (Index i = 0; i < found.ids.size(); ++i) {
      const Index id = found.ids.data()[i];
      different += id != Index(expected[std::size_t(i)]);
      ++areas.at(std::size_t(id));
    }
    CHECK(double(different) <= 0.001 * double(found.ids.size()));
    CHECK(found.segments.size() >= 3);
    Index total = 0;
    for (const auto& segment : found.segments) {
      CHECK(segment.id == segment.index);
      CHECK(segment.label == model.labels().at(std::size_t(segment.index)));
      CHECK(segment.area == areas.at(std::size_t(segment.index)));
      CHECK_FALSE(segment.score.has_value());
      total += segment.area;
    }
    CHECK(total == found.ids.size());
    CHECK((model.segment(image, &pool).ids.array() == found.ids.array()).all());
  }
}

TEST_CASE("a model that does not segment says so") {
  const auto depth = eigenvit::load_dense_model(golden::models_folder() / "hf_depth_anything");
  CHECK(message_of<eigenvit::UnsupportedError>([&] { depth.segment(Image(32, 32)); }) ==
        "segment: expected a model that segments images, found another");
  const auto unread = eigenvit::load_model(golden::models_folder() / "hf_beit_segmentation");
  CHECK(message_of<eigenvit::UnsupportedError>([&] { unread.segment(Image(32, 32)); }) ==
        "segment: expected a model whose dense head load_dense_model of eigenvit/dense.hpp has "
        "read, found one that load_model gave");
}

TEST_CASE("scores that are not finite are an error") {
  const auto model = test_files::model_with_nan(
      "hf_beit_segmentation", "decode_head.classifier.bias", 2, eigenvit::load_dense_model);
  CHECK(message_of<eigenvit::ConfigError>([&] { model.segment(Image(32, 32)); }) ==
        "segment: the scores are not finite: found NaN or an infinity, as from weights or pixel "
        "values that hold one");
}
