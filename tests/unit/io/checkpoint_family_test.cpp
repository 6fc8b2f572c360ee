#include <set>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/checkpoint_family.hpp>

using nlohmann::json;

namespace {

// The name of the family that takes the configuration; empty when none does.
std::string family_of(const json& config) {
  for (const auto& family : eigenvit::detail::checkpoint_families()) {
    if (family.recognises(config)) return family.name;
  }
  return "";
}

}  // namespace

TEST_CASE("a configuration is recognised by its architecture or model_type") {
  CHECK(family_of({{"architecture", "vit_base_patch16_224"}}) == "timm");
  CHECK(family_of({{"architecture", "naflexvit_base_patch16_gap"}}) == "timm naflexvit");
  // transformers' wrapper of timm models states both.
  CHECK(family_of({{"architecture", "vit_base_patch16_224"}, {"model_type", "timm_wrapper"}}) ==
        "timm");
  CHECK(family_of({{"model_type", "vit"}}) == "transformers vit");
  CHECK(family_of({{"model_type", "deit"}}) == "transformers deit");
  CHECK(family_of({{"model_type", "vit_mae"}}) == "transformers vit_mae");
  CHECK(family_of({{"model_type", "vit_msn"}}) == "transformers vit_msn");
  CHECK(family_of({{"model_type", "ijepa"}}) == "transformers ijepa");
  CHECK(family_of({{"model_type", "dinov2"}}) == "transformers dinov2");
  CHECK(family_of({{"model_type", "dinov2_with_registers"}}) ==
        "transformers dinov2_with_registers");
  CHECK(family_of({{"model_type", "depth_anything"}}) == "transformers depth_anything");
  CHECK(family_of({{"model_type", "zoedepth"}}) == "transformers zoedepth");
  CHECK(family_of({{"model_type", "dpt"}}) == "transformers dpt");
  CHECK(family_of({{"model_type", "eomt"}}) == "transformers eomt");
  CHECK(family_of({{"model_type", "eomt_dinov3"}}) == "transformers eomt");
  CHECK(family_of({{"model_type", "clip"}}) == "transformers clip");
  CHECK(family_of({{"model_type", "clip_vision_model"}}) == "transformers clip");
  CHECK(family_of({{"model_type", "metaclip_2"}}) == "transformers metaclip_2");
  CHECK(family_of({{"model_type", "metaclip_2_vision_model"}}) == "transformers metaclip_2");
  CHECK(family_of({{"model_type", "chinese_clip"}}) == "transformers chinese_clip");
  CHECK(family_of({{"model_type", "chinese_clip_vision_model"}}) == "transformers chinese_clip");
  CHECK(family_of({{"model_type", "altclip"}}) == "transformers altclip");
  CHECK(family_of({{"model_type", "altclip_vision_model"}}) == "transformers altclip");
  CHECK(family_of({{"model_type", "owlvit"}}) == "transformers owlvit");
  CHECK(family_of({{"model_type", "owlvit_vision_model"}}) == "transformers owlvit");
  CHECK(family_of({{"model_type", "radio"}}) == "transformers radio");
  CHECK(family_of({{"model_type", "owlv2"}}) == "transformers owlvit");
  CHECK(family_of({{"model_type", "owlv2_vision_model"}}) == "transformers owlvit");
  CHECK(family_of({{"model_type", "blip"}}) == "transformers blip");
  CHECK(family_of({{"model_type", "blip_vision_model"}}) == "transformers blip");
  CHECK(family_of({{"model_type", "aimv2"}}) == "transformers aimv2");
  CHECK(family_of({{"model_type", "aimv2_vision_model"}}) == "transformers aimv2");
  CHECK(family_of({{"model_type", "mlcd_vision_model"}}) == "transformers mlcd");
  CHECK(family_of({{"model_type", "tipsv2"}}) == "transformers tipsv2");
  CHECK(family_of({{"model_type", "tipsv2_vision_model"}}) == "transformers tipsv2");
  CHECK(family_of({{"model_type", "pixio"}}) == "transformers pixio");
  CHECK(family_of({{"model_type", "sapiens2"}}) == "transformers sapiens2");
  CHECK(family_of({{"model_type", "yolos"}}) == "transformers yolos");
  CHECK(family_of({{"model_type", "vitpose"}}) == "transformers vitpose");
  CHECK(family_of({{"model_type", "vitpose_backbone"}}) == "transformers vitpose");
  CHECK(family_of({{"model_type", "siglip"}}) == "transformers siglip");
  CHECK(family_of({{"model_type", "siglip_vision_model"}}) == "transformers siglip");
  CHECK(family_of({{"model_type", "siglip2"}}) == "transformers siglip");
  CHECK(family_of({{"model_type", "siglip2_vision_model"}}) == "transformers siglip");
  CHECK(family_of({{"model_type", "beit"}}) == "transformers beit");
  CHECK(family_of({{"model_type", "data2vec-vision"}}) == "transformers data2vec-vision");
  CHECK(family_of({{"model_type", "dinov3_vit"}}) == "transformers dinov3_vit");
  CHECK(family_of({{"model_cfg", json::object()}}) == "open_clip");
  CHECK(family_of({{"model_type", "swin"}}).empty());
  CHECK(family_of({{"model_type", {"vit"}}}).empty());
  CHECK(family_of({{"architecture", 5}}).empty());
  CHECK(family_of(json::object()).empty());
}

TEST_CASE("families have names of their own and say what they support") {
  std::set<std::string> names;
  for (const auto& family : eigenvit::detail::checkpoint_families()) {
    CHECK(names.insert(family.name).second);
    CHECK(std::string(family.supported).size() > 5);
  }
}
