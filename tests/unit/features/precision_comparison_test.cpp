#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/precision_comparison.hpp>
#include <eigenvit/image/decode.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

PrecisionComparison comparison_of_photographs(const ModelOptions& options = {}) {
  PrecisionComparison comparison(ModelFolder::open(golden::shipped_model(), options));
  for (const char* const name : {"chelsea.png", "coffee.png", "rocket.jpg"}) {
    comparison.add(load_image(golden::source_folder() / "examples" / "images" / name));
  }
  return comparison;
}

/// Mean cosine of the rows of two results, in another way: of rows scaled to length 1.
double mean_cosine(ConstMatrixView<float> a, ConstMatrixView<float> b) {
  double total = 0;
  for (Index r = 0; r < a.rows(); ++r) {
    const Eigen::VectorXd x = a.row(r).cast<double>().transpose().normalized();
    const Eigen::VectorXd y = b.row(r).cast<double>().transpose().normalized();
    total += x.dot(y);
  }
  return total / double(a.rows());
}

}  // namespace

TEST_CASE("float32 agrees with itself to the bit") {
  const PrecisionAgreement agreement = comparison_of_photographs().agreement(Precision::float32);
  CHECK(agreement.images == 3);
  CHECK(agreement.same_class == 3);
  CHECK(agreement.patches.vectors == 3 * 64);
  for (const auto* kind :
       {&agreement.pooled, &agreement.logits, &agreement.cls, &agreement.patches}) {
    CHECK(kind->vectors >= 3);
    CHECK(kind->mean_cosine == doctest::Approx(1).epsilon(1e-12));
    CHECK(kind->largest_error == 0);
  }
}

TEST_CASE("the shipped model sees the same in each precision on photographs") {
  ThreadPoolExecutor executor(2);
  const PrecisionComparison comparison = comparison_of_photographs();
  for (const Precision precision : {Precision::bfloat16, Precision::int8}) {
    CAPTURE(name_of(precision));
    const PrecisionAgreement agreement = comparison.agreement(precision, &executor);
    CHECK(agreement.same_class == 3);
    CHECK(agreement.patches.largest_error > 0);
    CHECK(agreement.logits.mean_cosine > 0.999);
    CHECK(agreement.patches.mean_cosine > 0.998);
    CHECK(agreement.patches.percentile_cosine <= agreement.patches.mean_cosine);
    CHECK(agreement.patches.percentile_cosine > 0.99);
  }
}

TEST_CASE("figures are those of the results themselves") {
  PrecisionComparison comparison(ModelFolder::open(golden::shipped_model()));
  const Image image = load_image(golden::source_folder() / "examples" / "images" / "coffee.png");
  comparison.add(image);
  const PrecisionAgreement agreement = comparison.agreement(Precision::int8);
  ModelOptions options;
  options.precision = Precision::int8;
  Taps taps;
  taps.tokens = taps.logits = true;
  const auto expected = load_model(golden::shipped_model()).run({image}, taps);
  const auto found = load_model(golden::shipped_model(), options).run({image}, taps);
  const auto patches = [](const VitOutput<float>& output) {
    return ConstMatrixView<float>(output.tokens.data() + output.width, 64, output.width);
  };
  CHECK(agreement.patches.mean_cosine ==
        doctest::Approx(mean_cosine(patches(expected), patches(found))).epsilon(1e-6));
  CHECK(agreement.patches.largest_error ==
        doctest::Approx((patches(expected) - patches(found)).cwiseAbs().maxCoeff()));
  CHECK(agreement.cls.vectors == 1);
  CHECK(agreement.logits.largest_error ==
        doctest::Approx((expected.logits_of(0) - found.logits_of(0)).cwiseAbs().maxCoeff()));
}

TEST_CASE("layers are measured alone, the worst first") {
  PrecisionComparison comparison(ModelFolder::open(golden::shipped_model()));
  comparison.add(load_image(golden::source_folder() / "examples" / "images" / "rocket.jpg"));
  const auto costs = comparison.layer_costs(Precision::int8);
  CHECK(costs.size() == 4 * 6);
  CHECK(comparison.layers(Precision::int8) == costs.size());
  CHECK(comparison.layers(Precision::bfloat16) == costs.size() + 1);
  CHECK(comparison.layers(Precision::float32) == 0);
  CHECK(std::is_sorted(costs.begin(), costs.end(),
                       [](const LayerCost& a, const LayerCost& b) { return a.loss > b.loss; }));
  CHECK(costs.front().loss > 0);
  // Each alone costs less than all together.
  CHECK(costs.front().loss < 1 - comparison.agreement(Precision::int8).patches.mean_cosine);

  std::vector<std::size_t> done;
  const auto two = comparison.layer_costs(Precision::int8, nullptr, [&](std::size_t count) {
    done.push_back(count);
    return count < 2;
  });
  CHECK(two.size() == 2);
  CHECK(done == std::vector<std::size_t>{1, 2});
}

TEST_CASE("layers that the options keep in float stay there") {
  ModelOptions options;
  options.float_layers = {"blocks.*.mlp.*", "blocks.*.attn.qkv"};
  PrecisionComparison comparison = comparison_of_photographs(options);
  for (const LayerCost& cost : comparison.layer_costs(Precision::int8)) {
    CHECK(contains(cost.layer, "attn.proj"));
  }
  options.float_layers = {"blocks.*"};
  comparison = comparison_of_photographs(options);
  CHECK(comparison.layers(Precision::int8) == 0);
  CHECK(comparison.agreement(Precision::int8).patches.largest_error == 0);
}

TEST_CASE("a comparison needs an image, and layers that exist") {
  const PrecisionComparison comparison(ModelFolder::open(golden::shipped_model()));
  CHECK(message_of<ConfigError>([&] { comparison.agreement(Precision::int8); }) ==
        "comparison of precisions: expected at least one image, found none");
  ModelOptions options;
  options.float_layers = {"blocks.7.mlp.fc9"};
  CHECK(contains(message_of<ConfigError>([&] { comparison_of_photographs(options); }),
                 "found 'blocks.7.mlp.fc9'"));
}
