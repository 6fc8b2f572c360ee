/// Random texts that the tests of tokenizers share: tests/golden/random_texts.py makes the same
/// ones, and says of what.
#ifndef EIGENVIT_TESTS_UNIT_TEXT_RANDOM_TEXTS_HPP
#define EIGENVIT_TESTS_UNIT_TEXT_RANDOM_TEXTS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

#include <eigenvit/text/unicode.hpp>

namespace random_texts {

/// Steele et al., OOPSLA 2014.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

  std::uint32_t next(std::uint32_t below) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return static_cast<std::uint32_t>(((z ^ (z >> 31)) >> 33) % below);
  }

  template <class Array>
  auto of(const Array& values) {
    return values[next(static_cast<std::uint32_t>(std::size(values)))];
  }

 private:
  std::uint64_t state_;
};

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

constexpr const char* words[] = {
    "a",
    "the",
    "of",
    "on",
    "in",
    "with",
    "photo",
    "picture",
    "image",
    "cat",
    "dog",
    "beach",
    "coffee",
    "cup",
    "red",
    "green",
    "blue",
    "two",
    "three",
    "people",
    "street",
    "car",
    "mountain",
    "snow",
    "river",
    "sitting",
    "running",
    "holding",
    "small",
    "large",
    "old",
    "young",
    "woman",
    "man",
    "child",
    "tokenization",
    "unbelievable",
    "international",
    "photographs",
    "don't",
    "it's",
    "we're",
    "they've",
    "I'm",
    "you'll",
    "he'd",
    "caf\303\251",
    "na\303\257ve",
    "\303\274ber",
    "stra\303\237e",
    "se\303\261or",
    "\304\260stanbul",
    "\316\243\316\237\316\246\316\237\316\243",
    "\320\272\320\276\321\210\320\272\320\260",
    "\321\201\320\276\320\261\320\260\320\272\320\260",
    "\347\214\253",
    "\347\212\254",
    "\343\201\255\343\201\223",
    "\343\202\253\343\203\241\343\203\251",
    "\352\263\240\354\226\221\354\235\264",
    "\331\202\330\267\330\251",
    "\327\227\327\252\327\225\327\234",
    "\340\271\201\340\270\241\340\270\247",
    "\340\244\254\340\244\277\340\244\262\340\245\215\340\244\262\340\245\200",
    "http://example.com/a?b=c",
    "3.14",
    "1,000"};
constexpr const char* specials[] = {"<|startoftext|>",
                                    "<|endoftext|>",
                                    "<start_of_text>",
                                    "<end_of_text>",
                                    "<s>",
                                    "</s>",
                                    "<unk>",
                                    "<pad>",
                                    "<bos>",
                                    "<eos>",
                                    "[CLS]",
                                    "[SEP]",
                                    "[UNK]",
                                    "[PAD]",
                                    "\342\226\201",
                                    "##",
                                    "</w>",
                                    "<0x41>"};
