#include <cmath>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/contrastive_logits.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

using eigenvit::ModelFolder;
using eigenvit::TextScore;
using test_files::contains;
using test_files::message_of;

namespace {

eigenvit::ContrastiveLogits of(const std::string& name) {
  const auto folder = golden::models_folder() / name;
  return ModelFolder::open(folder, golden::options(folder)).checkpoint().contrastive;
}

}  // namespace

TEST_CASE("scale and bias are read where the file has them") {
  const auto clip = of("hf_clip");
  CHECK(clip.score == TextScore::softmax);
  CHECK(clip.log_scale.value() == -0.26318359375);
  CHECK_FALSE(clip.bias.has_value());

  const auto siglip = of("hf_siglip");
  CHECK(siglip.score == TextScore::sigmoid);
  CHECK(siglip.log_scale.value() == -0.56298828125);
  CHECK(siglip.bias.value() == 0.34619140625);

  // Of the pair inside of a detector.
  CHECK(of("hf_owlvit_detector").log_scale.value() == -0.130615234375);

  // The negative logarithm of a temperature.
  CHECK(of("hf_tipsv2").log_scale.value() > 0);

  CHECK(of("openai_clip").log_scale == 1);
  CHECK(of("open_clip").score == TextScore::softmax);
}

TEST_CASE("an image tower alone has its family's score and no numbers") {
  const auto clip = of("hf_clip_vision_projection");
  CHECK(clip.score == TextScore::softmax);
  CHECK_FALSE(clip.log_scale.has_value());
  CHECK(of("hf_siglip_vision").score == TextScore::sigmoid);
  CHECK_FALSE(of("hf_siglip_vision").bias.has_value());
  CHECK_FALSE(of("timm_vit_no_head").score.has_value());
}

TEST_CASE("a scale that is no number is refused") {
  const auto folder = golden::models_folder() / "hf_siglip";
  const std::string config = test_files::read_bytes(folder / "config.json");
  std::string weights = test_files::read_bytes(folder / "model.safetensors");
  const auto read = [&] {
    return message_of<eigenvit::FormatError>([&] {
      ModelFolder::from_memory({config, {}, weights.data(), weights.size()});
    });
  };
  CHECK(read() == "(no exception)");
  const auto original = ModelFolder::from_memory({config, {}, weights.data(), weights.size()});
  const auto& info = original.tensors().at("logit_scale");
  const auto at = std::size_t(info.data - reinterpret_cast<const std::byte*>(weights.data()));
  weights.replace(at, info.bytes, std::string(info.bytes, '\x7F'));  // a NaN in any precision
  CHECK(contains(read(), "tensor 'logit_scale': expected a finite value"));
}
