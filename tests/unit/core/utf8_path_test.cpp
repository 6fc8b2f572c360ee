#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/utf8_path.hpp>

using namespace eigenvit;

TEST_CASE("utf-8 path: a path from text and back") {
  const std::string text = "K\xC3\xB6pfe/\xE7\x8C\xAB.png";
  const std::filesystem::path path = utf8_path(text);
#if defined(_WIN32)
  CHECK(path.native() == L"K\u00F6pfe/\u732B.png");
  CHECK(utf8_text(path.lexically_normal()) == "K\xC3\xB6pfe\\\xE7\x8C\xAB.png");
#else
  CHECK(path.native() == text);
  CHECK(utf8_text(path.lexically_normal()) == text);
#endif
  CHECK(utf8_generic_text(path) == text);
  CHECK(utf8_text(path.filename()) == "\xE7\x8C\xAB.png");
  CHECK(utf8_path("").empty());
  CHECK(utf8_text({}).empty());
}
