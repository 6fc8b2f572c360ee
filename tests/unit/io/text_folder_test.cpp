// Networks of texts against the classes of transformers (tests/golden/make_text_towers.py) and of
// open_clip (tests/golden/make_open_clip_texts.py).
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/io/text_folder.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

namespace {

using eigenvit::Index;
using eigenvit::TensorStore;
using eigenvit::TextFolder;
using eigenvit::TextOptions;
using nlohmann::json;
using test_files::contains;
using test_files::message_of;

std::filesystem::path golden_towers() {
  return golden::source_folder() / "tests" / "golden" / "text_towers";
}

// What a golden folder expects of its network.
struct Expected {
  explicit Expected(const std::filesystem::path& folder)
      : store(TensorStore::open_file(folder / "expected.safetensors")),
        tokens(golden::read(store, "last_hidden_state").values),
        pooled(golden::read(store, "pooled").values),
        embeds(golden::read(store, "text_embeds").values) {
    const golden::Tensor numbers = golden::read(store, "input_ids");
    texts = Index(numbers.shape[0]);
    length = Index(numbers.shape[1]);
    ids.assign(numbers.values.begin(), numbers.values.end());
  }

  eigenvit::TextTokens input() const { return {ids.data(), texts, length}; }

  TensorStore store;
  std::vector<std::int32_t> ids;
  Index texts = 0;
  Index length = 0;
  eigenvit::AlignedBuffer<float> tokens;
  eigenvit::AlignedBuffer<float> pooled;
  eigenvit::AlignedBuffer<float> embeds;
};

eigenvit::TextTaps all_taps() {
  eigenvit::TextTaps taps;
  taps.tokens = taps.pooled = taps.text_embeds = true;
  return taps;
}

// A golden folder that a test changes.
class TextTower {
 public:
  explicit TextTower(const std::string& name)
      : config_name(name.compare(0, 9, "open_clip") == 0 ? "open_clip_config.json" : "config.json"),
        config(json::parse(test_files::read_bytes(golden_towers() / name / config_name))) {
    const TensorStore store = TensorStore::open(golden_towers() / name);
    for (const std::string& tensor : store.names()) tensors[tensor] = golden::read(store, tensor);
  }

  TextFolder open() const {
    const test_files::TemporaryFolder folder;
    folder.write(config_name, config.dump());
    std::vector<eigenvit::TensorToWrite> written;
    for (const auto& [name, tensor] : tensors) {
      written.push_back({name, tensor.shape, tensor.values.data()});
    }
    eigenvit::write_safetensors(folder.path() / "model.safetensors", written);
    TextOptions options;
    options.read_at_load = true;  // the folder goes
    return TextFolder::open(folder.path(), options);
  }
  // The error of reading the network.
  std::string error() const {
    return message_of<eigenvit::Error>([&] { open().read_network<float>(); });
  }

  std::string config_name;
  json config;
  std::map<std::string, golden::Tensor> tensors;
};

template <class Scalar>
void compare(const std::filesystem::path& path, const TextOptions& options) {
  const Expected expected(path);
  const auto network = TextFolder::open(path, options).read_network<Scalar>();
  const auto output = network.forward(expected.input(), all_taps());
  CHECK(golden::relative_error(output.tokens, expected.tokens) < 1e-5);
  CHECK(golden::relative_error(output.pooled, expected.pooled) < 1e-5);
  CHECK(golden::relative_error(output.text_embeds, expected.embeds) < 1e-5);
  // Alone, the vectors are computed of fewer tokens.
  eigenvit::TextTaps taps;
  taps.text_embeds = true;
  const auto embeds = network.forward(expected.input(), taps);
  CHECK(embeds.tokens.empty());
  CHECK(golden::relative_error(embeds.text_embeds, expected.embeds) < 1e-5);
}

}  // namespace

TEST_CASE("networks of texts give what the classes in Python give") {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden_towers())) {
    CAPTURE(entry.path().filename().string());
    TextOptions options;
    if (entry.path().filename() == "openai_clip") options.release = "openai_clip";
    compare<float>(entry.path(), options);
    compare<double>(entry.path(), options);
    options.keep_packed = false;
    compare<float>(entry.path(), options);
    options.read_at_load = true;
    compare<float>(entry.path(), options);
    ++count;
  }
  CHECK(count == 32);
}

