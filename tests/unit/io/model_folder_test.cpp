#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/timm_architectures.hpp>

#include "../golden.hpp"
#include "bent_folder.hpp"
#include "test_files.hpp"

namespace {

using eigenvit::ModelFolder;
using nlohmann::json;
using test_files::Bent;
using test_files::contains;
using test_files::message_of;

}  // namespace

TEST_CASE("a folder states what was recognised") {
  const auto folder = ModelFolder::open(golden::models_folder() / "timm_deit_distilled");
  const auto& checkpoint = folder.checkpoint();
  CHECK(checkpoint.family == "timm");
  CHECK(checkpoint.architecture.find("deit") == 0);
  CHECK(checkpoint.config.dist_token);
  CHECK(checkpoint.config.dist_head);
  CHECK(checkpoint.config.prefix_tokens() == 2);
}

TEST_CASE("labels: the folder's, ImageNet's for 1000 classes, or none") {
  const auto labels = [](const char* name) {
    return ModelFolder::open(golden::models_folder() / name).checkpoint().labels;
  };
  CHECK(labels("timm_vit_labels").at(1) == "a goldfish");
  CHECK(labels("timm_vit_1000_classes").size() == 1000);
  CHECK(labels("timm_vit_1000_classes").at(0) == "tench, Tinca tinca");
  CHECK(labels("timm_vit").empty());
  // Keys in the order of their text would put 10 before 2.
  CHECK(labels("hf_vit").at(2) == "two");
  CHECK(labels("hf_vit").at(10) == "ten");
  CHECK(labels("timm_vit_no_head").empty());
}

TEST_CASE("an unknown family is named, and what is supported is listed") {
  Bent bent("hf_vit");
  bent.config["model_type"] = "resnet";
  const auto message = bent.message<eigenvit::UnsupportedError>();
  CHECK(contains(message, "found model_type \"resnet\""));
  CHECK(contains(message, "; transformers model_type vit; "));
  CHECK(message.size() < 1000);
  for (const char* const family :
       {"beit", "data2vec-vision", "dinov2", "dinov2_with_registers", "dinov3_vit", "vit_mae",
        "vit_msn", "ijepa", "clip and clip_vision_model",
        "siglip, siglip_vision_model, siglip2 and siglip2_vision_model", "yolos"}) {
    CHECK(contains(message, std::string("; ") + family + ";"));
  }
  CHECK(contains(message, "timm architectures of vision_transformer, deit, eva and beit"));
  bent.config.erase("model_type");
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(),
                 "found neither 'architecture' nor 'model_type'"));
  bent.config["model_type"] = 7;
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(), "model_type 7"));
  bent.config = json::array();
  CHECK(contains(bent.message<eigenvit::ConfigError>(), "config.json"));
}

TEST_CASE("a network of several experts is that of the dataset which is named") {
  const auto path = golden::models_folder() / "hf_vitpose_plus";
  const auto message = [](const std::filesystem::path& folder,
                          std::optional<eigenvit::Index> index) {
    return message_of<eigenvit::ConfigError>([&] {
      eigenvit::ModelOptions options;
      options.dataset_index = index;
      ModelFolder::open(folder, options);
    });
  };
  const auto expected = [](const std::string& found) {
    return "config.json: key 'backbone_config.num_experts': expected a dataset index from 0 to 2 "
           "to "
           "choose one of 3 experts, found " +
           found;
  };
  CHECK(contains(message(path, std::nullopt), expected("none")));
  CHECK(contains(message(path, 3), expected("3")));
  CHECK(contains(message(path, -1), expected("-1")));
  CHECK(contains(message(golden::models_folder() / "hf_vit", 0),
                 "config.json: expected no dataset index for a network without experts, found 0"));
  const auto folder = ModelFolder::open(path, golden::options(path));
  CHECK(folder.checkpoint().family == "transformers vitpose");
  CHECK(folder.checkpoint().architecture == "VitPoseForPoseEstimation");
  CHECK(folder.checkpoint().config.expert_outputs == 5);
  CHECK(folder.checkpoint().config.expert == 1);
  CHECK(folder.checkpoint().preprocessing.resize_mode == eigenvit::ResizeMode::padded_box);
}

TEST_CASE("ViTPose's backbone is read with the class's defaults, and refused where it is another") {
  Bent bent("hf_vitpose_backbone");
  bent.config = {{"model_type", "vitpose_backbone"}};
  bent.text = bent.config.dump();
  const eigenvit::VitConfig config = bent.open().checkpoint().config;
  CHECK(config.image_height == 256);
  CHECK(config.image_width == 192);
  CHECK(config.patch_padding == 2);
  CHECK(config.mlp_hidden == 3072);
  CHECK(config.norm_eps == 1e-12);
  CHECK(config.expert_outputs == 0);
  bent.config = {{"model_type", "vitpose"}, {"backbone_config", {{"model_type", "dinov2"}}}};
  CHECK(bent.message<eigenvit::UnsupportedError>() ==
        "config.json: key 'backbone_config.model_type': expected vitpose_backbone, found 'dinov2'");
  bent.config = {{"model_type", "vitpose_backbone"}, {"num_experts", 0}};
  CHECK(contains(bent.message<eigenvit::ConfigError>(), "key 'num_experts': expected an integer"));
  bent.config = {{"model_type", "vitpose_backbone"}, {"patch_size", 4}};
  CHECK(contains(bent.message<eigenvit::ConfigError>(),
                 "expected a padding of 2 pixels on all sides that makes no patches more"));
}

