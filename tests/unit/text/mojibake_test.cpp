#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/text/damaged_utf8.hpp>
#include <eigenvit/text/mojibake.hpp>
#include <eigenvit/text/mojibake_characters.hpp>
#include <eigenvit/text/mojibake_signs.hpp>
#include <eigenvit/text/single_byte_encodings.hpp>
#include <eigenvit/text/unicode.hpp>

#include "../io/test_files.hpp"
#include "stored_texts.hpp"

using namespace eigenvit;
using namespace std::string_literals;

namespace {

std::string repaired(const std::string& text) {
  detail::TextBudget budget(text.size());
  return detail::repair_mojibake(text, budget);
}

/// What the bytes are as Latin-1.
std::string latin_1(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) detail::append_utf8(text, static_cast<unsigned char>(c));
  return text;
}

}  // namespace

TEST_CASE("characters stand beside each other that hardly do elsewhere, as ftfy sees it") {
  const std::vector<std::string> texts = stored_texts("signs.bin");
  REQUIRE(texts.size() == 2000);
  for (std::size_t i = 0; i < texts.size(); i += 2) {
    CAPTURE(texts[i]);
    CHECK(detail::looks_like_mojibake(texts[i]) == (texts[i + 1] == "1"));
  }
  CHECK(!detail::looks_like_mojibake(""));
  CHECK(!detail::looks_like_mojibake("\u00C3"));
}

TEST_CASE("encodings of one byte have the characters that Python's codecs have") {
  std::string bytes;
  for (int byte = 0x80; byte < 0x100; ++byte) bytes += static_cast<char>(byte);
  const std::vector<std::string> texts = stored_texts("encodings.bin");
  REQUIRE(texts.size() == detail::byte_encoding_count);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(i);
    const auto encoding = static_cast<detail::ByteEncoding>(i);
    CHECK(detail::encode_bytes(texts[i], encoding) == bytes);
    detail::for_each_character(texts[i], [&](detail::CodePoint code) {
      const auto set = detail::mojibake::in_encoding(encoding);
      CHECK((detail::mojibake_characters[code] & set) != 0);
    });
  }
  CHECK(detail::encode_bytes("a\uFFFD", detail::ByteEncoding::windows_1252) == "a\x1A");
}

TEST_CASE("texts that were decoded by the wrong encoding are decoded again") {
  CHECK(repaired("s\u00C3\u00B3") == "s\u00F3");
  CHECK(repaired("\u00E2\u0153\u201D No problems") == "\u2714 No problems");
  CHECK(repaired("\u0432\u0402\u201Dm") == "\u2014m");
  CHECK(repaired("\u221A\u00A9") == "\u00E9");
  // Twice, some parts alone, and a part whose repair is the beginning of the next one.
  CHECK(repaired("\u00C3\u0083\u00C2\u00B3") == "\u00F3");
  CHECK(repaired("\u65E5\u672C \u00C3\u00A9 \u00C3\u0083\u00C2\u00A9 ok") ==
        "\u65E5\u672C \u00E9 \u00E9 ok");
  CHECK(repaired("l\u2019humanit\u00C3\u00A9") == "l\u2019humanit\u00E9");
  CHECK(repaired("\u00C3\u0192\u0192\u0192\u0192\u65E5") == "\u00C3\u65E5");
  // C1's controls are those of Windows-1252 where it has them.
  CHECK(repaired("It\u0092s \u009D") == "It\u2019s \u009D");
  // Nothing is wrong.
  CHECK(repaired("(\u00C3 \u00C3 )") == "(\u00C3 \u00C3 )");
  CHECK(repaired("caf\u00E9 \u20AC5") == "caf\u00E9 \u20AC5");
}

TEST_CASE("spaces and lost bytes in UTF-8 are what they can have been") {
  CHECK(repaired("voil\u00C3 le travail") == "voil\u00E0 le travail");
  CHECK(repaired("f\u00C3 cil \u00C3 s vezes \u00C3 quele \u00C3  la") ==
        "f\u00E0 cil \u00E0s vezes \u00E0quele \u00E0 la");
  CHECK(repaired("\u00E2\u20AC\u0153 like this \u00E2\u20AC\uFFFD") == "\u201C like this \uFFFD");
  CHECK(detail::with_restored_a0("\xF0 \x80\x80 \xE2 \x85 \xE3\x80  \xE0 \x80") ==
        "\xF0\xA0\x80\x80 \xE2 \x85 \xE3\x80\xA0 \xE0 \x80");
  CHECK(
      detail::with_lost_characters("\xC4\x1A \xC3? \xC4? \xE2\x1A\x1A \xE2?? \xF0\x9F\x98? \x1A") ==
      "\uFFFD \uFFFD \xC4? \uFFFD \xE2?? \uFFFD \uFFFD");
  CHECK(detail::with_lost_characters("\xED\xA0?\xED\xB8? \xED\xA0\x80\xED\xB8\x80") ==
        "\uFFFD \xED\xA0\x80\xED\xB8\x80");
}

TEST_CASE("characters may be written as two surrogates, and U+0000 as two bytes") {
  CHECK(detail::decode_utf8_variants("\xED\xA0\xBD\xED\xB8\x80") == "\U0001F600");
  CHECK(detail::decode_utf8_variants("a\xC0\x80z") == "a\0z"s);
  CHECK(detail::decode_utf8_variants("\xED\x95\x9C") == "\uD55C");
  // Python's `$` also matches before a newline at the end.
  CHECK(detail::decode_utf8_variants("\xED\xA0\xBD\xED\xB8\n") == "\U0001F60A");
  CHECK(detail::decode_utf8_variants("\xC0\n") == "\0"s);
  for (const std::string bytes :
       {"\xC0\na", "\xC0", "\xED\xA0\xBD\xED\xB8\na", "\xED\xA0\xBD", "\xED\xB8\x80\xED\xA0\xBD",
        "\xE2\xED\xA0\xBD\xED\xB8\x80", "\x80"}) {
    CAPTURE(bytes);
    CHECK(!detail::decode_utf8_variants(bytes));
  }
  CHECK(repaired(latin_1("\xC3\xA9 \xED\xA0\xBD\xED\xB8\x80")) == "\u00E9 \U0001F600");
  CHECK(repaired(latin_1("\xC3\xA9 \xC0\n")) == "\u00E9 \0"s);
}

TEST_CASE("texts in which each repair makes the next one possible are refused") {
  std::string text = "\u00C3";
  while (text.size() < 6000) text += "\u0192";
  CHECK(test_files::contains(
      test_files::message_of<UnsupportedError>([&] { repaired(text); }),
      "expected a text that is repaired in few passes, found one whose characters are escaped or "
      "decoded wrongly too many times"));
  CHECK(repaired(text.substr(0, 202)) == "\u00C3");
}

TEST_CASE("what comes of any characters of wrongly decoded texts is UTF-8") {
  // Every byte after every byte that begins UTF-8, and all of them in a row.
  std::string all;
  for (int first = 0xC0; first < 0x100; ++first) {
    for (int second = 0; second < 0x100; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second), '\x80', '\x1A'};
      all += latin_1(std::string_view(bytes, sizeof bytes));
      CHECK(!detail::invalid_utf8(repaired(latin_1(std::string_view(bytes, sizeof bytes)))));
    }
  }
  CHECK(!detail::invalid_utf8(repaired(all)));
}
