#include <set>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <eigenvit/io/config_fields.hpp>

namespace {

template <class Config>
std::set<std::string> names_of(Config config) {
  std::set<std::string> names;
  eigenvit::detail::visit_fields(config, [&](const char* name, const auto&) {
    CAPTURE(name);
    CHECK(names.insert(name).second);
  });
  return names;
}

}  // namespace

TEST_CASE("the fields of a configuration are visited once each, by their names") {
  eigenvit::RopeConfig rope;
  eigenvit::detail::visit_fields(rope, [&](const char* name, auto& field) {
    if (std::string(name) == "ref_width") field = std::decay_t<decltype(field)>(7);
  });
  CHECK(rope.ref_width == 7);
  CHECK(names_of(rope) == std::set<std::string>{"kind", "temperature", "grid_offset", "xy",
                                                "rotate_half", "ref_height", "ref_width",
                                                "class_token"});
  CHECK(names_of(eigenvit::GridInterpolation()).size() == 5);
  CHECK(names_of(eigenvit::ContrastiveLogits()).count("log_scale") == 1);
  CHECK(names_of(eigenvit::VitConfig()).count("norm_eps") == 1);
  CHECK(names_of(eigenvit::PreprocessConfig()).count("mean") == 1);
  CHECK(names_of(eigenvit::Checkpoint()).count("preprocessing") == 1);
}

TEST_CASE("what only decides which tensors are refused is no field") {
  const auto names = names_of(eigenvit::detail::CheckpointNames());
  CHECK(names.count("pos_embed_prefix_rows") == 1);
  for (const char* const name : {"strict", "ignored", "ignored_parts"})
    CHECK(names.count(name) == 0);
}