TEST_CASE("weights without a configuration are read as the release that is named") {
  const auto family = [](const char* name) {
    const auto path = golden::models_folder() / name;
    const auto folder = ModelFolder::open(path, golden::options(path));
    return folder.checkpoint().family + ": " + folder.checkpoint().architecture;
  };
  CHECK(family("torchvision_vit") == "torchvision: vit_?_4");
  CHECK(family("dino") == "state dict: DINO");
  CHECK(family("dinov2_original") == "state dict: DINOv2");
  CHECK(family("dinov2_giant_original") == "state dict: DINOv2");
  CHECK(family("dinov2_registers_original") == "state dict: DINOv2 with registers");
  CHECK(family("mae_finetuned") == "state dict: MAE, fine-tuned");
  CHECK(family("openai_clip") == "open_clip: OpenAI CLIP");
  CHECK(family("open_clip") == "open_clip: OpenCLIP");

  // In memory too; and what no family knows is no model without a configuration.
  const std::string weights =
      test_files::read_bytes(golden::models_folder() / "dino" / "model.safetensors");
  eigenvit::ModelOptions options;
  options.release = "dino";
  const auto folder = ModelFolder::from_memory({{}, {}, weights.data(), weights.size()}, options);
  CHECK(folder.checkpoint().config.embed_dim == 64);
  CHECK(folder.checkpoint().config.image_width == 12);
  CHECK(folder.checkpoint().notes ==
        std::vector<std::string>{
            "model.safetensors: no configuration, read as the release dino, as asked"});
  Bent other("hf_vit");
  const auto message = message_of<eigenvit::UnsupportedError>([&] {
    ModelFolder::from_memory({{}, {}, other.weights.data(), other.weights.size()});
  });
  CHECK(contains(message, "tensors of torchvision's vit_*"));
  const test_files::TemporaryFolder temporary;
  temporary.write("model.safetensors", other.weights);
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(temporary.path()); }),
                 "config.json"));

  options.release = "clip";
  CHECK(message_of<eigenvit::UnsupportedError>([&] {
          ModelFolder::from_memory({{}, {}, weights.data(), weights.size()}, options);
        }) ==
        "model.safetensors: expected one of the releases dino, dinov2, mae, mae_finetuned, deit, "
        "whose names these tensors have, found release 'clip'");
  const auto refused = [&](const std::string& config, const std::string& bytes) {
    return message_of<eigenvit::ConfigError>([&] {
      ModelFolder::from_memory({config, {}, bytes.data(), bytes.size()}, options);
    });
  };
  const std::string expected =
      "config.json: expected no release beside a configuration, which tells what the weights are, "
      "found release 'clip'";
  CHECK(refused(other.config.dump(), other.weights) == expected);
  // Also where the weights alone would be recognised.
  CHECK(refused(R"({"model_cfg": {"vision_cfg": {}}})",
                test_files::zeros({{"visual.conv1.weight", {64, 3, 8, 8}}})) == expected);
}