TEST_CASE("text folders say what they hold") {
  const TextFolder clip = TextFolder::open(golden_towers() / "clip");
  CHECK(clip.checkpoint().family == "transformers clip");
  CHECK(clip.checkpoint().architecture == "CLIPModel");
  CHECK(clip.checkpoint().contrastive.score == eigenvit::TextScore::softmax);
  CHECK(clip.checkpoint().contrastive.log_scale.has_value());
  CHECK(clip.checkpoint().config.projection_dim == 10);
  CHECK(clip.checkpoint().config.normalize_embeds);
  CHECK(clip.tensors().find("logit_scale") != nullptr);
  const TextFolder siglip = TextFolder::open(golden_towers() / "siglip_text");
  CHECK(siglip.checkpoint().family == "transformers siglip_text_model");
  CHECK(siglip.checkpoint().architecture == "SiglipTextModel");
  CHECK(siglip.checkpoint().contrastive.score == eigenvit::TextScore::sigmoid);
  CHECK_FALSE(siglip.checkpoint().config.normalize_embeds);
}

TEST_CASE("AIMv2's scale is limited as where Python uses it") {
  TextTower tower("aimv2");
  tower.tensors["logit_scale"].values[0] = 9;
  CHECK(tower.open().checkpoint().contrastive.log_scale == std::log(100.0));
  tower.tensors["logit_scale"].values[0] = -1;
  CHECK(tower.open().checkpoint().contrastive.log_scale == 0.0);
  tower.config["text_config"]["mlp_bias"] = true;
  CHECK(contains(tower.error(), "mlp_bias': expected the same as qkv_bias, false, found true"));
}

TEST_CASE("text folders of OpenCLIP say what they hold") {
  const TextFolder plain = TextFolder::open(golden_towers() / "open_clip");
  CHECK(plain.checkpoint().family == "open_clip");
  CHECK(plain.checkpoint().architecture == "OpenCLIP");
  CHECK(plain.checkpoint().contrastive.score == eigenvit::TextScore::softmax);
  CHECK(plain.checkpoint().config.text_pool == eigenvit::TextPool::greatest_id);
  CHECK_FALSE(plain.checkpoint().config.normalize_embeds);
  CHECK(plain.checkpoint().notes.empty());
  const TextFolder siglip = TextFolder::open(golden_towers() / "open_clip_siglip");
  CHECK(siglip.checkpoint().contrastive.score == eigenvit::TextScore::sigmoid);
  CHECK(siglip.checkpoint().config.mlp_hidden == 44);
  CHECK_FALSE(siglip.checkpoint().config.causal);
  TextOptions options;
  options.release = "openai_clip";
  const TextFolder bare = TextFolder::open(golden_towers() / "openai_clip", options);
  CHECK(bare.checkpoint().architecture == "OpenAI CLIP");
  REQUIRE(bare.checkpoint().notes.size() == 1);
  CHECK(contains(bare.checkpoint().notes[0], "read as the release openai_clip, as asked"));
}

TEST_CASE("NLLB-CLIP's positions are computed, and count as no weights") {
  TextTower tower("open_clip_nllb");
  const TextFolder folder = tower.open();
  CHECK(folder.checkpoint().architecture == "OpenCLIP facebook/nllb-200-distilled-600M");
  CHECK(folder.checkpoint().config.context_length == 1024);
  std::size_t stored = 0;
  for (const auto& [name, tensor] : tower.tensors) {
    if (name.compare(0, 5, "text.") == 0) stored += tensor.values.size();
  }
  const auto network = folder.read_network<float>();
  CHECK(std::size_t(network.parameters()) == stored);
  // Files of older releases have them as a tensor.
  golden::Tensor table;
  table.shape = {1026, 12};
  table.values.assign(1026 * 12, 7.0f);
  tower.tensors["text.transformer.embed_positions.weights"] = table;
  const Expected expected(golden_towers() / "open_clip_nllb");
  const auto output = tower.open().read_network<float>().forward(expected.input(), all_taps());
  CHECK(golden::relative_error(output.text_embeds, expected.embeds) < 1e-5);
}

TEST_CASE("encoders of transformers in other precisions have vectors near those in float32") {
  for (const char* const name : {"open_clip_nllb", "open_clip_mt5"}) {
    CAPTURE(name);
    const Expected expected(golden_towers() / name);
    for (const eigenvit::Precision precision :
         {eigenvit::Precision::bfloat16, eigenvit::Precision::int8}) {
      TextOptions options;
      options.precision = precision;
      const auto network = TextFolder::open(golden_towers() / name, options).read_network<float>();
      const auto output = network.forward(expected.input(), all_taps());
      const Index width = output.embeds_width;
      for (Index text = 0; text < expected.texts; ++text) {
        const auto found = output.text_embeds_of(text);
        const eigenvit::ConstVectorView<float> exact(expected.embeds.data() + text * width, width);
        CHECK(found.dot(exact) / (found.norm() * exact.norm()) > 0.99f);
      }
    }
  }
}

