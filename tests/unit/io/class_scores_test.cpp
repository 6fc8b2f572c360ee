#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/class_scores.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "test_files.hpp"

using namespace eigenvit;

namespace {

/// What is read of a folder of timm with this configuration and so many classes.
Checkpoint checkpoint(nlohmann::json config, std::size_t classes) {
  config["architecture"] = "vit_tiny_patch16_224";
  config["num_classes"] = classes;
  config["model_args"] = {{"img_size", 16}, {"patch_size", 8}, {"embed_dim", 8},
                          {"depth", 1},     {"num_heads", 2},  {"mlp_ratio", 2}};
  const std::string text = config.dump();
  const std::string weights = test_files::timm_zeros(3, classes);
  return ModelFolder::from_memory({text, {}, weights.data(), weights.size()}).checkpoint();
}

ClassScores scores(const nlohmann::json& config, std::size_t classes) {
  return checkpoint(config, classes).scores;
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
}

TEST_CASE("a problem_type that transformers does not know is noted, and not used") {
  for (const nlohmann::json& type : {nlohmann::json("ranking"), nlohmann::json(1)}) {
    const Checkpoint several = checkpoint({{"problem_type", type}}, 3);
    CHECK(several.scores == ClassScores::softmax);
    CHECK(several.notes == std::vector<std::string>{"config.json: key 'problem_type': " +
                                                    type.dump() + " is not known: not used"});
    CHECK(checkpoint({{"problem_type", type}}, 1).scores == ClassScores::sigmoid);
    // Without a head nothing is scored.
    CHECK(checkpoint({{"problem_type", type}}, 0).notes.empty());
  }
}