TEST_CASE("weights without a configuration are read where their shapes tell the release") {
  // One block and a narrow MLP will do: their sizes are read off the shapes. DINOv2's releases are
  // told by their depth too, which the tensors' names have.
  const auto torchvision = [](std::size_t width, std::size_t patch, std::size_t side,
                              std::size_t classes) {
    const std::string block = "encoder.layers.encoder_layer_0.";
    return test_files::zeros(
        {{"class_token", {1, 1, width}},
         {"conv_proj.weight", {width, 3, patch, patch}},
         {"encoder.pos_embedding", {1, 1 + (side / patch) * (side / patch), width}},
         {block + "ln_1.weight", {width}},
         {block + "mlp.0.weight", {8, width}},
         {"heads.head.weight", {classes, width}}});
  };
  const auto clip = [](std::size_t width, std::size_t depth, std::size_t patch, std::size_t side,
                       bool archive) {
    std::vector<std::pair<std::string, std::vector<std::size_t>>> tensors = {
        {"visual.conv1.weight", {width, 3, patch, patch}},
        {"visual.positional_embedding", {1 + (side / patch) * (side / patch), width}},
        {"visual.transformer.resblocks.0.mlp.c_fc.weight", {8, width}}};
    for (std::size_t i = 0; i < depth; ++i) {
      tensors.push_back(
          {"visual.transformer.resblocks." + std::to_string(i) + ".ln_1.weight", {1}});
    }
    if (archive) tensors.push_back({"input_resolution", {1}});
    return test_files::zeros(tensors);
  };
  const auto original = [](std::size_t width, std::size_t depth, std::size_t patch,
                           std::size_t side, const std::vector<std::string>& more) {
    std::vector<std::pair<std::string, std::vector<std::size_t>>> tensors = {
        {"cls_token", {1, 1, width}},
        {"patch_embed.proj.weight", {width, 3, patch, patch}},
        {"pos_embed", {1, 1 + (side / patch) * (side / patch), width}},
        {"blocks.0.attn.qkv.weight", {1, 1}},
        {"blocks.0.mlp.fc2.weight", {1, 8}}};
    for (std::size_t i = 0; i < depth; ++i) {
      tensors.push_back({"blocks." + std::to_string(i) + ".norm1.weight", {1}});
    }
    for (const std::string& name : more) {
      const bool head = name == "head.weight";
      tensors.push_back(
          {name, head ? std::vector<std::size_t>{1000, 1} : std::vector<std::size_t>{1}});
    }
    return test_files::zeros(tensors);
  };
  const auto read = [](const std::string& weights, const std::string& release = "") {
    eigenvit::ModelOptions options;
    options.release = release;
    return ModelFolder::from_memory({{}, {}, weights.data(), weights.size()}, options).checkpoint();
  };

  // torchvision's documented recipes.
  struct Recipe {
    std::size_t width, patch, side;
    eigenvit::Index resize;
    eigenvit::Filter filter;
    const char* release;
  };
  using eigenvit::Filter;
  for (const Recipe& r : {Recipe{768, 16, 224, 256, Filter::bilinear, "torchvision"},
                          Recipe{768, 16, 384, 384, Filter::bicubic, "torchvision_swag_e2e"},
                          Recipe{768, 32, 224, 256, Filter::bilinear, "torchvision"},
                          Recipe{1024, 16, 224, 242, Filter::bilinear, "torchvision"},
                          Recipe{1024, 16, 512, 512, Filter::bicubic, "torchvision_swag_e2e"},
                          Recipe{1024, 32, 224, 256, Filter::bilinear, "torchvision"},
                          Recipe{1280, 14, 518, 518, Filter::bicubic, "torchvision_swag_e2e"},
                          Recipe{1280, 14, 224, 224, Filter::bicubic, "torchvision_swag_linear"}}) {
    CAPTURE(r.width);
    CAPTURE(r.side);
    const auto checkpoint = read(torchvision(r.width, r.patch, r.side, 1000));
    CHECK(checkpoint.preprocessing.resize_height == r.resize);
    CHECK(checkpoint.preprocessing.filter == r.filter);
    CHECK(checkpoint.preprocessing.crop_height == eigenvit::Index(r.side));
    CHECK(checkpoint.preprocessing.mean[0] == 0.485F);
    CHECK(checkpoint.config.num_heads == (r.width == 768 ? 12 : 16));
    CHECK(checkpoint.labels.at(0) == "tench, Tinca tinca");
    REQUIRE_FALSE(checkpoint.notes.empty());
    CHECK(checkpoint.notes[0] == std::string("model.safetensors: no configuration, read as the "
                                             "release ") +
                                     r.release + ", whose shapes it has");
    const bool shared = r.patch == 16 && r.side == 224;
    REQUIRE(checkpoint.notes.size() == (shared ? 2 : 1));
    if (shared)
      CHECK(contains(checkpoint.notes[1], "torchvision_swag_linear has these shapes too"));
  }
  const auto linear = read(torchvision(768, 16, 224, 1000), "torchvision_swag_linear");
  CHECK(linear.preprocessing.resize_height == 224);
  CHECK(linear.preprocessing.filter == Filter::bicubic);

  CHECK(read(original(384, 12, 14, 518, {"mask_token", "blocks.0.ls1.gamma"})).architecture ==
        "DINOv2");
  const auto dinov2 = read(original(768, 12, 14, 518, {"mask_token", "blocks.0.ls1.gamma"}));
  CHECK(dinov2.config.num_heads == 12);
  CHECK(dinov2.preprocessing.resize_height == 256);
  CHECK(dinov2.preprocessing.crop_height == 224);
  CHECK(read(clip(1024, 24, 14, 336, false)).architecture == "OpenAI CLIP");
  CHECK(read(clip(768, 12, 32, 224, true)).architecture == "OpenAI CLIP");
  CHECK(read(clip(768, 12, 32, 224, false), "open_clip").config.act == eigenvit::Activation::gelu);
  CHECK(read(clip(1664, 48, 14, 224, false), "open_clip").config.num_heads == 16);

  // Where they do not, the message names what fits.
  const auto refused = [&](const std::string& weights) {
    return message_of<eigenvit::UnsupportedError>([&] { read(weights); });
  };
  const std::string end =
      "): name the one that they are of by ModelOptions::release, in the "
      "programs --release";
  const std::string begin =
      "model.safetensors: expected a config.json beside the weights, or "
      "shapes of one published release, found those of ";
  const std::string timm = "timm, which needs the model's config.json";
  CHECK(refused(torchvision(768, 16, 224, 10)) ==
        begin + "none (torchvision, torchvision_swag_e2e, torchvision_swag_linear" + end);
  CHECK(refused(torchvision(192, 16, 224, 1000)) ==
        begin + "none (torchvision, torchvision_swag_e2e, torchvision_swag_linear" + end);
  CHECK(refused(original(768, 12, 16, 224, {})) == begin + "several (dino, mae, " + timm + end);
  CHECK(refused(original(1024, 24, 16, 224, {})) == begin + "several (mae, " + timm + end);
  CHECK(refused(original(384, 12, 8, 224, {})) == begin + "several (dino, " + timm + end);
  CHECK(refused(original(768, 12, 16, 224, {"head.weight"})) ==
        begin + "several (deit, " + timm + end);
  CHECK(refused(original(768, 12, 16, 224, {"head.weight", "fc_norm.weight"})) ==
        begin + "several (mae_finetuned, " + timm + end);
  CHECK(refused(original(768, 12, 14, 518, {"blocks.0.ls1.gamma"})) ==
        begin + "none (dino, dinov2, mae, mae_finetuned, deit, " + timm + end);
  CHECK(refused(clip(768, 12, 16, 224, false)) == begin + "several (openai_clip, open_clip" + end);
  CHECK(contains(refused(clip(1280, 32, 14, 224, false)),
                 "several (open_clip, models that OpenCLIP builds with quick_gelu"));
}

