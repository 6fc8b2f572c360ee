#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/features/head.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

#include "../io/test_files.hpp"
#include "../support.hpp"
#include "probe_golden.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

const std::vector<std::string> labels = {"cat", "dog \"big\"", "M\xC3\xB6we"};
constexpr HeadMethod methods[] = {HeadMethod::prototypes, HeadMethod::knn, HeadMethod::ridge,
                                  HeadMethod::logistic};

Head fit(HeadMethod method, HeadOrigin origin = {}) {
  HeadOptions options;
  options.method = method;
  options.knn.neighbours = 7;
  options.knn.temperature = 0.1F;
  return Head(probe_golden::Golden("three").set(), labels, options, std::move(origin));
}

// A head's parts, for files that differ from it in one of them.
struct Parts {
  std::map<std::string, std::string> metadata = {{"format", "EigenViT head 1"},
                                                 {"method", "ridge"},
                                                 {"features", "pooled"},
                                                 {"model", "0123456789abcdef"},
                                                 {"scaling", "standardize"},
                                                 {"label.0", "a"},
                                                 {"label.1", "b"}};
  std::vector<float> values = std::vector<float>(64, 1.0F);
  std::map<std::string, std::vector<std::uint64_t>> shapes = {
      {"weight", {2, 3}}, {"bias", {2}}, {"mean", {3}}, {"scale", {3}}};

  std::filesystem::path write(const test_files::TemporaryFolder& folder,
                              const std::map<std::string, std::vector<float>>& others = {}) const {
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, shape] : shapes) {
      const auto other = others.find(name);
      tensors.push_back(
          {name, shape, other == others.end() ? values.data() : other->second.data()});
    }
    const auto path = folder.path() / "head.safetensors";
    write_safetensors(path, tensors, metadata);
    return path;
  }
};

Parts knn_parts() {
  Parts parts;
  parts.metadata["method"] = "knn";
  parts.shapes = {{"neighbours", {2, 1}}, {"classes", {2}}, {"k", {}}, {"temperature", {}}};
  return parts;
}

}  // namespace

TEST_CASE("head: what is saved is read back, bit for bit") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / eigenvit::utf8_path("K\xC3\xB6pfe.safetensors");
  const Matrix<float> test = probe_golden::Golden("three").matrix("test");
  for (const HeadMethod method : methods) {
    CAPTURE(method_name(method));
    HeadOrigin origin{HeadFeatures::patches, "0123456789abcdef", {{48, 64}}, "int8"};
    const Head head = fit(method, origin);
    head.save(path);
    const Head read = Head::open(path);
    CHECK(read.method() == method);
    CHECK(read.labels() == labels);
    CHECK(read.origin().features == HeadFeatures::patches);
    CHECK(read.origin().model == origin.model);
    CHECK(read.origin().image_size == origin.image_size);
    CHECK(read.origin().precision == "int8");
    CHECK(read.width() == 8);
    CHECK(read.class_count() == 3);
    const Matrix<float> scores = head.scores(test);
    CHECK(scores.rows() == 20);
    CHECK(support::same_bits(read.scores(test).data(), scores.data(), scores.size()));
  }
  fit(HeadMethod::ridge).save(path);
  CHECK_FALSE(Head::open(path).origin().image_size);
  CHECK(Head::open(path).origin().precision.empty());
  CHECK(Head::open(path).origin().features == HeadFeatures::pooled);
}

TEST_CASE("head: neighbours too short to be scaled to length 1 are read back as they were saved") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "head.safetensors";
  Matrix<float> features(2, 2);
  features << 3e-14F, 0, 0, 1;
  HeadOptions options;
  options.method = HeadMethod::knn;
  const Head head(TrainingSet(features, {0, 1}, 2), {"a", "b"}, options);
  CHECK(std::get<WeightedKnn>(head.classifier()).neighbours()(0, 0) == doctest::Approx(0.03));
  head.save(path);
  const Matrix<float> scores = head.scores(Matrix<float>::Ones(1, 2));
  CHECK(Head::open(path).scores(Matrix<float>::Ones(1, 2)) == scores);
}

