#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/features/zero_shot.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "../support.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

std::filesystem::path texts_file(const std::string& name) {
  return golden::source_folder() / "tests" / "golden" / "zero_shot" / (name + ".safetensors");
}

/// Texts of random vectors.
TextEmbeddings some_texts(Index count, Index width) {
  TextEmbeddings texts;
  const auto values = support::random_values<float>(count * width, 1);
  texts.vectors = ConstMatrixView<float>(values.data(), count, width);
  for (Index i = 0; i < count; ++i) texts.names.push_back("text " + std::to_string(i));
  return texts;
}

}  // namespace

TEST_CASE("logits and probabilities are those of CLIPModel and SiglipModel") {
  for (const std::string name : {"hf_clip", "hf_siglip"}) {
    CAPTURE(name);
    const auto folder = golden::models_folder() / name;
    const Model model = load_model(folder);
    const ZeroShot zero_shot(model, read_text_embeddings(texts_file(name)));
    const auto store = TensorStore::open_file(texts_file(name));
    const auto logits = golden::read(store, "logits_per_image");
    const auto probabilities = golden::read(store, "probabilities");
    const auto pixels =
        golden::read(TensorStore::open_file(folder / "expected.safetensors"), "pixel_values");
    const auto output = model.network().forward({pixels.values.data(), Index(pixels.shape[0]),
                                                 Index(pixels.shape[2]), Index(pixels.shape[3])},
                                                zero_shot.taps());
    const Index texts = zero_shot.size();
    REQUIRE(texts == 6);
    REQUIRE(output.images == Index(logits.shape[0]));
    for (Index image = 0; image < output.images; ++image) {
      const Vector<float> found = zero_shot.logits(output.image_embeds_of(image));
      const float* const expected = logits.values.data() + image * texts;
      CHECK(support::worst_error(found.data(), expected, texts) < 2e-6);
      const auto all = zero_shot.predictions(output, image, 100);
      REQUIRE(all.size() == 6);
      for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(double(all[i].score) ==
              doctest::Approx(probabilities.values[std::size_t(image * texts + all[i].index)])
                  .epsilon(1e-5));
        CHECK(all[i].label == "text " + std::to_string(all[i].index));
        if (i > 0) CHECK(all[i - 1].score >= all[i].score);
      }
      CHECK(zero_shot.predictions(output, image, 2).size() == 2);
    }
  }
}

TEST_CASE("scale and bias come from the checkpoint, else from the texts, else of the family") {
  const Model clip = load_model(golden::models_folder() / "hf_clip");
  TextEmbeddings texts = some_texts(3, clip.network().config().image_embeds_width());
  texts.logits.log_scale = 2;
  CHECK(ZeroShot(clip, texts).log_scale() == -0.26318359375);
  CHECK(ZeroShot(clip, texts).score() == TextScore::softmax);

  const Model tower = load_model(golden::models_folder() / "hf_clip_vision_projection");
  texts = some_texts(3, tower.network().config().image_embeds_width());
  CHECK(ZeroShot(tower, texts).log_scale() == doctest::Approx(std::log(100.0)));
  texts.logits.log_scale = 2;
  CHECK(ZeroShot(tower, texts).log_scale() == 2);
  CHECK(ZeroShot(tower, texts).bias() == 0);

  // The pooled vector of a SigLIP tower alone is what its pair compares.
  const Model siglip = load_model(golden::models_folder() / "hf_siglip_vision");
  texts = some_texts(3, siglip.network().config().pooled_width());
  CHECK(contains(message_of<ConfigError>([&] { ZeroShot(siglip, texts); }),
                 "expected 'logit_scale' and 'logit_bias' in __metadata__, as the model's own "
                 "files lack them, found no scale"));
  texts.logits.log_scale = 3;
  CHECK(contains(message_of<ConfigError>([&] { ZeroShot(siglip, texts); }), "found no bias"));
  texts.logits.bias = -9;
  const ZeroShot sigmoid(siglip, texts);
  CHECK(sigmoid.score() == TextScore::sigmoid);
  CHECK(sigmoid.bias() == -9);
  CHECK(sigmoid.taps().pooled);

  // A family that the model does not name: the bias decides.
  const Model timm = load_model(golden::shipped_model());
  texts = some_texts(3, 128);
  CHECK(ZeroShot(timm, texts).score() == TextScore::softmax);
  texts.logits.log_scale = 3;
  texts.logits.bias = -9;
  CHECK(ZeroShot(timm, texts).score() == TextScore::sigmoid);
}

TEST_CASE("texts that do not fit are refused") {
  const Model clip = load_model(golden::models_folder() / "hf_clip");
  CHECK(contains(message_of<ShapeError>([&] { ZeroShot(clip, some_texts(3, 5)); }),
                 "text embeddings: expected texts of width 11, that of the image_embeds of "
                 "'CLIPModel', and a name for each, found [3, 5] and 3 names"));
  TextEmbeddings texts = some_texts(3, 11);
  texts.vectors.row(2).setZero();
  CHECK(
      contains(message_of<ShapeError>([&] { ZeroShot(clip, texts); }),
               "text embeddings: text 2: expected a vector with a direction, found one of zeros"));
  texts = some_texts(3, 11);
  texts.names.pop_back();
  CHECK(contains(message_of<ShapeError>([&] { ZeroShot(clip, texts); }), "2 names"));
  const ZeroShot zero_shot(clip, some_texts(3, 11));
  CHECK(contains(message_of<ShapeError>([&] { zero_shot.logits(Vector<float>::Ones(4)); }),
                 "expected a vector of 11 values, found 4"));
}

TEST_CASE("the logits of an image without a direction are an error") {
  const Model clip = load_model(golden::models_folder() / "hf_clip");
  const ZeroShot zero_shot(clip, some_texts(3, 11));
  eigenvit::VitOutput<float> output;
  output.embeds_width = 11;
  output.image_embeds.assign(11, 0.0F);
  CHECK(
      contains(message_of<eigenvit::ConfigError>([&] { zero_shot.predictions(output, 0, 1); }),
               "zero-shot: the logits are not finite: found NaN or an infinity for class 0 of 3"));
}