TEST_CASE("labels in the forms that people have; wrong ones leave the indices") {
  using Labels = std::vector<std::string>;
  Bent bent("hf_vit");
  const auto indices = [](std::size_t count) {
    Labels labels;
    for (std::size_t i = 0; i < count; ++i) labels.push_back(std::to_string(i));
    return labels;
  };
  const auto read = [&](const json& id2label) {
    bent.config["id2label"] = id2label;
    bent.text = bent.config.dump();
    return bent.open().checkpoint();
  };
  json eleven = json::object();
  for (int i = 0; i < 11; ++i) eleven[std::to_string(i)] = "c" + std::to_string(i);
  CHECK(read(eleven).labels.at(10) == "c10");
  // Where it is not in memory, the recipe is the class's.
  CHECK(read(eleven).notes ==
        Labels{"config.json: no preprocessor_config.json beside it: the defaults of "
               "ViTImageProcessor, at the network's size"});

  // Values that are no strings, as Python prints them; keys as Python's int reads them.
  json odd = eleven;
  odd["0"] = 7;
  odd["1"] = 1.5;
  odd["2"] = true;
  odd["3"] = nullptr;
  odd["4"] = {"n01440764", "tench"};
  odd["5"] = {{"name", "x"}};
  odd["6"] = {1, 2};
  odd.erase("7");
  odd.erase("8");
  odd.erase("9");
  odd["007"] = "seven";
  odd[" +8 "] = "eight";
  odd["nine"] = "nine";
  CHECK(read(odd).labels == Labels{"7", "1.5", "True", "3", "n01440764, tench", "5", "6", "seven",
                                   "eight", "9", "c10"});
  CHECK(read(odd).notes.at(0) == "config.json: key 'id2label': no label for 4 of 11 classes");
  // A gap: as many as there are classes, one of them for a class that there is not.
  json gap = eleven;
  gap.erase("0");
  gap["11"] = "c11";
  CHECK(read(gap).labels.at(0) == "0");
  CHECK(read(gap).labels.at(1) == "c1");
  json list = json::array();
  for (int i = 0; i < 11; ++i) list.push_back("l" + std::to_string(i));
  CHECK(read(list).labels.at(3) == "l3");

  // Another number of labels than of classes: those of another model.
  for (const json& wrong : {json{{"0", "a"}, {"1", "b"}}, json{"a"}, json("text"), json(5),
                            json(true), json::object(), json{{"-1", "a"}, {"99999999999", "b"}}}) {
    CAPTURE(wrong.dump());
    const auto checkpoint = read(wrong);
    CHECK(checkpoint.labels == indices(11));
    REQUIRE(checkpoint.notes.size() == 2);
    CHECK(contains(checkpoint.notes[0], "labels for 11 classes: not used"));
    CHECK(bent.message<eigenvit::Error>() == "(no exception)");
  }
  CHECK(read(nullptr).labels.empty());
  // num_labels beside it, as many as the weights have.
  bent.config["num_labels"] = 11;
  CHECK(read({{"0", "LABEL_0"}, {"1", "LABEL_1"}}).labels == indices(11));
  CHECK(read(eleven).labels.at(2) == "c2");
  bent.config["num_labels"] = 2;
  CHECK(read(eleven).labels.at(2) == "c2");
  bent.config["num_labels"] = "eleven";
  CHECK(read(eleven).labels.at(2) == "c2");
  bent.config["id2label"] = nullptr;
  CHECK(bent.message<eigenvit::Error>() == "(no exception)");

  // Of a detector the last row means no object.
  Bent detector("hf_yolos");
  detector.config["id2label"] = {{"0", "a"}};
  detector.text = detector.config.dump();
  const auto found = detector.open().checkpoint();
  CHECK(found.config.num_classes == 7);
  CHECK(found.labels == Labels{"0", "1", "2", "3", "4", "5", "no object"});
  // Its classes are not ImageNet's, be they as many.
  const std::string thousand =
      test_files::zeros({{"class_labels_classifier.layers.0.weight", {1, 1}},
                         {"class_labels_classifier.layers.2.weight", {1000, 1}}});
  const auto unnamed = ModelFolder::from_memory(
      {R"({"model_type": "yolos"})", {}, thousand.data(), thousand.size()});
  CHECK(unnamed.checkpoint().config.num_classes == 1000);
  CHECK(unnamed.checkpoint().labels.empty());
  detector.rename("class_labels_classifier.layers.2.weight",
                  "class_labels_classifier.layers.9.weight");
  detector.config["num_labels"] = 1;
  CHECK(contains(detector.message<eigenvit::ConfigError>(),
                 "expected rows for at least one class and for no object, found 1"));
}

TEST_CASE("timm's labels in every form and place") {
  using Labels = std::vector<std::string>;
  const std::string weights = test_files::timm_zeros(3, 3);
  const json base = {{"architecture", "vit_tiny_patch16_224"},
                     {"num_classes", 3},
                     {"model_args",
                      {{"img_size", 16},
                       {"patch_size", 8},
                       {"embed_dim", 8},
                       {"depth", 1},
                       {"num_heads", 2},
                       {"mlp_ratio", 2}}}};
  const auto labels = [&](const json& more) {
    json config = base;
    config.update(more);
    const std::string text = config.dump();
    const auto folder = ModelFolder::from_memory({text, {}, weights.data(), weights.size()});
    folder.read_network<float>();
    return folder.checkpoint().labels;
  };
  const json names = {"a", "b", "c"};
  const json numbered = {{"0", "a"}, {"1", "b"}, {"2", "c"}};
  const Labels abc = {"a", "b", "c"};
  for (const json& form : {names, numbered}) {
    CHECK(labels({{"label_names", form}}) == abc);
    CHECK(labels({{"labels", form}}) == abc);
    CHECK(labels({{"pretrained_cfg", {{"label_names", form}}}}) == abc);
    CHECK(labels({{"pretrained_cfg", {{"labels", form}}}}) == abc);
    CHECK(labels({{"label_names", form}, {"pretrained_cfg", {{"label_names", {"x", "y", "z"}}}}}) ==
          abc);
    CHECK(labels({{"label_names", form},
                  {"label_descriptions", {{"a", "an a"}, {"c", 5}, {"d", "no"}}}}) ==
          Labels{"an a", "b", "c"});
    CHECK(labels({{"label_names", form},
                  {"pretrained_cfg", {{"label_descriptions", {{"b", "the b"}}}}}}) ==
          Labels{"a", "the b", "c"});
  }
  // As in timm they may leave classes out, and name more than there are.
  CHECK(labels({{"label_names", {{"2", "c"}, {"7", "h"}}}}) == Labels{"0", "1", "c"});
  CHECK(labels({{"label_names", {"a", "b"}}}) == Labels{"a", "b", "2"});
  CHECK(labels({{"label_names", {"a", "b", "c", "d"}}}) == abc);
  CHECK(labels({{"label_names", "abc"}}) == Labels{"0", "1", "2"});
  CHECK(labels({{"label_names", names}, {"label_descriptions", {"x", "y"}}}) == abc);
  CHECK(labels({{"label_names", json::array()}}).empty());
  CHECK(labels({{"label_names", nullptr}, {"labels", names}}) == abc);

  // A head that is no matrix has no classes to name.
  const std::string scalar = test_files::zeros({{"head.weight", {}}});
  const std::string config =
      R"({"architecture": "vit_tiny_patch16_224", "num_classes": 1, "label_names": ["a"]})";
  const auto folder = ModelFolder::from_memory({config, {}, scalar.data(), scalar.size()});
  CHECK(folder.checkpoint().labels.empty());
}

