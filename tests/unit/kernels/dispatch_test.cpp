#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/kernels/dispatch.hpp>

#include "../support.hpp"

namespace kernels = eigenvit::kernels;

namespace {

std::vector<std::string> available() {
  std::vector<std::string> names;
  kernels::for_each_available([&](const auto& table) { names.emplace_back(table.name); });
  return names;
}

}  // namespace

TEST_CASE("for_each_available visits what can run here, each once, the best first") {
  const auto names = available();
  REQUIRE(!names.empty());
  CHECK(names.back() == "baseline");
  // The order of preference of which every machine has a part.
  std::vector<std::string> expected;
  for (const char* const name : {"avx512_amx", "avx512_bf16", "avx512_vnni", "avx512", "avx_vnni",
                                 "avx2", "neon_mmla", "neon_dotprod", "neon", "baseline"}) {
    if (std::find(names.begin(), names.end(), name) != names.end()) expected.emplace_back(name);
  }
  CHECK(names == expected);
}

TEST_CASE("for_each_available leaves out what the processor lacks") {
  if (std::getenv("EIGENVIT_TEST_NO_AVX"))
    CHECK(available() == std::vector<std::string>{"baseline"});
}

TEST_CASE("select_kernels takes the best unless a name is forced") {
  const auto names = available();
  CHECK(kernels::select_kernels(nullptr).name == names.front());
  CHECK(kernels::select_kernels("").name == names.front());
  for (const auto& name : names) CHECK(kernels::select_kernels(name.c_str()).name == name);
}

TEST_CASE("select_kernels lists what there is where it does not know a name") {
  std::string list;
  for (const auto& name : available()) list += (list.empty() ? "" : ", ") + name;
  for (const char* const wrong : {"sse9", "AVX2", "avx2 ", "base"}) {
    CHECK(support::message_of<eigenvit::ConfigError>([&] { kernels::select_kernels(wrong); }) ==
          "EIGENVIT_ISA: expected an instruction set that this processor has (" + list +
              "), found '" + wrong + "'");
  }
  const auto message =
      support::message_of<eigenvit::ConfigError>([] { kernels::select_kernels("avx\n\x1b[2J"); });
  CHECK(message.find_first_of("\n\x1b") == std::string::npos);
}

TEST_CASE("active_kernels obeys EIGENVIT_ISA and does not change") {
  const char* const forced = std::getenv("EIGENVIT_ISA");
  const auto& active = kernels::active_kernels();
  const bool is_forced = forced && *forced;
  CHECK(active.name == (is_forced ? std::string(forced) : available().front()));
  CHECK(&kernels::active_kernels() == &active);
}
