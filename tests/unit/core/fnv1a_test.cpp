#include <doctest/doctest.h>

#include <eigenvit/core/fnv1a.hpp>

namespace {

std::string digits_of(const char* text) {
  eigenvit::detail::Fnv1a hash;
  hash.add(text, std::string(text).size());
  return hash.digits();
}

}  // namespace

// From the test suite of the draft.
TEST_CASE("FNV-1a gives the published values") {
  CHECK(digits_of("") == "cbf29ce484222325");
  CHECK(digits_of("a") == "af63dc4c8601ec8c");
  CHECK(digits_of("foobar") == "85944171f73967e8");
}

TEST_CASE("numbers are their bytes, texts bring their length") {
  eigenvit::detail::Fnv1a number, bytes;
  number.add(std::uint64_t{0x0102030405060708});
  bytes.add("\x08\x07\x06\x05\x04\x03\x02\x01", 8);
  CHECK(number.value() == bytes.value());
  eigenvit::detail::Fnv1a one, other;
  one.add(std::string_view("ab"));
  one.add(std::string_view("c"));
  other.add(std::string_view("a"));
  other.add(std::string_view("bc"));
  CHECK(one.value() != other.value());
}