TEST_CASE("text folders of OpenCLIP that cannot be read say why") {
  TextTower tower("open_clip_siglip");
  json& text = tower.config["model_cfg"]["text_cfg"];
  CHECK(tower.error() == "(no exception)");

  SUBCASE("a network of transformers") {
    text["hf_model_name"] = "roberta-base";
    CHECK(contains(tower.error(), "text.transformer.embeddings.token_type_embeddings.weight"));
    text["hf_model_name"] = "google/mt5-small";
    CHECK(contains(tower.error(),
                   "open_clip_config.json: key 'model_cfg.text_cfg.hf_model_name': expected one of "
                   "roberta-base, xlm-roberta-base, xlm-roberta-large, "
                   "facebook/nllb-200-distilled-600M, facebook/nllb-200-distilled-1.3B, "
                   "google/mt5-base, google/mt5-xl, found \"google/mt5-small\""));
    text["hf_model_name"] = "facebook/nllb-200-distilled-600M";
    CHECK(contains(tower.error(), "text.transformer.embed_tokens.weight"));
  }
  SUBCASE("other blocks") {
    text["block_type"] = "custom";
    CHECK(contains(tower.error(), "block_type': expected a network of texts of open_clip's own"));
  }
  SUBCASE("the token of CoCa where there is none") {
    text["embed_cls"] = true;
    text["context_length"] = 10;
    CHECK(contains(tower.error(), "tensor 'text.cls_emb'"));
  }
  SUBCASE("an unknown pooling") {
    text["pool_type"] = "mean";
    CHECK(contains(tower.error(),
                   "pool_type': expected 'argmax', 'first', 'last' or 'eos', found \"mean\""));
  }
  SUBCASE("an unknown form of GELU") {
    text["act_kwargs"]["approximate"] = "erf";
    CHECK(contains(tower.error(), "approximate': expected 'none' or 'tanh', found \"erf\""));
  }
  SUBCASE("two activations") {
    tower.config["model_cfg"]["quick_gelu"] = true;
    CHECK(contains(tower.error(),
                   "approximate': expected no arguments of quick_gelu, found \"tanh\""));
  }
  SUBCASE("no network of texts") {
    tower.config["model_cfg"].erase("text_cfg");
    CHECK(contains(tower.error(), "key 'model_cfg.text_cfg': expected"));
  }
  SUBCASE("a pooling through a layer of its own") {
    TextTower roberta("open_clip_roberta");
    roberta.config["model_cfg"]["text_cfg"]["hf_pooler_type"] = "cls_pooler";
    CHECK(contains(roberta.error(),
                   "hf_pooler_type': expected 'mean_pooler' or "
                   "'cls_last_hidden_state_pooler', found \"cls_pooler\""));
  }
  SUBCASE("NLLB's pooling and width") {
    TextTower nllb("open_clip_nllb");
    CHECK(nllb.error() == "(no exception)");
    nllb.config["model_cfg"]["text_cfg"]["hf_pooler_type"] = "max_pooler";
    CHECK(contains(nllb.error(),
                   "hf_pooler_type': expected 'mean_pooler', 'cls_pooler' or "
                   "'cls_last_hidden_state_pooler', found \"max_pooler\""));
    nllb.config["model_cfg"]["text_cfg"]["hf_pooler_type"] = "cls_pooler";
    nllb.tensors["text.transformer.layers.0.self_attn.out_proj.weight"].shape = {6, 24};
    CHECK(contains(nllb.error(),
                   "tensor 'text.transformer.layers.0.self_attn.out_proj.weight': expected shape "
                   "[12, 12], found [6, 24]"));
    nllb.tensors.erase("text.transformer.layers.0.fc1.weight");
    CHECK(contains(nllb.error(), "text.transformer.layers.0.fc1.weight"));
  }
  SUBCASE("another width") {
    text["width"] = 24;
    CHECK(contains(tower.error(), "tensor 'text.token_embedding.weight': expected shape [29, 24]"));
  }
}

