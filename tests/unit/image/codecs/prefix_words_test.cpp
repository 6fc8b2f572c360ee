#include <array>
#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/prefix_words.inl>

using namespace eigenvit;

namespace {

/// The share of all words of that many bits that a code takes, times 2^15.
template <std::size_t symbols>
std::uint32_t taken(const detail::PrefixWords<symbols>& words) {
  std::uint32_t sum = 0;
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    if (words.length(symbol) > 0) sum += 1U << (15 - words.length(symbol));
  }
  return sum;
}

}  // namespace

TEST_CASE("words are those of the example in RFC 1951, from the last bit to the first") {
  detail::PrefixWords<8> words;
  words.assign({3, 3, 3, 3, 3, 2, 4, 4});
  const std::array<std::uint32_t, 8> expected = {0b010, 0b110, 0b001,  0b101,
                                                 0b011, 0b00,  0b0111, 0b1111};
  for (std::size_t symbol = 0; symbol < 8; ++symbol) CHECK(words.word(symbol) == expected[symbol]);
}

TEST_CASE("rare symbols get long words, in Huffman's lengths") {
  detail::PrefixWords<6> words;
  words.fit({45, 13, 12, 16, 9, 5}, 15);
  CHECK(words.lengths() == std::array<std::uint8_t, 6>{1, 3, 3, 3, 4, 4});
  words.fit({1, 1, 1, 1, 0, 0}, 15);
  CHECK(words.lengths() == std::array<std::uint8_t, 6>{2, 2, 2, 2, 0, 0});
}

TEST_CASE("two symbols at least get a word") {
  detail::PrefixWords<4> words;
  words.fit({0, 0, 7, 0}, 15);
  CHECK(words.lengths() == std::array<std::uint8_t, 4>{1, 0, 1, 0});
  words.fit({0, 0, 0, 0}, 15);
  CHECK(words.lengths() == std::array<std::uint8_t, 4>{1, 1, 0, 0});
}

TEST_CASE("no word is longer than the limit, and none is left over") {
  // Counts like Fibonacci's numbers make the deepest tree.
  std::array<std::uint32_t, 40> counts{};
  counts[0] = counts[1] = 1;
  for (std::size_t i = 2; i < counts.size(); ++i) counts[i] = counts[i - 1] + counts[i - 2];
  for (const std::size_t limit : {std::size_t{15}, std::size_t{7}, std::size_t{6}}) {
    detail::PrefixWords<40> words;
    words.fit(counts, limit);
    CHECK(taken(words) == 1U << 15);
    CHECK(words.length(39) <= words.length(0));
    for (std::size_t symbol = 0; symbol < 40; ++symbol) {
      CHECK(words.length(symbol) >= 1);
      CHECK(words.length(symbol) <= static_cast<int>(limit));
    }
  }
}
