#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

using namespace eigenvit;

TEST_CASE("a message is its parts, one after the other") {
  const std::string file = "model.safetensors";
  const std::string_view tensor("head.weight and more", 11);
  CHECK(detail::message(
            {file, ": tensor ", detail::Quoted{tensor}, ": found ", 3, " of ", std::size_t{4}}) ==
        "model.safetensors: tensor 'head.weight': found 3 of 4");
  CHECK(detail::message({}).empty());
  CHECK(detail::message({"", std::string(), std::string_view()}).empty());
}

TEST_CASE("a message writes every whole number in digits") {
  CHECK(detail::message({0, " ", -1, " ", std::int8_t{-128}, " ", std::uint8_t{255}}) ==
        "0 -1 -128 255");
  CHECK(detail::message({std::numeric_limits<std::int64_t>::min()}) == "-9223372036854775808");
  CHECK(detail::message({std::numeric_limits<std::int64_t>::max()}) == "9223372036854775807");
  CHECK(detail::message({std::numeric_limits<std::uint64_t>::max()}) == "18446744073709551615");
}

TEST_CASE("a message keeps zero bytes of its text") {
  CHECK(detail::message({std::string_view("a\0b", 3), "c"}) == std::string("a\0bc", 4));
}

TEST_CASE("an exception is raised with its message") {
  CHECK_THROWS_WITH_AS(detail::raise<FormatError>({"image: byte ", 7}), "image: byte 7",
                       FormatError);
}

TEST_CASE("names of unknown origin are quoted on one line") {
  CHECK(detail::in_quotes("head.weight") == "'head.weight'");
  CHECK(detail::in_quotes("a\nb\x7F") == "'a\\x0Ab\\x7F'");
  CHECK(detail::in_quotes(std::string_view("a\0b", 3)) == "'a\\x00b'");
  CHECK(detail::message({detail::Quoted{"a\nb"}}) == "'a\\x0Ab'");
  CHECK(detail::one_line("a\tb") == "a\\x09b");
}

TEST_CASE("no character of a name is an order to the terminal") {
  CHECK(detail::one_line("\x1B]0;title\x07") == "\\x1B]0;title\\x07");
  // U+0080, U+009B and U+009F begin escape sequences as well; U+00A0 and U+00BC do not.
  CHECK(detail::one_line("\xC2\x80\xC2\x9B\xC2\x9F") == "\\xC2\\x80\\xC2\\x9B\\xC2\\x9F");
  CHECK(detail::one_line("\xC2\xA0\xC3\xBC") == "\xC2\xA0\xC3\xBC");
  // Lines that end and text that turns around: U+2028, U+202E, U+2066; not U+2027, U+202F, U+20AC.
  CHECK(detail::one_line("\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6") ==
        "\\xE2\\x80\\xA8\\xE2\\x80\\xAE\\xE2\\x81\\xA6");
  CHECK(detail::one_line("\xE2\x80\xA7\xE2\x80\xAF\xE2\x82\xAC") ==
        "\xE2\x80\xA7\xE2\x80\xAF\xE2\x82\xAC");
  // Cut in the middle.
  CHECK(detail::one_line("a\xC2") == "a\xC2");
  CHECK(detail::one_line("a\xE2\x80") == "a\xE2\x80");
}

TEST_CASE("long names are cut, and not in the middle of a character") {
  CHECK(detail::in_quotes(std::string(160, 'x')) == "'" + std::string(160, 'x') + "'");
  CHECK(detail::in_quotes(std::string(161, 'x')) == "'" + std::string(160, 'x') + "'...");
  const std::string umlauts = std::string(159, 'x') + "\xC3\xBC" + "yz";
  CHECK(detail::in_quotes(umlauts) == "'" + std::string(159, 'x') + "'...");
}