TEST_CASE("an unknown NaFlexVit is named beside those that are known") {
  Bent bent("timm_naflex");
  bent.config["architecture"] = "naflexvit_giant_patch16_gap";
  const auto message = bent.message<eigenvit::UnsupportedError>();
  CAPTURE(message);
  CHECK(contains(message,
                 "config.json: key 'architecture': expected one of "
                 "naflexvit_base_patch16_gap, naflexvit_base_patch16_par_gap, "));
  CHECK(contains(message, "found 'naflexvit_giant_patch16_gap'"));
  bent.config["architecture"] = "naflexvit_base_patch16_gap";
  bent.config["model_args"]["pos_embed"] = "factorized";
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(),
                 "key 'model_args.pos_embed': expected one of"));
  bent.config["model_args"].erase("pos_embed");
  bent.config["model_args"]["pos_embed_grid_size"] = {16, 129};
  CHECK(contains(bent.message<eigenvit::ConfigError>(), "key 'model_args.pos_embed_grid_size'"));
}

TEST_CASE("what of RADIO is not taken is named") {
  Bent bent("hf_radio");
  bent.config["summary_idxs"] = {0, 2};
  CHECK(bent.message<eigenvit::ConfigError>() ==
        "config.json: key 'summary_idxs': expected [0, 1] or [0], found an array of length 2");
  bent.config.erase("summary_idxs");
  const std::string config = bent.config.dump();
  CHECK(message_of<eigenvit::UnsupportedError>([&] {
          ModelFolder::from_memory(
              {config, R"({"do_normalize":true})", bent.weights.data(), bent.weights.size()});
        }) ==
        "preprocessor_config.json: key 'do_normalize': expected false, as the network does it, "
        "found true");
  bent.text = config;
  const auto checkpoint = bent.open().checkpoint();
  CHECK(checkpoint.preprocessing.resize_height == 16);
  // The network's own, as the file stores it.
  CHECK(checkpoint.preprocessing.mean[1] == 0.5F);
  CHECK(checkpoint.notes ==
        std::vector<std::string>{
            "config.json: no preprocessor_config.json beside it: resized to image_size"});
  bent.rename("radio_model.input_conditioner.norm_std", "radio_model.input_conditioner.norm_xxx");
  CHECK(bent.open().checkpoint().preprocessing.std[0] == 0.3F);
}

TEST_CASE("SigLIP 2 NaFlex has a square table of positions") {
  Bent bent("hf_siglip2_vision");
  bent.config["num_patches"] = 15;
  const auto message = bent.message<eigenvit::ConfigError>();
  CAPTURE(message);
  CHECK(contains(message, "key 'num_patches': expected the square of a number, found 15"));
}

TEST_CASE("SigLIP 2 NaFlex without a preprocessor fills its table with patches") {
  Bent bent("hf_siglip2_vision");
  bent.text = bent.config.dump();
  const auto checkpoint = bent.open().checkpoint();
  CHECK(checkpoint.preprocessing.resize_mode == eigenvit::ResizeMode::patches);
  CHECK(checkpoint.preprocessing.size_multiple == 4);
  CHECK(checkpoint.preprocessing.max_patches == 16);
  CHECK(checkpoint.notes ==
        std::vector<std::string>{
            "config.json: no preprocessor_config.json beside it: the defaults of "
            "Siglip2ImageProcessor, for 16 patches"});
}

TEST_CASE("SigLIP 2 NaFlex and its preprocessor have the same patches") {
  const Bent bent("hf_siglip2_vision");
  const std::string config = bent.config.dump();
  const auto open = [&](const char* preprocessor, eigenvit::ModelOptions options = {}) {
    return ModelFolder::from_memory(
        {config, preprocessor, bent.weights.data(), bent.weights.size()}, options);
  };
  CHECK(test_files::message_of<eigenvit::ConfigError>([&] { open(R"({"patch_size":16})"); }) ==
        "preprocessor_config.json: key 'patch_size': expected 4, as the model has it, found 16");
  CHECK(open(R"({"patch_size":4,"max_num_patches":9})").checkpoint().preprocessing.max_patches ==
        9);
  eigenvit::ModelOptions options;
  options.image_size = {8, 20};
  CHECK(open(R"({"patch_size":16})", options).checkpoint().preprocessing.resize_mode ==
        eigenvit::ResizeMode::exact);
}

TEST_CASE("DINOv3 in the names of its own release is refused, and what is supported is named") {
  std::string header;
  for (const char* const name : {"blocks.0.attn.qkv.weight", "cls_token", "patch_embed.proj.weight",
                                 "rope_embed.periods", "storage_tokens"}) {
    header += (header.empty() ? "{\"" : ",\"") + std::string(name) +
              "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
  }
  const std::string bytes = test_files::safetensors_bytes(header + "}", "");
  const auto message = message_of<eigenvit::UnsupportedError>([&] {
    ModelFolder::from_memory({{}, {}, bytes.data(), bytes.size()});
  });
  CAPTURE(message);
  CHECK(contains(message, "expected DINOv3 as transformers or timm have it"));
  CHECK(contains(message, "found 'storage_tokens'"));
  // A folder with nothing beside the weights too.
  const test_files::TemporaryFolder temporary;
  temporary.write("model.safetensors", bytes);
  CHECK(
      contains(message_of<eigenvit::UnsupportedError>([&] { ModelFolder::open(temporary.path()); }),
               "expected DINOv3 as transformers or timm have it"));
}

TEST_CASE("shapes that are no network's are refused") {
  const std::string names[] = {"blocks.0.attn.qkv.weight", "cls_token", "pos_embed",
                               "patch_embed.proj.weight"};
  std::string header;
  for (const std::string& name : names) {
    header += (header.empty() ? "{\"" : ",\"") + name +
              "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
  }
  const std::string bytes = test_files::safetensors_bytes(header + "}", "");
  CHECK(contains(message_of<eigenvit::ShapeError>([&] {
                   ModelFolder::from_memory({{}, {}, bytes.data(), bytes.size()});
                 }),
                 "expected 4 dimensions from 1 to 16777216"));
}

