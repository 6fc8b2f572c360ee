#include <cstdint>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/text/seeded_hash.hpp>

using namespace eigenvit;

namespace {

constexpr std::uint64_t slots = 1 << 17;
constexpr int keys = 60000;
// Keys that fall on slots at random are on some 48,000 of them, and no keys are likely to fall on
// less than half of these.
constexpr std::size_t enough = 24000;

}  // namespace

TEST_CASE("keys of any structure spread over the slots of a table") {
  const detail::SeededHash hash;
  for (const int shift : {0, 8, 15, 32, 47}) {
    CAPTURE(shift);
    std::set<std::uint64_t> used;
    for (std::uint64_t i = 0; i < keys; ++i) used.insert(hash(i << shift) % slots);
    CHECK(used.size() > enough);
  }
  for (const std::size_t length : {5, 9, 16, 17, 40}) {
    for (const std::size_t place : {std::size_t{0}, length - 3}) {
      CAPTURE(length);
      CAPTURE(place);
      std::set<std::uint64_t> used;
      for (int i = 0; i < keys; ++i) {
        std::string text(length, 'a');
        text[place] = static_cast<char>(i & 255);
        text[place + 1] = static_cast<char>(i >> 8 & 255);
        used.insert(hash(text) % slots);
      }
      CHECK(used.size() > enough);
    }
  }
}

TEST_CASE("lengths count, and each hash has keys of its own") {
  const detail::SeededHash hash;
  std::set<std::uint64_t> values;
  for (std::size_t length = 0; length < 100; ++length) {
    values.insert(hash(std::string(length, '\0')));
    values.insert(hash(std::string(length, 'a')));
  }
  CHECK(values.size() == 199);
  const detail::SeededHash other;
  CHECK(hash("a") != other("a"));
  CHECK(hash(std::uint64_t{1}) != other(std::uint64_t{1}));
  const detail::SeededHash copy = hash;
  CHECK(hash("a") == copy("a"));
}