TEST_CASE("head: the method's own scores") {
  const auto set = probe_golden::Golden("three").set();
  const Matrix<float> ridge = fit_ridge_probe(set).scores(set.features());
  CHECK(fit(HeadMethod::ridge).scores(set.features()) == ridge);
  CHECK(std::holds_alternative<WeightedKnn>(fit(HeadMethod::knn).classifier()));
  CHECK(std::holds_alternative<LinearProbe>(fit(HeadMethod::prototypes).classifier()));
}

TEST_CASE("head: predictions are the best first, with probabilities where there are any") {
  Vector<float> scores(3);
  scores << 1, 3, 1;
  const auto ridge = fit(HeadMethod::ridge).predictions(scores, 9);
  REQUIRE(ridge.size() == 3);
  CHECK(ridge[0].index == 1);
  CHECK(ridge[0].label == labels[1]);
  CHECK(ridge[0].score == 3);
  CHECK(ridge[1].index == 0);
  CHECK(ridge[2].index == 2);
  const auto logistic = fit(HeadMethod::logistic).predictions(scores, 1);
  REQUIRE(logistic.size() == 1);
  CHECK(logistic[0].score == doctest::Approx(std::exp(2) / (std::exp(2) + 2)));
  const Matrix<float> test = probe_golden::Golden("three").matrix("test");
  const Head knn = fit(HeadMethod::knn);
  const auto best = knn.classify(test.row(4).transpose(), 2);
  REQUIRE(best.size() == 2);
  Index expected = 0;
  CHECK(best[0].score == knn.scores(test).row(4).maxCoeff(&expected));
  CHECK(best[0].index == expected);
  scores[0] = support::not_a_number;
  CHECK(
      message_of<eigenvit::ConfigError>([&] { fit(HeadMethod::knn).predictions(scores, 1); }) ==
      "head: the logits are not finite: found NaN or an infinity for class 0 of 3, as from weights "
      "or pixel values that hold one");
  CHECK(message_of<ShapeError>([] {
          fit(HeadMethod::knn).predictions(Vector<float>::Zero(2), 1);
        }) == "head: expected scores of 3 classes, found 2");
}

TEST_CASE("head: belongs to one model") {
  const Model model = load_model(golden::shipped_model());
  const auto random = support::random_values<float>(4 * 128, 1);
  const TrainingSet set(ConstMatrixView<float>(random.data(), 4, 128), {0, 1, 0, 1}, 2);
  const Head head(set, {"a", "b"}, {}, {HeadFeatures::pooled, model.fingerprint(), {}});
  CHECK_NOTHROW(head.check(model, HeadFeatures::pooled));
  CHECK(message_of<ConfigError>([&] { head.check(model, HeadFeatures::patches); }) ==
        "head: expected a head for patches, found one for whole images");

  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "other.safetensors";
  Head(set, {"a", "b"}, {}, {HeadFeatures::pooled, "0123456789abcdef", {}}).save(path);
  CHECK(contains(
      message_of<ConfigError>([&] { Head::open(path).check(model, HeadFeatures::pooled); }),
      "other.safetensors: expected the model that the head was made for, of fingerprint "
      "'0123456789abcdef', found '" +
          model.fingerprint() + "'"));
  fit(HeadMethod::logistic, {HeadFeatures::patches, model.fingerprint(), {}}).save(path);
  CHECK(contains(
      message_of<ShapeError>([&] { Head::open(path).check(model, HeadFeatures::patches); }),
      "other.safetensors: expected a model whose patches have 8 values, found one of 128"));
}

TEST_CASE("head: errors of fitting and saving") {
  const TrainingSet set = probe_golden::Golden("three").set();
  CHECK(message_of<ShapeError>([&] {
          Head(set, {"a", "b"});
        }) == "head: expected a label for each of 3 classes, found 2");
  HeadOptions options;
  options.logistic.c = -1;
  CHECK(contains(message_of<ConfigError>([&] { Head(set, labels, options); }), "finite C above 0"));

  options = {};
  options.logistic.max_iterations = 1;
  CHECK(contains(message_of<ConfigError>([&] { Head(set, labels, options); }),
                 "expected the logistic regression to converge, found it still moving after 1 "));

  const test_files::TemporaryFolder folder;
  CHECK(contains(message_of<FileError>([&] {
                   fit(HeadMethod::ridge).save(folder.path() / "none" / "head.safetensors");
                 }),
                 "head.safetensors: cannot be written"));
}

