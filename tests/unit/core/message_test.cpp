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

TEST_CASE("long names are cut, and not in the middle of a character") {
  CHECK(detail::in_quotes(std::string(160, 'x')) == "'" + std::string(160, 'x') + "'");
  CHECK(detail::in_quotes(std::string(161, 'x')) == "'" + std::string(160, 'x') + "'...");
  const std::string umlauts = std::string(159, 'x') + "\xC3\xBC" + "yz";
  CHECK(detail::in_quotes(umlauts) == "'" + std::string(159, 'x') + "'...");
}
