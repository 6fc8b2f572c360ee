#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/io/text.hpp>

using namespace eigenvit;

TEST_CASE("text: the path of a file in a folder") {
  const std::filesystem::path folder = eigenvit::utf8_path("models");
  CHECK(detail::path_in(folder, "f\xC3\xBCr.json") ==
        folder / eigenvit::utf8_path("f\xC3\xBCr.json"));
}

TEST_CASE("text: the closest name by edit distance") {
  const std::vector<std::string_view> names = {"blocks.0.attn.qkv.bias", "blocks.0.attn.qkv.weight",
                                               "blocks.0.norm1.weight", "head.weight"};
  CHECK(detail::closest_name("blocks.0.attn.qkv.wieght", names) == "blocks.0.attn.qkv.weight");
  CHECK(detail::closest_name("heads.weight", names) == "head.weight");
  CHECK(detail::closest_name("head.weight", names) == "head.weight");
  CHECK(detail::closest_name("x", {}) == "");
  CHECK(detail::closest_name("", names) == "head.weight");
  // Equally far from both: the first.
  CHECK(detail::closest_name("b", {"a", "c"}) == "a");
  CHECK(detail::closest_names("head.weigh", names, 2) ==
        std::vector<std::string>{"head.weight", "blocks.0.norm1.weight"});
  CHECK(detail::closest_names("head", names, 9).size() == 4);
}

TEST_CASE("text: the search for a close name is bounded") {
  const std::string long_name(1'000'000, 'x');
  const std::vector<std::string_view> names(20'000, long_name);
  CHECK(detail::closest_name(long_name, names) == long_name);
}