TEST_CASE("CoCa's texts: every choice of the mask shows") {
  const Expected expected(golden_towers() / "open_clip_coca");
  const TextTower tower("open_clip_coca");
  const eigenvit::TextCheckpoint checkpoint = tower.open().checkpoint();
  CHECK(checkpoint.architecture == "OpenCLIP");
  CHECK(checkpoint.config.class_token);
  CHECK(checkpoint.config.context_length == 11);
  CHECK(checkpoint.config.positions() == 12);
  CHECK(checkpoint.contrastive.log_scale == 2.5);
  const auto error = [&](const char* key, const json& value) {
    TextTower turned = tower;
    turned.config["model_cfg"]["text_cfg"][key] = value;
    const auto network = turned.open().read_network<float>();
    return golden::relative_error(network.forward(expected.input(), all_taps()).text_embeds,
                                  expected.embeds);
  };
  CHECK(error("pool_type", "first") < 1e-5);  // the token is pooled whatever is stated
  CHECK(error("pad_id", 1) > 1e-3);
  CHECK(error("no_causal_mask", true) > 1e-3);
  TextTower other = tower;
  other.tensors["text.cls_emb"].values[0] += 1;
  const auto found = other.open().read_network<float>().forward(expected.input(), all_taps());
  CHECK(golden::relative_error(found.text_embeds, expected.embeds) > 1e-3);
  // It is behind the tokens: they do not attend to it.
  CHECK(golden::relative_error(found.tokens, expected.tokens) < 1e-5);
}

TEST_CASE("CoCa's texts in other precisions are near those in float32, with what fills them up") {
  for (const std::string name : {"open_clip_coca", "open_clip_coca_two_ways"}) {
    CAPTURE(name);
    const Expected expected(golden_towers() / name);
    for (const auto precision : {eigenvit::Precision::bfloat16, eigenvit::Precision::int8}) {
      TextOptions options;
      options.precision = precision;
      const auto network = TextFolder::open(golden_towers() / name, options).read_network<float>();
      const auto output = network.forward(expected.input(), all_taps());
      CHECK(golden::cosine(output.text_embeds, expected.embeds) > 0.99);
      CHECK(golden::cosine(output.tokens, expected.tokens) > 0.99);
    }
  }
}

TEST_CASE("texts of weights without a configuration need a release that they may be of") {
  const auto error = [](const std::string& tower, const std::string& release) {
    TextOptions options;
    options.release = release;
    return message_of<eigenvit::Error>([&] { TextFolder::open(golden_towers() / tower, options); });
  };
  CHECK(
      contains(error("openai_clip", ""), "name the one that they are of by ModelOptions::release"));
  CHECK(contains(error("openai_clip", "dino"),
                 "expected one of the releases openai_clip, open_clip"));
  CHECK(contains(error("open_clip", "open_clip"), "expected no release beside a configuration"));
}

TEST_CASE("text folders that cannot be read say why") {
  TextTower clip("clip");
  CHECK(clip.error() == "(no exception)");

  SUBCASE("another model") {
    clip.config["model_type"] = "vit";
    CHECK(contains(clip.error(),
                   "config.json: expected a model that reads texts (transformers "
                   "model_type clip and clip_text_model; "));
    CHECK(contains(clip.error(), "found model_type \"vit\""));
  }
  SUBCASE("no model type") {
    clip.config.erase("model_type");
    CHECK(contains(clip.error(), "found no 'model_type'"));
  }
  SUBCASE("a vocabulary of another size than the table") {
    clip.config["text_config"]["vocab_size"] = 30;
    CHECK(contains(clip.error(),
                   "tensor 'text_model.embeddings.token_embedding.weight': expected shape "
                   "[30, 12], found [29, 12]"));
  }
  SUBCASE("more positions than the table has") {
    clip.config["text_config"]["max_position_embeddings"] = 12;
    CHECK(contains(clip.error(), "position_embedding.weight': expected shape [12, 12]"));
  }
  SUBCASE("heads that do not divide the width") {
    clip.config["text_config"]["num_attention_heads"] = 5;
    CHECK(contains(clip.error(), "expected num_heads that divides embed_dim 12, found 5"));
  }
  SUBCASE("a tensor that is missing") {
    clip.tensors.erase("text_model.final_layer_norm.bias");
    CHECK(contains(clip.error(), "text_model.final_layer_norm.bias"));
  }
  SUBCASE("blocks beyond the depth") {
    clip.config["text_config"]["num_hidden_layers"] = 1;
    CHECK(contains(clip.error(), "expected only tensors that the configuration calls for (1 "));
  }
  SUBCASE("an end token that is a list") {
    clip.config["text_config"]["eos_token_id"] = {1, 2};
    CHECK(contains(clip.error(), "key 'text_config.eos_token_id': expected an integer"));
  }
}

TEST_CASE("a network of texts in double takes float32 alone") {
  TextOptions options;
  options.precision = eigenvit::Precision::int8;
  const TextFolder folder = TextFolder::open(golden_towers() / "clip", options);
  CHECK(message_of<eigenvit::Error>([&] { folder.read_network<double>(); }) ==
        "precision: expected float32 for a network in double, found int8");
}
