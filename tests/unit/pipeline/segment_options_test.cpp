#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/resize.hpp>
#include <eigenvit/pipeline/dense_model.hpp>
#include <eigenvit/pipeline/segment_options.hpp>
#include <eigenvit/pipeline/window_classes.inl>

#include "../golden.hpp"
#include "../support.hpp"
#include "nan_weights.hpp"

using eigenvit::Image;
using eigenvit::Index;
using eigenvit::Segmentation;
using eigenvit::SegmentOptions;
using eigenvit::SegmentTask;
using test_files::message_of;

namespace {

Image photograph(const std::string& name) {
  return eigenvit::load_image(golden::source_folder() / "tests" / "golden" / "pipeline" / name);
}

/// That 99.9 % of the ids are the golden's.
void check_ids(const Segmentation& found, const eigenvit::AlignedBuffer<float>& expected) {
  REQUIRE(Index(expected.size()) == found.ids.size());
  Index different = 0;
  for (Index i = 0; i < found.ids.size(); ++i) {
    different += found.ids.data()[i] != Index(expected[std::size_t(i)]);
  }
  CHECK(double(different) <= 0.001 * double(found.ids.size()));
}

/// That areas are those of the ids.
void check_areas(const Segmentation& found) {
  for (const auto& segment : found.segments) {
    CHECK(segment.area == (found.ids.array() == segment.id).count());
  }
}

}  // namespace

TEST_CASE("tokens of a model that finds things have its queries at their end") {
  const auto model = eigenvit::load_dense_model(golden::models_folder() / "hf_eomt");
  const Image image = photograph("chelsea.png");
  const Index queries = model.network().config().query_tokens;
  REQUIRE(queries > 0);
  const auto tokens = model.tokens(image);
  CHECK(tokens.detections().rows() == queries);
  CHECK(tokens.size() == model.network().config().tokens());
  eigenvit::Taps taps;
  taps.tokens = true;
  const auto output = model.run({image, image}, taps);
  const auto second = model.tokens_of(output, 1);
  CHECK(support::same_bits(second.all().data(), tokens.all().data(), tokens.all().size()));
}

TEST_CASE("things in photographs are the reference's") {
  const auto folder = golden::models_folder() / "hf_eomt";
  const auto model = eigenvit::load_dense_model(folder);
  const auto store = eigenvit::TensorStore::open_file(folder / "expected_pipeline.safetensors");
  eigenvit::ThreadPoolExecutor pool(3);
  SegmentOptions panoptic;
  panoptic.task = SegmentTask::panoptic;
  panoptic.threshold = 0.3;
  panoptic.mask_threshold = 0.4;
  panoptic.overlap_threshold = 0.1;
  SegmentOptions stuff = panoptic;
  stuff.stuff_classes = {1, 2, 3};
  SegmentOptions instance;
  instance.task = SegmentTask::instance;
  instance.threshold = 0.3;
  const struct {
    const char* name;
    SegmentOptions options;
    std::size_t segments;  ///< of both photographs, at least
  } kinds[] = {{"panoptic", panoptic, 5},
               {"stuff", stuff, 4},
               {"panoptic_default", {}, 2},
               {"instance", instance, 20}};
  for (const auto& kind : kinds) {
    std::size_t segments = 0;
    for (const std::string name : {"chelsea.png", "coffee.png"}) {
      CAPTURE(kind.name);
      CAPTURE(name);
      const Image image = photograph(name);
      const Segmentation found = model.segment(image, kind.options);
      const std::string key = name + "." + kind.name;
      check_ids(found, golden::read(store, key).values);
      check_areas(found);
      const auto expected = golden::read(store, key + "_segments").values;
      REQUIRE(found.segments.size() * 3 == expected.size());
      for (std::size_t i = 0; i < found.segments.size(); ++i) {
        const auto& segment = found.segments[i];
        CHECK(segment.id == Index(expected[3 * i]));
        CHECK(segment.index == Index(expected[3 * i + 1]));
        CHECK(segment.label == model.labels().at(std::size_t(segment.index)));
        REQUIRE(segment.score.has_value());
        CHECK(std::abs(*segment.score - expected[3 * i + 2]) < 1e-4F);
      }
      segments += found.segments.size();
      const Segmentation again = model.segment(image, kind.options, &pool);
      CHECK((again.ids.array() == found.ids.array()).all());
      REQUIRE(again.segments.size() == found.segments.size());
      for (std::size_t i = 0; i < found.segments.size(); ++i) {
        CHECK(again.segments[i].score == found.segments[i].score);
      }
    }
    CHECK(segments >= kind.segments);
  }
  const Image image = photograph("chelsea.png");
  CHECK((model.segment(image).ids.array() == model.segment(image, SegmentOptions()).ids.array())
            .all());
  // Nothing is that certain.
  SegmentOptions certain;
  certain.threshold = 1;
  for (const SegmentTask task : {SegmentTask::panoptic, SegmentTask::instance}) {
    certain.task = task;
    const Segmentation none = model.segment(image, certain);
    CHECK(none.segments.empty());
    CHECK((none.ids.array() == -1).all());
  }
}