TEST_CASE("an unknown timm architecture is named with the closest ones") {
  Bent bent("timm_vit");
  bent.config["architecture"] = "vit_tiny_patch16_242";
  const auto message = bent.message<eigenvit::UnsupportedError>();
  CHECK(contains(message, "found 'vit_tiny_patch16_242'"));
  CHECK(contains(message,
                 "expected one of the 251 architectures of timm's modules "
                 "vision_transformer, deit, eva and beit"));
  CHECK(contains(message, "vit_tiny_patch16_224"));
}

TEST_CASE("every architecture of timm's four modules has a configuration") {
  Bent bent("timm_vit");
  int taken = 0;
  for (const auto& architecture : eigenvit::detail::timm_architectures()) {
    CAPTURE(architecture.name);
    bent.config = {{"architecture", architecture.name}};
    bent.text = bent.config.dump();
    CHECK(message_of<eigenvit::Error>([&] { bent.open(); }) == "(no exception)");
    ++taken;
  }
  CHECK(taken == 251);
}

TEST_CASE("arguments of timm's classes are read, and others are named") {
  using nlohmann::json;
  Bent bent("timm_vit");
  const auto open = [&](const char* architecture, const json& args) {
    bent.config = {{"architecture", architecture}, {"model_args", args}};
    bent.text = bent.config.dump();
    return bent.open().checkpoint();
  };
  const auto eva = open("eva02_tiny_patch14_224", {{"num_reg_tokens", 2},
                                                   {"scale_mlp", true},
                                                   {"qkv_fused", false},
                                                   {"rope_type", "dinov3"},
                                                   {"rope_grid_indexing", "xy"},
                                                   {"rope_temperature", 50},
                                                   {"rope_rotate_half", true},
                                                   {"rope_grid_offset", 0.5},
                                                   {"global_pool", "map"},
                                                   {"attn_pool_num_heads", 2},
                                                   {"attn_pool_mlp_ratio", 3},
                                                   {"num_kv_heads", nullptr}});
  CHECK(eva.config.reg_tokens == 2);
  CHECK(eva.config.mlp_norm);
  CHECK(eva.names.fc1 == "mlp.fc1_g");
  CHECK(eva.names.qkv.size() == 3);
  CHECK(eva.config.rope.kind == eigenvit::RopeKind::centered);
  CHECK(eva.config.rope.xy);
  CHECK(eva.config.rope.temperature == 50);
  CHECK(eva.config.rope.rotate_half);
  CHECK(eva.config.rope.grid_offset == 0.5);
  CHECK(eva.config.global_pool == eigenvit::Pool::map);
  CHECK(eva.config.attn_pool_heads == 2);
  CHECK(eva.config.attn_pool_hidden == 3 * 192);
  CHECK(eva.config.final_norm);
  CHECK_FALSE(eva.config.fc_norm);

  const auto plain = open("eva02_tiny_patch14_224", {{"use_rot_pos_emb", false},
                                                     {"swiglu_mlp", false},
                                                     {"use_post_norm", true},
                                                     {"use_abs_pos_emb", false},
                                                     {"use_fc_norm", false},
                                                     {"use_post_transformer_norm", false}});
  CHECK(plain.config.rope.kind == eigenvit::RopeKind::none);
  CHECK_FALSE(plain.config.mlp_gate);
  CHECK(plain.config.act == eigenvit::Activation::gelu);
  CHECK(plain.config.block == eigenvit::BlockForm::post_norm);
  CHECK_FALSE(plain.config.pos_embed);
  CHECK_FALSE(plain.config.fc_norm);
  CHECK_FALSE(plain.config.final_norm);

  const auto sapiens2 = open("vit_large_patch16_sapiens2", json::object());
  REQUIRE(sapiens2.config.kv_heads.size() == 24);
  CHECK(sapiens2.config.kv_heads[7] == 16);
  CHECK(sapiens2.config.kv_heads[8] == 8);
  CHECK(sapiens2.config.kv_heads[15] == 8);
  CHECK(sapiens2.config.kv_heads[16] == 16);
  CHECK(sapiens2.config.layer_scale);
  CHECK_FALSE(sapiens2.config.mlp_layer_scale);
  CHECK(sapiens2.config.image_height == 1024);
  CHECK(sapiens2.config.image_width == 768);
  const auto of_each =
      open("vit_base_patch16_sapiens2",
           {{"depth", 3}, {"num_kv_heads", {12, 4, 6}}, {"attn_only_layer_scale", false}});
  CHECK(of_each.config.kv_heads == std::vector<eigenvit::Index>{12, 4, 6});
  CHECK(of_each.config.mlp_layer_scale);
  const auto of_all = open("vit_base_patch16_sapiens2", {{"depth", 2}, {"num_kv_heads", 3}});
  CHECK(of_all.config.kv_heads == std::vector<eigenvit::Index>{3, 3});
  CHECK(contains(message_of<eigenvit::ConfigError>([&] {
                   open("vit_base_patch16_sapiens2", {{"num_kv_heads", {12, 6}}});
                 }),
                 "num_kv_heads': expected an array of 12 integers"));

  const auto beit = open("beit_base_patch16_224", {{"use_rel_pos_bias", false},
                                                   {"use_shared_rel_pos_bias", true},
                                                   {"swiglu_mlp", true},
                                                   {"global_pool", "token"}});
  CHECK(beit.config.rel_pos_bias);
  CHECK_FALSE(beit.names.block_rel_pos_bias);
  CHECK(beit.names.shared_rel_pos_bias == "rel_pos_bias.relative_position_bias_table");
  CHECK(beit.config.mlp_gate);
  CHECK(beit.config.final_norm);

  const auto vit = open("vit_tiny_patch16_224", {{"qk_norm", true},
                                                 {"scale_attn_norm", true},
                                                 {"proj_bias", false},
                                                 {"pos_embed", "none"},
                                                 {"norm_layer", "rmsnorm"},
                                                 {"act_layer", "silu"},
                                                 {"attn_layer", "diff"},
                                                 {"global_pool", "avgmax"},
                                                 {"pool_include_prefix", true},
                                                 {"init_values", 0}});
  CHECK(vit.config.qk_norm);
  CHECK(vit.config.attn_norm);
  CHECK_FALSE(vit.config.proj_bias);
  CHECK_FALSE(vit.config.pos_embed);
  CHECK(vit.config.norm == eigenvit::NormKind::rms_norm);
  CHECK(vit.config.act == eigenvit::Activation::silu);
  CHECK(vit.config.diff_attention);
  CHECK(vit.config.global_pool == eigenvit::Pool::avgmax);
  CHECK(vit.config.unpooled_tokens() == 0);
  CHECK(vit.config.fc_norm);
  CHECK_FALSE(vit.config.layer_scale);

  const auto refused = [&](const char* architecture, const json& args) {
    return message_of<eigenvit::UnsupportedError>([&] { open(architecture, args); });
  };
  CHECK(contains(refused("vit_tiny_patch16_224", {{"num_reg_tokens", 2}}),
                 "expected an argument of timm's VisionTransformer that is supported, found 2"));
  CHECK(contains(refused("eva02_tiny_patch14_224", {{"gated_attn", true}}), "timm's Eva"));
  CHECK(contains(refused("beit_base_patch16_224", {{"class_token", true}}), "timm's Beit"));
  CHECK(contains(refused("eva02_tiny_patch14_224", {{"rope_type", "mrope"}}),
                 "expected one of 'cat', 'mixed', 'dinov3', found 'mrope'"));
  CHECK(contains(refused("eva02_tiny_patch14_224", {{"num_kv_heads", 1}}),
                 "expected 'num_kv_heads' with an 'attn_type' of 'rope' and without 'qkv_fused'"));
  CHECK(contains(refused("vit_tiny_patch16_224", {{"global_pool", "prr"}}), "found 'prr'"));
}

