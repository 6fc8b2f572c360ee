#include <filesystem>

#include <doctest/doctest.h>

#include <eigenvit/core/path_text.hpp>

using namespace eigenvit;

TEST_CASE("path text: UTF-8 on one line") {
  CHECK(detail::path_text(std::filesystem::u8path("f\xC3\xBCr\n.json")) == "f\xC3\xBCr\\x0A.json");
}
