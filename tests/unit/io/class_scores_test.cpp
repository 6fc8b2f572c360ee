#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/class_scores.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::message_of;

namespace {

/// How a folder of timm with this configuration and so many classes is scored.
ClassScores scores(nlohmann::json config, std::size_t classes) {
  config["architecture"] = "vit_tiny_patch16_224";
  config["num_classes"] = classes;
  config["model_args"] = {{"img_size", 16}, {"patch_size", 8}, {"embed_dim", 8},
                          {"depth", 1},     {"num_heads", 2},  {"mlp_ratio", 2}};
  const std::string text = config.dump();
  const std::string weights = test_files::timm_zeros(3, classes);
  return ModelFolder::from_memory({text, {}, weights.data(), weights.size()}).checkpoint().scores;
}

}  // namespace

TEST_CASE("problem_type decides how classes are scored, then their number") {
  const auto of_type = [](const char* type, std::size_t classes) {
    return scores({{"problem_type", type}}, classes);
  };
  CHECK(scores(nlohmann::json::object(), 3) == ClassScores::softmax);
  CHECK(scores(nlohmann::json::object(), 1) == ClassScores::sigmoid);
  CHECK(scores({{"problem_type", nullptr}}, 2) == ClassScores::softmax);
  CHECK(of_type("single_label_classification", 3) == ClassScores::softmax);
  CHECK(of_type("single_label_classification", 1) == ClassScores::sigmoid);
  CHECK(of_type("multi_label_classification", 3) == ClassScores::sigmoid);
  CHECK(of_type("multi_label_classification", 1) == ClassScores::sigmoid);
  CHECK(of_type("regression", 1) == ClassScores::none);
  CHECK(of_type("regression", 3) == ClassScores::none);
  CHECK(message_of<ConfigError>([&] { of_type("ranking", 3); }) ==
        "config.json: key 'problem_type': expected regression, single_label_classification or "
        "multi_label_classification, found \"ranking\"");
  // Without a head nothing is scored.
  CHECK(of_type("ranking", 0) == ClassScores::softmax);
}