TEST_CASE("a missing tensor is named with the closest one present") {
  Bent timm("timm_vit");
  timm.rename("head.weight", "heat.weight");
  const auto message = timm.message<eigenvit::FormatError>();
  CHECK(contains(message, "'head.weight'"));
  CHECK(contains(message, "'heat.weight'"));
  CHECK(contains(message, "model.safetensors"));
}

TEST_CASE("a configuration that contradicts the tensors is refused") {
  SUBCASE("width") {
    Bent bent("hf_vit");
    bent.config["hidden_size"] = 24;
    const auto message = bent.message<eigenvit::ShapeError>();
    CHECK(contains(message, "expected shape [24, 3, 8, 8], found [18, 3, 8, 8]"));
    CHECK(contains(message, "patch_embeddings.projection.weight"));
  }
  SUBCASE("fewer blocks than the file has") {
    Bent bent("hf_vit");
    bent.config["num_hidden_layers"] = 2;
    CHECK(contains(bent.message<eigenvit::ConfigError>(), "'vit.encoder.layer.2."));
  }
  SUBCASE("more blocks than the file has") {
    Bent bent("hf_vit");
    bent.config["num_hidden_layers"] = 4;
    CHECK(contains(bent.message<eigenvit::FormatError>(), "vit.encoder.layer.3."));
  }
  SUBCASE("heads that do not divide the width") {
    Bent bent("hf_vit");
    bent.config["num_attention_heads"] = 4;
    CHECK(contains(bent.message<eigenvit::ConfigError>(),
                   "expected num_heads that divides embed_dim 18, found 4"));
  }
  SUBCASE("classes") {
    Bent bent("timm_vit");
    bent.config["num_classes"] = 9;
    bent.config["model_args"].erase("num_classes");
    CHECK(contains(bent.message<eigenvit::ShapeError>(), "tensor 'head.weight'"));
  }
  SUBCASE("a grid of another size than the position table") {
    Bent bent("hf_vit");
    bent.config["image_size"] = 32;
    CHECK(contains(bent.message<eigenvit::ShapeError>(), "expected shape [17, 18], found"));
  }
  SUBCASE("a tensor that the architecture has no place for") {
    Bent bent("timm_deit3");
    bent.config["architecture"] = "vit_tiny_patch16_224";
    bent.config["model_args"]["no_embed_class"] = true;
    CHECK(contains(bent.message<eigenvit::ConfigError>(), "ls1.gamma'"));
  }
}

TEST_CASE("values out of range and of the wrong type are refused by name") {
  const auto message = [](const char* key, const json& value) {
    Bent bent("hf_vit");
    bent.config[key] = value;
    return bent.message<eigenvit::ConfigError>();
  };
  CHECK(contains(message("hidden_size", -18), "key 'hidden_size'"));
  CHECK(contains(message("hidden_size", 1e300), "key 'hidden_size'"));
  CHECK(contains(message("hidden_size", "18"), "found \"18\""));
  CHECK(contains(message("num_hidden_layers", 0), "key 'num_hidden_layers'"));
  CHECK(contains(message("num_hidden_layers", 1000000000), "key 'num_hidden_layers'"));
  CHECK(contains(message("patch_size", json::array({8})), "key 'patch_size'"));
  CHECK(contains(message("patch_size", 4096), "patch height"));
  CHECK(contains(message("layer_norm_eps", 0), "key 'layer_norm_eps'"));
  Bent bent("hf_vit");
  bent.config["hidden_act"] = "mish";
  const auto activation = bent.message<eigenvit::UnsupportedError>();
  CHECK(contains(activation, "found 'mish'"));
  CHECK(contains(activation, "gelu_pytorch_tanh"));
  Bent timm("timm_vit");
  timm.config["model_args"]["global_pool"] = "prr";
  CHECK(contains(timm.message<eigenvit::UnsupportedError>(),
                 "expected one of 'token', 'avg', 'map', 'max', 'avgmax', found 'prr'"));
  timm.config["model_args"] = {{"dynamic_img_pad", true}};
  CHECK(contains(timm.message<eigenvit::UnsupportedError>(),
                 "key 'model_args.dynamic_img_pad': expected false"));
  timm.config["model_args"] = {{"rope_theta", 3}};
  CHECK(contains(timm.message<eigenvit::UnsupportedError>(), "key 'model_args.rope_theta'"));
}