TEST_CASE("classes of pixels by masks are the reference's, of whole images and of windows") {
  for (const char* const name : {"hf_eomt", "hf_eomt_split"}) {
    CAPTURE(name);
    const auto folder = golden::models_folder() / name;
    const auto model = eigenvit::load_dense_model(folder);
    const auto store = eigenvit::TensorStore::open_file(folder / "expected_pipeline.safetensors");
    SegmentOptions options;
    options.task = SegmentTask::semantic;
    eigenvit::ThreadPoolExecutor pool(3);
    eigenvit::Workspace workspace;
    for (const std::string picture : {"chelsea.png", "coffee.png"}) {
      CAPTURE(picture);
      const Image image = photograph(picture);
      const Segmentation found = model.segment(image, options);
      check_ids(found, golden::read(store, picture + ".semantic").values);
      check_areas(found);
      CHECK(found.segments.size() >= 2);
      for (const auto& segment : found.segments) {
        CHECK(segment.id == segment.index);
        CHECK_FALSE(segment.score.has_value());
      }
      const Segmentation again = model.segment(image, options, &pool, &workspace);
      CHECK((again.ids.array() == found.ids.array()).all());
    }
  }
}

TEST_CASE("windows that are run one after the other give what all of them together do") {
  using eigenvit::detail::MapSize;
  using eigenvit::detail::MaskedClasses;
  const auto model = eigenvit::load_dense_model(golden::models_folder() / "hf_eomt_split");
  const Image photo = photograph("chelsea.png");
  eigenvit::ThreadPoolExecutor pool(2);
  struct Case {
    Index width, height;
    std::size_t windows;
  };
  for (const Case& size : {Case{96, 40, 3}, {40, 96, 3}, {98, 28, 4}, {25, 97, 4}}) {
    CAPTURE(size.width);
    const Image image =
        eigenvit::resize(photo.view(), size.width, size.height, eigenvit::Filter::bilinear);
    const auto input = model.input({image}, &pool);
    const eigenvit::detail::ImageWindows windows({input.height, input.width});
    REQUIRE(windows.starts.size() == size.windows);
    std::vector<eigenvit::VitOutput<float>> outputs(size.windows);
    std::vector<MaskedClasses> parts;
    for (std::size_t i = 0; i < size.windows; ++i) {
      eigenvit::detail::run_window(model, input, windows, windows.starts[i], outputs[i], pool,
                                   nullptr);
      parts.emplace_back(outputs[i].dense, MapSize{windows.side, windows.side});
    }
    const Index classes = parts[0].classes();
    const auto row_of = [&](Index row, float* scores) {
      std::vector<float> own(static_cast<std::size_t>(classes));
      for (Index column = 0; column < input.width; ++column) {
        float* const sums = scores + column * classes;
        std::fill_n(sums, classes, 0.0F);
        float count = 0;
        for (std::size_t i = 0; i < size.windows; ++i) {
          const Index y = windows.down ? row - windows.starts[i] : row;
          const Index x = windows.down ? column : column - windows.starts[i];
          if (y < 0 || x < 0 || y >= windows.side || x >= windows.side) continue;
          parts[i].write(y, x, 1, own.data());
          for (Index c = 0; c < classes; ++c) sums[c] += own[std::size_t(c)];
          ++count;
        }
        for (Index c = 0; c < classes; ++c) sums[c] /= std::max(count, 1.0F);
      }
    };
    const auto expected = eigenvit::detail::semantic_map({input.height, input.width}, classes,
                                                         {size.height, size.width}, pool, row_of);
    SegmentOptions options;
    options.task = SegmentTask::semantic;
    const Segmentation found = model.segment(image, options);
    CHECK((found.ids.array() == expected.array()).all());
    CHECK(expected.minCoeff() < expected.maxCoeff());
  }
}

