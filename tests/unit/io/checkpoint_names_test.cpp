#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_names.hpp>

#include "../golden.hpp"

using eigenvit::detail::message;
using Name = std::pair<std::string_view, const char*>;

TEST_CASE("the defaults are the names in timm's files") {
  const eigenvit::detail::CheckpointNames names;
  const auto plain = eigenvit::TensorStore::open(golden::models_folder() / "timm_vit");
  for (const auto& [name, part] : {Name{names.cls_token, ""},
                                   {names.pos_embed, ""},
                                   {names.patch_embed, ".weight"},
                                   {names.norm, ".weight"},
                                   {names.head, ".bias"}}) {
    CHECK(plain.find(message({name, part})) != nullptr);
  }
  std::string block(names.block);
  block.replace(block.find("{}"), 2, "1");
  for (const std::string_view name :
       {names.norm1, names.qkv.at(0), names.proj, names.norm2, names.fc1, names.fc2}) {
    CAPTURE(std::string(name));
    CHECK(plain.find(message({block, name, ".weight"})) != nullptr);
  }
  const auto deit3 = eigenvit::TensorStore::open(golden::models_folder() / "timm_deit3");
  CHECK(deit3.find(message({block, names.ls1})) != nullptr);
  CHECK(deit3.find(message({block, names.ls2})) != nullptr);
  const auto distilled =
      eigenvit::TensorStore::open(golden::models_folder() / "timm_deit_distilled");
  CHECK(distilled.find(names.dist_token) != nullptr);
  CHECK(distilled.find(message({names.head_dist, ".weight"})) != nullptr);
  const auto registers = eigenvit::TensorStore::open(golden::models_folder() / "timm_reg4_dinov2");
  CHECK(registers.find(names.reg_token) != nullptr);
  const auto clip = eigenvit::TensorStore::open(golden::models_folder() / "timm_clip");
  CHECK(clip.find(message({names.norm_pre, ".weight"})) != nullptr);
  const auto average = eigenvit::TensorStore::open(golden::models_folder() / "timm_vit_avg");
  CHECK(average.find(message({names.fc_norm, ".weight"})) != nullptr);
}
