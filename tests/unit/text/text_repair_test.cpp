#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/text/html_entities.hpp>
#include <eigenvit/text/text_repair.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"

using namespace eigenvit;

namespace {

std::string repaired(const std::string& text) {
  detail::TextBudget budget(text.size());
  return detail::repair_text(text, budget);
}

}  // namespace

TEST_CASE("texts are repaired as OpenCLIP's cleaning does, but for their encoding") {
  const std::string bytes = test_files::read_bytes(golden::source_folder() / "tests" / "golden" /
                                                   "text_repair" / "texts.bin");
  std::size_t at = 0;
  const auto next = [&] {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      size |= std::uint32_t{static_cast<unsigned char>(bytes.at(at + i))} << 8 * i;
    }
    at += 4 + std::size_t{size};
    return bytes.substr(at - size, size);
  };
  std::size_t count = 0;
  std::size_t changed = 0;
  while (at < bytes.size()) {
    const std::string text = next();
    const std::string python = next();
    CAPTURE(text);
    CHECK(repaired(text) == python);
    changed += text != python ? 1U : 0U;
    ++count;
  }
  CHECK(count == 1000);
  CHECK(changed > 500);
}

TEST_CASE("characters of HTML are read as HTML's standard says") {
  CHECK(detail::unescape_html("&lt;a&gt; &amp;amp; &notit; &eacute &x; &") ==
        "<a> &amp; \u00ACit; \u00E9 &x; &");
  CHECK(detail::unescape_html("&#65;&#x42;&#67 &#x80; &#xD800; &#1114112;&#7;&#xFDD0;") ==
        "ABC \u20AC \uFFFD \uFFFD");
  CHECK(detail::unescape_html("&zwnj;|&AElig;|&fjlig;|&ThickSpace;") ==
        "\u200C|\u00C6|fj|\u205F\u200A");
  CHECK(detail::unescape_plain_html("this&not that &not; &EACUTE; &eACUTE; &#59; &SZLIG;") ==
        "this&not that \u00AC \u00C9 &eACUTE; &#59; SS");
  // What stands in tags counts as written for the repair, and is read once it is done.
  CHECK(repaired("<b>&amp;amp;amp;</b>") == "<b>&amp;</b>");
  CHECK(repaired("&amp;amp;amp;amp;") == "&");
}

TEST_CASE("texts whose characters are escaped without end are refused") {
  std::string text = "&";
  for (int i = 0; i < 400000; ++i) text += "amp;";
  CHECK(test_files::contains(
      test_files::message_of<UnsupportedError>([&] { repaired(text); }),
      "expected a text that is repaired in few passes, found one whose characters of HTML are "
      "escaped too many times"));
}