TEST_CASE("head: a file that is no head, or not a whole one") {
  const test_files::TemporaryFolder folder;
  const auto fails = [&](const Parts& parts,
                         const std::map<std::string, std::vector<float>>& others = {}) {
    const auto path = parts.write(folder, others);
    return message_of<FormatError>([&] { Head::open(path); });
  };
  CHECK_NOTHROW(Head::open(Parts().write(folder)));
  CHECK_NOTHROW(Head::open(knn_parts().write(folder, {{"classes", {0, 1}}})));
  CHECK(contains(fails(knn_parts(), {{"neighbours", {1, 1.00001F}}}),
                 "tensor 'neighbours': expected vectors of length 1 or less, found a longer one in "
                 "row 1"));
  CHECK(contains(message_of<FileError>([&] { Head::open(folder.path() / "nothing"); }), "nothing"));
  CHECK(contains(
      message_of<FormatError>([&] { Head::open(golden::shipped_model() / "model.safetensors"); }),
      "model.safetensors: expected a file of the format 'EigenViT head 1', found "));

  Parts parts;
  parts.metadata["format"] = "EigenViT head 2";
  CHECK(contains(fails(parts),
                 "expected a file of the format 'EigenViT head 1', found "
                 "'EigenViT head 2'"));
  parts = {};
  parts.metadata["method"] = "magic";
  CHECK(contains(fails(parts),
                 "head.safetensors: method: expected one of prototypes, knn, ridge, "
                 "logistic, found 'magic'"));
  for (const char* const key : {"method", "features", "model", "scaling"}) {
    parts = {};
    parts.metadata.erase(key);
    CHECK(contains(fails(parts), std::string("expected ") + key + " in the metadata, found none"));
  }
  parts = {};
  parts.metadata.erase("label.1");
  CHECK(contains(fails(parts), "expected at least 2 labels in the metadata, found 1"));
  for (const char* const size : {"", "x", "4", "0x4", "4x-4", "4x4x4", "999999999999x4"}) {
    parts = {};
    parts.metadata["image_size"] = size;
    CHECK(contains(fails(parts), std::string("image_size: expected HEIGHTxWIDTH, found '") + size));
  }
  parts = {};
  parts.shapes.erase("bias");
  CHECK(contains(fails(parts), "bias"));
  parts = {};
  parts.shapes["weight"] = {3, 3};
  CHECK(contains(fails(parts), "tensor 'weight': expected [2, any], found F32 [3, 3]"));
  parts.shapes["weight"] = {2, 0};
  CHECK(contains(fails(parts), "tensor 'weight': expected [2, any], found F32 [2, 0]"));
  parts.shapes["weight"] = {6};
  CHECK(contains(fails(parts), "tensor 'weight': expected [2, any], found F32 [6]"));
  parts = {};
  parts.shapes["mean"] = {4};
  CHECK(contains(fails(parts), "tensor 'mean': expected [3], found F32 [4]"));
  parts = {};
  CHECK(contains(fails(parts, {{"bias", {0, support::not_a_number}}}),
                 "tensor 'bias': expected finite values, found others"));
  CHECK(contains(fails(parts, {{"scale", {1, 0, 1}}}),
                 "tensor 'scale': expected positive values, found others"));

  for (const float other : {-1.0F, 2.0F, 0.5F}) {
    CHECK(contains(fails(knn_parts(), {{"classes", {0, other}}}),
                   "tensor 'classes': expected whole numbers from 0 to 1, found others"));
  }
  CHECK(contains(fails(knn_parts()), "tensor 'classes': expected a neighbour of each class"));
  CHECK(contains(fails(knn_parts(), {{"classes", {0, 1}}, {"k", {0.5F}}}),
                 "tensor 'k': expected a number from 1 to 16777216, found others"));
  CHECK(contains(fails(knn_parts(), {{"classes", {0, 1}}, {"temperature", {0}}}),
                 "tensor 'temperature': expected a positive value, found others"));
  parts = knn_parts();
  parts.shapes["k"] = {1};
  CHECK(contains(fails(parts, {{"classes", {0, 1}}}), "tensor 'k': expected [], found F32 [1]"));
  parts = knn_parts();
  parts.shapes["neighbours"] = {0, 3};
  CHECK(contains(fails(parts, {{"classes", {0, 1}}}),
                 "tensor 'neighbours': expected [any, any], found F32 [0, 3]"));
}