constexpr std::uint32_t spaces[] = {0x20,   0x20,   0x20,   0x9,    0xA,    0xD,
                                    0xB,    0xC,    0x85,   0xA0,   0x1680, 0x2003,
                                    0x2009, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
constexpr std::uint32_t punctuation[] = {
    0x21,   0x22,   0x23,   0x24,   0x25,   0x26,   0x27,   0x28,   0x29,   0x2A,   0x2B,
    0x2C,   0x2D,   0x2E,   0x2F,   0x3A,   0x3B,   0x3C,   0x3D,   0x3E,   0x3F,   0x40,
    0x5B,   0x5C,   0x5D,   0x5E,   0x5F,   0x60,   0x7B,   0x7C,   0x7D,   0x7E,   0xA1,
    0xAB,   0xBB,   0xBF,   0x2018, 0x2019, 0x201C, 0x201D, 0x2013, 0x2014, 0x2026, 0x3001,
    0x3002, 0xFF01, 0xFF1F, 0xA9,   0xAE,   0x20AC, 0xA3,   0x2122, 0xB0,   0xB1};
constexpr std::uint32_t emoji[] = {0x1F600, 0x1F468, 0x1F469, 0x1F467, 0x1F466, 0x2764, 0x1F44D,
                                   0x1F3F3, 0x1F308, 0x2708,  0x1F431, 0x1F436, 0x1F30A};
constexpr std::uint32_t controls[] = {0x1,    0x2,    0x7,    0x8,    0xE,    0x1B,   0x1C,
                                      0x1F,   0x7F,   0x80,   0x8F,   0x9F,   0xAD,   0x200B,
                                      0x200C, 0x200D, 0x2060, 0x202A, 0x202E, 0x2066, 0x2069};
constexpr Range scripts[] = {
    {0x61, 0x7A},       {0x41, 0x5A},      {0xC0, 0xFF},     {0x100, 0x17F},     {0x180, 0x24F},
    {0x250, 0x2AF},     {0x391, 0x3A1},    {0x3B1, 0x3C9},   {0x400, 0x45F},     {0x531, 0x556},
    {0x561, 0x586},     {0x5D0, 0x5EA},    {0x621, 0x63A},   {0x641, 0x64A},     {0x710, 0x72F},
    {0x905, 0x939},     {0x985, 0x98C},    {0xA05, 0xA0A},   {0xB85, 0xB8A},     {0xE01, 0xE30},
    {0x10D0, 0x10F0},   {0x1100, 0x1112},  {0x1200, 0x1206}, {0x13A0, 0x13F4},   {0x1780, 0x17A2},
    {0x1E00, 0x1EF9},   {0x1F00, 0x1F15},  {0x3041, 0x3096}, {0x30A1, 0x30FA},   {0x4E00, 0x9FA5},
    {0xAC00, 0xD7A3},   {0xFF21, 0xFF5A},  {0xFF66, 0xFF9D}, {0x10330, 0x1034A}, {0x10400, 0x1044F},
    {0x1D400, 0x1D454}, {0x20000, 0x2A6D6}};
constexpr Range others[] = {
    {0x660, 0x669},     {0x966, 0x96F},   {0xB2, 0xB3},       {0xBC, 0xBE},     {0x2150, 0x2182},
    {0x2460, 0x24FF},   {0x2190, 0x21FF}, {0x2200, 0x22FF},   {0x2500, 0x257F}, {0x2100, 0x2138},
    {0x3200, 0x321C},   {0x3300, 0x33FF}, {0xF900, 0xFA2D},   {0xFB00, 0xFB06}, {0xFE50, 0xFE52},
    {0x1D165, 0x1D169}, {0xE000, 0xE010}, {0xF0000, 0xF0010}, {0xFFFD, 0xFFFD}, {0xFEFF, 0xFEFF},
    {0x2000, 0x200F}};
constexpr Range marks[] = {{0x300, 0x34E},   {0x350, 0x36F}, {0x591, 0x5A1},   {0x64B, 0x652},
                           {0x93C, 0x93C},   {0x94D, 0x94D}, {0x1161, 0x1175}, {0x11A8, 0x11C2},
                           {0x3099, 0x309A}, {0xE34, 0xE3A}, {0x20D0, 0x20DC}, {0xFE00, 0xFE0F}};

inline std::string utf8(std::uint32_t code) {
  std::string text;
  eigenvit::detail::append_utf8(text, code);
  return text;
}

inline std::string character(SplitMix64& random, const Range& range) {
  return utf8(range.first + random.next(range.last - range.first + 1));
}

template <class Make>
std::string repeated(std::uint32_t times, const Make& make) {
  std::string text;
  for (std::uint32_t i = 0; i < times; ++i) text += make();
  return text;
}

inline std::string word(SplitMix64& random) {
  std::string text = random.of(words);
  const std::uint32_t form = random.next(8);
  const auto enlarge = [](char& c) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  };
  if (form == 0) {
    for (char& c : text) enlarge(c);
  } else if (form == 1) {
    enlarge(text.front());
  }
  return text;
}

inline std::string emoji_sequence(SplitMix64& random) {
  std::string text = utf8(random.of(emoji));
  return text + repeated(random.next(4), [&] {
           const std::uint32_t join = random.next(4);
           if (join == 0) return utf8(0xFE0F);
           if (join == 1) return utf8(0x1F3FB + random.next(5));
           return utf8(0x200D) + utf8(random.of(emoji));
         });
}

inline std::string marked(SplitMix64& random) {
  std::string text = character(random, random.of(scripts));
  return text + repeated(1 + random.next(5), [&] {
           return random.next(4) != 0 ? character(random, random.of(marks))
                                      : character(random, random.of(scripts));
         });
}

inline std::string part(SplitMix64& random) {
  const std::uint32_t kind = random.next(18);
  if (kind < 5) return word(random);
  if (kind == 5) return std::to_string(random.next(100000));
  if (kind == 6) return repeated(1 + random.next(4), [&] { return utf8(random.of(spaces)); });
  if (kind < 9) return repeated(1 + random.next(4), [&] { return utf8(random.of(punctuation)); });
  if (kind < 12) {
    const Range script = random.of(scripts);
    return repeated(1 + random.next(8), [&] {
      random.next(1);
      return character(random, script);
    });
  }
  if (kind == 12) return emoji_sequence(random);
  if (kind == 13) return marked(random);
  if (kind == 14) return utf8(random.of(controls));
  if (kind == 15) return random.of(specials);
  if (kind == 16) {
    return utf8(0x202B) +
           repeated(1 + random.next(6), [&] { return utf8(0x5D0 + random.next(27)); }) +
           utf8(0x202C);
  }
  return character(random, random.of(others));
}

/// The text of that number; one of 128 has at least 10,000 bytes, another one nothing.
inline std::string random_text(std::uint64_t number) {
  SplitMix64 random(number);
  const std::uint32_t kind = random.next(128);
  std::string text;
  if (kind == 1) return text;
  std::uint32_t parts = 1 + random.next(12);
  while (kind != 0 ? parts > 0 : text.size() < 10000) {
    text += part(random);
    if (random.next(4) != 0) text += ' ';
    --parts;
  }
  return text;
}

}  // namespace random_texts

#endif
