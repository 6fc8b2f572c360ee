#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/text/html_entities.hpp>
#include <eigenvit/text/text_repair.hpp>
#include <eigenvit/text/unicode.hpp>

#include "../io/test_files.hpp"
#include "stored_texts.hpp"

using namespace eigenvit;

namespace {

std::string repaired(const std::string& text) {
  detail::TextBudget budget(text.size());
  return detail::repair_text(text, budget);
}

}  // namespace

TEST_CASE("texts are repaired as OpenCLIP's cleaning does") {
  const std::vector<std::string> texts = stored_texts("texts.bin");
  REQUIRE(texts.size() == 2000);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < texts.size(); i += 2) {
    CAPTURE(texts[i]);
    CHECK(repaired(texts[i]) == texts[i + 1]);
    changed += texts[i] != texts[i + 1] ? 1U : 0U;
  }
  CHECK(changed > 700);
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
      "expected a text that is repaired in few passes, found one whose characters are escaped or "
      "decoded wrongly too many times"));
}

TEST_CASE("lines are repaired on their own, and a million characters at once of longer ones") {
  // A line in which nothing is wrong says nothing of the next one.
  CHECK(repaired("\u00C3 la mode\n\u00C3 la mode") == "\u00E0 la mode\n\u00E0 la mode");
  CHECK(repaired("a\n\u00C3") == "a\n\u00C3");
  const std::string line(999999, 'a');
  CHECK(repaired(line.substr(1) + "\u00C3\u00B3") == line.substr(1) + "\u00F3");
  CHECK(repaired(line + "\u00C3\u00B3") == line + "\u00C3\u00B3");
}

TEST_CASE("characters that stay as they are need no steps of the repair") {
  // A control character, which goes, makes all steps look at the same text.
  for (detail::CodePoint code = 0xA0; code < 0xD800; ++code) {
    std::string text = "( ";
    detail::append_utf8(text, code);
    text += ' ';
    detail::append_utf8(text, code);
    CAPTURE(text);
    if (repaired(text) != repaired("\x01" + text)) FAIL_CHECK("differs");
  }
}
