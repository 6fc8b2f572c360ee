#include <algorithm>
#include <variant>

#include <doctest/doctest.h>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/model_fingerprint.hpp>

#include "../golden.hpp"

using eigenvit::ModelFolder;

TEST_CASE("a dense head is read where the options say so, with the rest as it is without") {
  const auto folder = golden::models_folder() / "hf_depth_anything";
  eigenvit::ModelOptions options;
  options.precision = eigenvit::Precision::int8;
  const auto without = ModelFolder::open(folder, options);
  const auto with = ModelFolder::open(folder, eigenvit::with_dense_heads(options));
  CHECK(with.options().precision == eigenvit::Precision::int8);
  CHECK(std::holds_alternative<std::monostate>(without.checkpoint().dense_head));
  CHECK(std::holds_alternative<eigenvit::DepthConfig>(with.checkpoint().dense_head));
  CHECK(without.read_network<float>().layers().dense_head == nullptr);
  CHECK(with.read_network<float>().layers().dense_head != nullptr);
  const auto encoder = without.layer_names();
  const auto all = with.layer_names();
  REQUIRE(all.size() > encoder.size());
  CHECK(std::equal(encoder.begin(), encoder.end(), all.begin()));
  CHECK(all[encoder.size()].rfind("depth_head.", 0) == 0);
}

TEST_CASE("a folder without a dense head is the same model with such options") {
  const auto without = ModelFolder::open(golden::shipped_model());
  const auto with = ModelFolder::open(golden::shipped_model(), eigenvit::with_dense_heads());
  CHECK(with.read_network<float>().layers().dense_head == nullptr);
  CHECK(eigenvit::detail::model_fingerprint(with.checkpoint(), with.tensors()) ==
        eigenvit::detail::model_fingerprint(without.checkpoint(), without.tensors()));
}