TEST_CASE("tasks that a model is not for are refused") {
  const Image image(40, 30);
  const auto split = eigenvit::load_dense_model(golden::models_folder() / "hf_eomt_split");
  const auto classes = eigenvit::load_dense_model(golden::models_folder() / "hf_beit_segmentation");
  CHECK(split.segment(image).ids.rows() == 30);
  for (const SegmentTask task : {SegmentTask::panoptic, SegmentTask::instance}) {
    SegmentOptions options;
    options.task = task;
    CHECK(message_of<eigenvit::UnsupportedError>([&] { split.segment(image, options); }) ==
          "segment: expected semantic segments of a model that takes images in windows, found "
          "another task");
    CHECK(message_of<eigenvit::UnsupportedError>([&] { classes.segment(image, options); }) ==
          "segment: expected semantic segments of a model without masks of things, found another "
          "task");
  }
}

TEST_CASE("thresholds and classes that make no sense are refused, whatever the task") {
  const Image image(40, 30);
  for (const char* const name : {"hf_eomt", "hf_eomt_split", "hf_beit_segmentation"}) {
    CAPTURE(name);
    const auto model = eigenvit::load_dense_model(golden::models_folder() / name);
    const auto message = [&](const auto& change) {
      SegmentOptions options;
      change(options);
      return message_of<eigenvit::ConfigError>([&] { model.segment(image, options); });
    };
    CHECK(message([](SegmentOptions& o) {
            o.threshold = std::nan("");
          }).rfind("segment: expected threshold from 0 to 1, found ", 0) == 0);
    CHECK(message([](SegmentOptions& o) { o.mask_threshold = -1; }) ==
          "segment: expected mask_threshold from 0 to 1, found -1.000000");
    CHECK(message([](SegmentOptions& o) { o.overlap_threshold = 1.5; }) ==
          "segment: expected overlap_threshold from 0 to 1, found 1.500000");
    const std::string most = std::to_string(model.labels().size() - 1);
    for (const Index stuff : {Index{-1}, Index(model.labels().size()), Index{9999}}) {
      CHECK(message([stuff](SegmentOptions& o) {
              o.stuff_classes = {0, stuff};
            }) == "segment: expected stuff_classes from 0 to " + most + ", found " +
                      std::to_string(stuff));
    }
  }
}

TEST_CASE("images that would take many windows are refused") {
  const auto model = eigenvit::load_dense_model(golden::models_folder() / "hf_eomt_split");
  CHECK(model.segment(Image(128, 2)).ids.cols() == 128);
  CHECK(message_of<eigenvit::ShapeError>([&] { model.segment(Image(130, 2)); }) ==
        "image windows: expected at most 64 squares as wide as the shorter side, found an image of "
        "16x1040 pixels, which takes 65");
  CHECK(message_of<eigenvit::ShapeError>([&] {
          model.segment(Image(1, 100));
        }).rfind("image windows: ", 0) == 0);
}

TEST_CASE("masks and classes that are not finite are an error") {
  for (const char* const tensor : {"class_predictor.bias", "mask_head.fc3.bias"}) {
    const auto model = test_files::model_with_nan(
        "hf_eomt", tensor, 1, [](const eigenvit::ModelBytes& bytes, const eigenvit::ModelOptions&) {
          return eigenvit::load_dense_model(bytes);
        });
    CHECK(message_of<eigenvit::ConfigError>([&] { model.segment(Image(16, 16)); }) ==
          "segment: the scores are not finite: found NaN or an infinity, as from weights or pixel "
          "values that hold one");
  }
}