TEST_CASE("files that are missing or damaged") {
  const test_files::TemporaryFolder folder;
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path()); }),
                 "config.json"));
  folder.write("config.json", "{\"architecture\":");
  CHECK(contains(message_of<eigenvit::FormatError>([&] { ModelFolder::open(folder.path()); }),
                 "config.json"));
  folder.write("config.json", "{\"model_type\": \"vit\"}");
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path()); }),
                 "model.safetensors"));
  folder.write("model.safetensors", "short");
  CHECK(contains(message_of<eigenvit::FormatError>([&] { ModelFolder::open(folder.path()); }),
                 "model.safetensors"));
  CHECK(contains(
      message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path() / "config.json"); }),
      "expected a model folder"));
}

TEST_CASE("every truncation of the weights is refused") {
  Bent bent("timm_eps");
  const std::string whole = bent.weights;
  bent.text = bent.config.dump();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 16) {
    bent.weights = whole.substr(0, size);
    CHECK_THROWS_AS(bent.open(), eigenvit::FormatError);
  }
}

TEST_CASE("an image tower of OpenCLIP has the activation and the epsilon that are stated of it") {
  const auto golden_folder = golden::models_folder() / "open_clip";
  auto config =
      nlohmann::json::parse(test_files::read_bytes(golden_folder / "open_clip_config.json"));
  auto& model = config["model_cfg"];
  auto& vision = model["vision_cfg"];
  const auto read = [&] {
    const test_files::TemporaryFolder folder;
    folder.write("open_clip_config.json", config.dump());
    std::filesystem::copy_file(golden_folder / "model.safetensors",
                               folder.path() / "model.safetensors");
    eigenvit::ModelOptions options;
    options.read_at_load = true;  // the folder goes
    return eigenvit::ModelFolder::open(folder.path(), options).checkpoint().config;
  };
  const auto error = [&] { return test_files::message_of<eigenvit::Error>([&] { read(); }); };
  CHECK(read().act == eigenvit::Activation::gelu);
  CHECK(read().norm_eps == 1e-5);
  vision["norm_kwargs"]["eps"] = 1e-2;
  CHECK(read().norm_eps == 1e-2);
  vision["act_kwargs"]["approximate"] = "tanh";
  CHECK(read().act == eigenvit::Activation::gelu_tanh);
  model["quick_gelu"] = true;
  CHECK(test_files::contains(error(), "approximate': expected no arguments of quick_gelu"));
  vision.erase("act_kwargs");
  CHECK(read().act == eigenvit::Activation::quick_gelu);
  vision["qk_norm"] = true;
  CHECK(test_files::contains(error(), "qk_norm': expected a tower of plain blocks, found true"));
}

TEST_CASE("the root of a cache names where its models are") {
  const test_files::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "snapshots" / "0a1b");
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path()); }),
                 "found the root of a cache: name one of its folders snapshots/<hash>"));
}

TEST_CASE("a preprocessor_config.json that its family does not read may be broken") {
  const test_files::TemporaryFolder folder;
  folder.write("preprocessor_config.json", "<html>");
  folder.write("config.json", R"({"architecture":"vit_tiny_patch16_224","num_classes":3,
      "model_args":{"img_size":16,"patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,
                    "mlp_ratio":2}})");
  folder.write("model.safetensors", test_files::timm_zeros(3, 3));
  ModelFolder::open(folder.path()).read_network<float>();
  folder.write("config.json", R"({"model_type":"vit"})");
  CHECK(contains(message_of<eigenvit::FormatError>([&] { ModelFolder::open(folder.path()); }),
                 "preprocessor_config.json: expected a JSON text, found an HTML page"));
}

TEST_CASE("timm's tensors are found behind what wrappers put before their names") {
  const std::string config =
      R"({"architecture":"vit_tiny_patch16_224","num_classes":3,"label_names":["a","b","c"],
          "model_args":{"img_size":16,"patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,
                        "mlp_ratio":2}})";
  for (const char* const prefix :
       {"", "timm_model.", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.",
        "visual.trunk.", "module.visual.trunk.", "_orig_mod.visual.trunk."}) {
    CAPTURE(prefix);
    const std::string weights = test_files::timm_zeros(3, 3, prefix);
    const auto folder = ModelFolder::from_memory({config, {}, weights.data(), weights.size()});
    folder.read_network<float>();
    CHECK(folder.checkpoint().labels.size() == 3);
  }
}

TEST_CASE("timm's ViT leaves out the token of its training with masked patches") {
  const std::string weights = test_files::timm_zeros(3, 3, {}, {{"mask_token", {1, 8}}});
  const std::string args = R"("model_args":{"img_size":16,"patch_size":8,"embed_dim":8,
      "depth":1,"num_heads":2,"mlp_ratio":2}})";
  const std::string vit = R"({"architecture":"vit_tiny_patch16_224","num_classes":3,)" + args;
  const auto folder = ModelFolder::from_memory({vit, {}, weights.data(), weights.size()});
  folder.read_network<float>();
}

TEST_CASE("a head of ImageNet-22k without labels is noted") {
  const std::string config =
      R"({"architecture":"vit_tiny_patch16_224","num_classes":21843,
          "model_args":{"img_size":16,"patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,
                        "mlp_ratio":2}})";
  const std::string weights = test_files::timm_zeros(3, 21843);
  const auto folder = ModelFolder::from_memory({config, {}, weights.data(), weights.size()});
  CHECK(folder.checkpoint().notes ==
        std::vector<std::string>{"config.json: key 'label_names': no label for any of 21843 "
                                 "classes of ImageNet"});
}
