#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/pipeline/dense_model.hpp>

#include "../golden.hpp"
#include "../support.hpp"
#include "nan_weights.hpp"

using eigenvit::Image;
using test_files::message_of;

TEST_CASE("depths of photographs are the reference's, at the size of the photograph") {
  eigenvit::ThreadPoolExecutor pool(3);
  for (const char* const golden : {"hf_depth_anything", "hf_zoedepth", "hf_zoedepth_nk"}) {
    CAPTURE(golden);
    const auto folder = golden::models_folder() / golden;
    const auto model = eigenvit::load_dense_model(folder);
    const auto store = eigenvit::TensorStore::open_file(folder / "expected_pipeline.safetensors");
    for (const std::string name : {"chelsea.png", "coffee.png"}) {
      CAPTURE(name);
      const Image image =
          eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" / name);
      const auto depths = model.depth(image);
      CHECK(depths.rows() == image.height());
      CHECK(depths.cols() == image.width());
      CHECK(golden::relative_error(depths, golden::read(store, name + ".depth").values) < 1e-4);
      CHECK((model.depth(image, &pool).array() == depths.array()).all());
    }
  }
}

TEST_CASE("a model that estimates no depth says so") {
  const auto model = eigenvit::load_dense_model(golden::shipped_model());
  CHECK(message_of<eigenvit::UnsupportedError>([&] { model.depth(Image(32, 32)); }) ==
        "depth: expected a model that estimates depth, found another");
}

TEST_CASE("depths that are not finite are an error") {
  const auto message = [](const char* golden, const char* tensor) {
    const auto model = test_files::model_with_nan(golden, tensor, 0, eigenvit::load_dense_model);
    return message_of<eigenvit::ConfigError>([&] { model.depth(Image(32, 32)); });
  };
  const std::string expected =
      "depth: the depths are not finite: found NaN or an infinity, as from weights or pixel "
      "values that hold one";
  CHECK(message("hf_depth_anything_metric", "head.conv3.bias") == expected);
  CHECK(message("hf_zoedepth", "metric_head.conditional_log_binomial.mlp.2.bias") == expected);
  CHECK(message("hf_zoedepth_normed", "metric_head.attractors.3.conv2.bias") == expected);
  // Whichever domain a NaN chooses.
  CHECK(message("hf_zoedepth_nk", "metric_head.mlp_classifier.linear2.bias") == expected);
}
