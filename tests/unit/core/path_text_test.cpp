#include <filesystem>

#include <doctest/doctest.h>

#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/utf8_path.hpp>

using namespace eigenvit;

TEST_CASE("path text: UTF-8 on one line") {
  CHECK(detail::path_text(eigenvit::utf8_path("f\xC3\xBCr\n.json")) == "f\xC3\xBCr\\x0A.json");
}
