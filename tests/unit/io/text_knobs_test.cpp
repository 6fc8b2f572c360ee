// Every choice of a network of texts turned the wrong way: some golden must notice.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/text_folder.hpp>
#include <eigenvit/io/text_reader.hpp>

#include "../golden.hpp"
#include "wrong_turn.hpp"

namespace {

using eigenvit::Activation;
using eigenvit::BlockForm;
using eigenvit::Index;
using eigenvit::TextConfig;
using eigenvit::TextPool;
using wrong_turn::set;
using wrong_turn::set_from;

/// A wrong turn; gives false where it is none for this network.
struct Knob {
  const char* name;
  bool (*turn)(TextConfig& config);
};

const std::vector<Knob>& knobs() {
  static const std::vector<Knob> all = {
      {"GELU for quick GELU",
       [](TextConfig& c) { return set_from(c.act, Activation::quick_gelu, Activation::gelu); }},
      {"GELU for tanh GELU",
       [](TextConfig& c) { return set_from(c.act, Activation::gelu_tanh, Activation::gelu); }},
      {"GELU for ReLU",
       [](TextConfig& c) { return set_from(c.act, Activation::relu, Activation::gelu); }},
      {"quick GELU for GELU",
       [](TextConfig& c) { return set_from(c.act, Activation::gelu, Activation::quick_gelu); }},
      {"number of heads", [](TextConfig& c) { return set(c.num_heads, Index{1}); }},
      {"epsilon of norms",
       [](TextConfig& c) {
         c.norm_eps *= 100;
         return true;
       }},
      {"norms after the sums",
       [](TextConfig& c) { return set_from(c.block, BlockForm::sum_norm, BlockForm::pre_norm); }},
      {"causal", [](TextConfig& c) { return set(c.causal, false); }},
      {"not causal", [](TextConfig& c) { return set(c.causal, true); }},
      {"padding is masked",
       [](TextConfig& c) {
         c.masks_inner_padding = false;
         return set(c.masks_padding, false);
       }},
      {"padding inside of a text is masked",
       [](TextConfig& c) { return set(c.masks_inner_padding, false); }},
      {"what fills up",
       [](TextConfig& c) {
         c.pad_id += 3;
         return c.masks_padding;
       }},
      {"scores that are not scaled", [](TextConfig& c) { return set(c.scales_scores, true); }},
      {"scaled tokens", [](TextConfig& c) { return set(c.token_scale, 1.0); }},
      {"the first token for the end token",
       [](TextConfig& c) { return set_from(c.text_pool, TextPool::end_token, TextPool::first); }},
      {"the first token for the greatest id",
       [](TextConfig& c) { return set_from(c.text_pool, TextPool::greatest_id, TextPool::first); }},
      {"the first token for the last",
       [](TextConfig& c) { return set_from(c.text_pool, TextPool::last, TextPool::first); }},
      {"the first token for the mean",
       [](TextConfig& c) { return set_from(c.text_pool, TextPool::mean, TextPool::first); }},
      {"the mean for the first token",
       [](TextConfig& c) { return set_from(c.text_pool, TextPool::first, TextPool::mean); }},
      {"the end token",
       [](TextConfig& c) {
         c.end_id = 5;
         return c.text_pool == TextPool::end_token;
       }},
      {"an activation before the projection",
       [](TextConfig& c) { return set(c.projection_act, Activation::none); }},
      {"vectors of length 1", [](TextConfig& c) { return set(c.normalize_embeds, false); }},
      {"vectors of any length", [](TextConfig& c) { return set(c.normalize_embeds, true); }},
  };
  return all;
}

/// Whether the vectors of the folder's texts differ from those of Python; not where the tensors
/// contradict the configuration.
bool notices(const std::filesystem::path& path, const eigenvit::TextFolder& folder,
             const TextConfig& config) {
  const auto store = eigenvit::TensorStore::open_file(path / "expected.safetensors");
  const golden::Tensor numbers = golden::read(store, "input_ids");
  const std::vector<std::int32_t> ids(numbers.values.begin(), numbers.values.end());
  eigenvit::TextTaps taps;
  taps.text_embeds = true;
  try {
    const auto network =
        eigenvit::detail::TextReader<float>(folder.tensors(), folder.checkpoint().names, config)
            .read();
    const auto output =
        network.forward({ids.data(), Index(numbers.shape[0]), Index(numbers.shape[1])}, taps);
    return golden::relative_error(output.text_embeds, golden::read(store, "text_embeds").values) >
           1e-4;
  } catch (const eigenvit::Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a choice of a network of texts turned the wrong way is noticed by a golden") {
  std::set<std::string> unnoticed;
  for (const Knob& knob : knobs()) unnoticed.insert(knob.name);
  const auto towers = golden::source_folder() / "tests" / "golden" / "text_towers";
  for (const auto& entry : std::filesystem::directory_iterator(towers)) {
    eigenvit::TextOptions options;
    if (entry.path().filename() == "openai_clip") options.release = "openai_clip";
    const auto folder = eigenvit::TextFolder::open(entry.path(), options);
    CHECK_FALSE(notices(entry.path(), folder, folder.checkpoint().config));
    for (const Knob& knob : knobs()) {
      TextConfig config = folder.checkpoint().config;
      if (unnoticed.count(knob.name) == 0 || !knob.turn(config)) continue;
      if (notices(entry.path(), folder, config)) unnoticed.erase(knob.name);
    }
  }
  for (const std::string& name : unnoticed) CHECK_MESSAGE(false, "no golden notices: ", name);
}
