#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <eigenvit/core/file_kind.hpp>

using eigenvit::detail::file_kind;
using eigenvit::detail::file_kind_name;
using eigenvit::detail::FileKind;

TEST_CASE("markup is told by what stands in it") {
  for (const char* const page :
       {"<html>", "<HTML lang=en>", "\r\n<!DOCTYPE  html>", "<!doctype HTML PUBLIC \"x\">",
        "<!-- saved --><html>", "<head><title>404</title>", "<body>no", "<h1>403</h1>",
        "<title>no</title>", "<script>x", "<br />\n<b>Warning</b>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"x\">\n<html>",
        "<html><svg></svg></html>"}) {
    CAPTURE(page);
    CHECK(file_kind(page) == FileKind::html);
  }
  for (const char* const drawing :
       {"<svg/>", "<SVG/>", "<svg:svg/>", "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>",
        "<!-- by hand -->\n<svg/>", "<!DOCTYPE svg PUBLIC \"x\">\n<svg/>"}) {
    CAPTURE(drawing);
    CHECK(file_kind(drawing) == FileKind::svg);
  }
  for (const char* const text : {"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
                                 "<Error/>", "<!-- unfinished"}) {
    CAPTURE(text);
    CHECK(file_kind(text) == FileKind::xml);
  }
  CHECK(file_kind("<") == FileKind::text);
  CHECK(file_kind("< 5") == FileKind::text);
}

TEST_CASE("texts, zeros and archives are told") {
  CHECK(file_kind("") == FileKind::other);
  CHECK(file_kind("x") == FileKind::text);
  CHECK(file_kind(" \n") == FileKind::text);
  CHECK(file_kind("404: Not Found\r\n") == FileKind::text);
  CHECK(file_kind("\xef\xbb\xbf"
                  "text") == FileKind::text);
  CHECK(file_kind("\xc3\xa4") == FileKind::other);
  CHECK(file_kind("a\1") == FileKind::other);
  CHECK(file_kind(" {\"error\": 404}") == FileKind::json);
  CHECK(file_kind("[1]") == FileKind::json);
  CHECK(file_kind(std::string(5000, '\0')) == FileKind::zeros);
  CHECK(file_kind(std::string(511, '\0') + "x") == FileKind::other);
  CHECK(file_kind("PK\5\6") == FileKind::zip);
  CHECK(file_kind("PK\1") == FileKind::other);
  CHECK(file_kind(std::string(257, 'a') + "ustar\0") == FileKind::archive);
  CHECK(file_kind(std::string_view("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0", 14)) ==
        FileKind::archive);
  CHECK(file_kind(std::string_view("\x5d\0\0", 3)) == FileKind::other);
  for (const char* const start : {"7z\xbc\xaf\x27\x1c", "Rar!\x1a\7",
                                  "\xfd"
                                  "7zXZ",
                                  "\x28\xb5\x2f\xfd", "BZh9", "\x1f\x9d", "\x04\x22\x4d\x18"}) {
    CHECK(file_kind(start) == FileKind::archive);
  }
}

TEST_CASE("every kind but the unknown one has a name") {
  CHECK(file_kind_name(FileKind::other).empty());
  for (int kind = 1; kind <= static_cast<int>(FileKind::archive); ++kind) {
    CAPTURE(kind);
    CHECK(!file_kind_name(static_cast<FileKind>(kind)).empty());
  }
}
