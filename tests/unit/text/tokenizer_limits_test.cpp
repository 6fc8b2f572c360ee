// Files of few bytes that would cost much.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/text/regex.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/tokenizer.hpp>
#include <eigenvit/text/word_piece.hpp>

#include "../io/test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += (i == 0 ? "" : ", ") + text;
  return result;
}

/// A tokenizer.json of WordPiece with these members besides.
std::string word_piece_json(const std::string& members) {
  return R"({"model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 9, "vocab": {"[U]": 0, "a": 1}}, )" +
         members + "}";
}

std::string normalizers(const std::string& steps) {
  return R"("normalizer": {"type": "Sequence", "normalizers": [)" + steps + "]}";
}

std::string pre_tokenizers(const std::string& steps) {
  return R"("pre_tokenizer": {"type": "Sequence", "pretokenizers": [)" + steps + "]}";
}

std::string replace(const std::string& pattern, const std::string& content) {
  return R"({"type": "Replace", "pattern": {"String": ")" + pattern + R"("}, "content": ")" +
         content + R"("})";
}

std::string split(const std::string& regex) {
  return R"({"type": "Split", "behavior": "Isolated", "pattern": {"Regex": ")" + regex + R"("}})";
}

std::string encode_message(const std::string& members, const std::string& text) {
  return message_of<UnsupportedError>(
      [&] { Tokenizer::from_json(word_piece_json(members)).encode(text); });
}

constexpr const char* too_much_growth = "expected a tokenizer whose steps add at most 1 MiB";

}  // namespace

TEST_CASE("steps that each double a text are refused") {
  const std::string doubling = normalizers(repeated(replace("a", "aa"), 40));
  CHECK(contains(encode_message(doubling, "a"), too_much_growth));
  // An added token is normalised while the file is read.
  CHECK(contains(encode_message(doubling + R"(, "added_tokens": [{"content": "a", "id": 1}])", "x"),
                 too_much_growth));
  CHECK(contains(encode_message(normalizers(repeated(R"({"type": "ByteLevel"})", 40)), "\u00e9"),
                 too_much_growth));
  const std::string byte_level =
      R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})";
  CHECK(contains(encode_message(pre_tokenizers(repeated(byte_level, 40)), "\u00e9"),
                 too_much_growth));
  // All parts of a text pay from one purse.
  const std::string long_replacement = normalizers(replace("a", std::string(100000, 'b')));
  const std::string token = R"(, "added_tokens": [{"content": "x", "id": 2, "normalized": false}])";
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "ax";
  CHECK(contains(encode_message(long_replacement + token, many), too_much_growth));
  // What tokenizers of use do: a few bytes for each.
  CHECK(encode_message(normalizers(replace("a", "bcdefghijk")), std::string(100000, 'a')) ==
        "(no exception)");
}

TEST_CASE("a space is written as one character") {
  CHECK(contains(message_of<ConfigError>([] {
                   Tokenizer::from_json(word_piece_json(
                       pre_tokenizers(R"({"type": "Metaspace", "replacement": "  "})")));
                 }),
                 "expected a character, found \"  \""));
}

TEST_CASE("a character map of long replacements is refused") {
  // A trie of one key, 'a', whose replacement is long, in the units of Darts-clone.
  std::vector<std::uint32_t> units(256);
  units[0] = 1U << 10;                      // the children of the root are at 1 ^ label
  units[1 ^ 'a'] = 1U << 10 | 0x100 | 'a';  // a key ends here, its value at 1 ^ 'a' ^ 1
  units['a'] = 0x80000000U;
  const auto map = [&](char replacement) {
    std::string bytes;
    const auto add = [&](std::uint32_t number) {
      for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(number >> 8 * i & 0xFF);
    };
    add(static_cast<std::uint32_t>(4 * units.size()));
    for (const std::uint32_t unit : units) add(unit);
    return bytes + std::string(100000, replacement) + '\0';
  };
  const auto message = [&](char replacement, const std::string& text) {
    return message_of<UnsupportedError>([&] {
      detail::SentencePieceFile file;
      detail::UnigramToken token;
      token.text = "b";
      token.matched = true;
      file.tokens = {token, token};
      file.character_map = map(replacement);
      const detail::SentencePiece model(std::move(file), "model");
      detail::TextBudget budget(text.size());
      model.normalize(text, budget);
    });
  };
  CHECK(message('b', "aaa") == "(no exception)");
  CHECK(contains(message('b', std::string(1000, 'a')), too_much_growth));
  // Spaces that are dropped again take time too.
  CHECK(contains(message(' ', std::string(1000, 'a')), too_much_growth));
  const auto mapped = message_of<UnsupportedError>([&] {
    const detail::CharacterMap replacements(map('b'), "map");
    const std::string text(1000, 'a');
    replacements.apply(text, detail::TextBudget(text.size()));
  });
  CHECK(contains(mapped, too_much_growth));
}

TEST_CASE("the steps of patterns are counted for a whole text") {
  // 260,000 steps for each character that is split off.
  CHECK(contains(encode_message(pre_tokenizers(split(".") + ", " + split("(?:|(?:)){18}b")),
                                std::string(200, 'a')),
                 "matching the pattern takes too many steps"));
  const auto open = [](std::size_t bytes) {
    return message_of<UnsupportedError>([&] {
      std::size_t steps = 400000000;
      const std::string text(bytes, 'a');
      detail::Regex("(?:a|b)+", "test").for_each_match(text, steps, [](detail::TextSpan) {});
    });
  };
  CHECK(open(100000) == "(no exception)");
  CHECK(contains(open(4000000), "test: matching the pattern leaves too many alternatives open"));
}

TEST_CASE("templates of many tokens and tokenizers of many steps are refused") {
  const auto with_template = [](int pieces, int ids) {
    return message_of<UnsupportedError>([&] {
      Tokenizer::from_json(word_piece_json(
          R"("post_processor": {"type": "TemplateProcessing",
              "special_tokens": {"x": {"ids": [)" +
          repeated("1", ids) + R"(]}}, "single": [{"Sequence": {"id": "A"}}, )" +
          repeated(R"({"SpecialToken": {"id": "x"}})", pieces) + "]}"));
    });
  };
  CHECK(with_template(2, 3) == "(no exception)");
  CHECK(contains(with_template(200, 2000),
                 "key 'post_processor.type': expected at most 65536 tokens around a text"));
  const std::string roberta = R"({"type": "RobertaProcessing", "cls": ["a", 1], "sep": ["a", 1]})";
  CHECK(contains(message_of<UnsupportedError>([&] {
                   Tokenizer::from_json(
                       word_piece_json(R"("post_processor": {"type": "Sequence", "processors": [)" +
                                       repeated(roberta, 32769) + "]}"));
                 }),
                 "expected at most 65536 tokens around a text"));

  const std::string lowercase = R"({"type": "Lowercase"})";
  CHECK(encode_message(normalizers(repeated(lowercase, 64)), "A") == "(no exception)");
  CHECK(contains(encode_message(normalizers(repeated(lowercase, 65)), "A"),
                 "key 'normalizer.type': expected at most 64 steps, found more"));
  // Steps of sequences in a sequence count together.
  const std::string nested =
      R"({"type": "Sequence", "pretokenizers": [)" + repeated(split("a"), 40) + "]}";
  CHECK(contains(encode_message(pre_tokenizers(nested + ", " + nested), "a"),
                 "expected at most 64 steps, found more"));
}

TEST_CASE("lengths beyond a million tokens are none") {
  const auto stated = [](const std::string& length) {
    const test_files::TemporaryFolder folder;
    folder.write("tokenizer.json", word_piece_json(R"("normalizer": null)"));
    folder.write("tokenizer_config.json", R"({"model_max_length": )" + length + "}");
    return Tokenizer::open(folder.path()).context_length();
  };
  CHECK(stated("1048576") == 1048576);
  CHECK(stated("1048577") == 0);
  CHECK(stated("999999999") == 0);
  CHECK(stated("1000000000000000019884624838656") == 0);
  const auto truncated = [](const std::string& length) {
    return Tokenizer::from_json(word_piece_json(R"("truncation": {"max_length": )" + length + "}"))
        .context_length();
  };
  CHECK(truncated("1048576") == 1048576);
  CHECK(truncated("2147483646") == 0);
}

TEST_CASE("merges whose ids agree in their lower bits are found") {
  std::string vocabulary = R"("b": 1)";
  std::string merges;
  constexpr int count = 20000;
  for (int i = 0; i < count; ++i) {
    const std::string left = "a" + std::to_string(i);
    vocabulary += ", \"" + left + "\": " + std::to_string((i + 1) << 15);
    vocabulary += ", \"" + left + "b\": " + std::to_string(2 * i + 3);
    merges += (i == 0 ? "[\"" : ", [\"") + left + "\", \"b\"]";
  }
  const Tokenizer tokenizer =
      Tokenizer::from_json(R"({"model": {"type": "BPE", "ignore_merges": true, "vocab": {)" +
                           vocabulary + R"(}, "merges": [)" + merges + "]}}");
  CHECK(tokenizer.encode("a19999b") == std::vector<std::int32_t>{2 * (count - 1) + 3});
}

TEST_CASE("a word is matched in one walk for each of its tokens") {
  // By a table of texts, which asks for each length, this took n^3 steps.
  constexpr std::size_t n = 10000;
  detail::TokenTable table;
  table.add("[U]", 0);
  table.add("##a", 1);
  table.add("a", 2);
  table.add(std::string(n, 'a') + "b", 3);
  const detail::WordPiece model(table, "[U]", "##", 2 * n, "file");
  std::vector<detail::TokenId> ids;
  detail::TextBudget budget(3 * n);
  model.encode(std::string(2 * n, 'a'), ids, budget);
  std::vector<detail::TokenId> expected(2 * n, 1);
  expected[0] = 2;
  CHECK(ids == expected);
  ids.clear();
  model.encode(std::string(n, 'a') + "b", ids, budget);
  CHECK(ids == std::vector<detail::TokenId>{3});
}

TEST_CASE("long tokens of which a text holds many beginnings are refused") {
  // An added token and a text that steps make 1 MiB long took some 10^11 steps.
  std::string steps;
  for (int i = 0; i < 19; ++i) {
    steps += std::string(i == 0 ? "" : ", ") +
             R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
  }
  const Tokenizer grown = Tokenizer::from_json(
      R"({"model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##",
          "max_input_chars_per_word": 9, "vocab": {"[U]": 0, "a": 1}},
          "added_tokens": [{"content": "aa", "id": 2}],
          "normalizer": {"type": "Sequence", "normalizers": [)" +
      steps + "]}}");
  const std::string expected =
      "expected a vocabulary whose tokens are found in few steps, found one of long tokens with "
      "many "
      "beginnings in a text";
  CHECK(message_of<eigenvit::UnsupportedError>([&] { grown.encode("a"); }) == expected);

  // So do a vocabulary's, in both kinds of models that look for them.
  constexpr std::size_t n = 9000;
  const std::string long_token = std::string(n, 'a') + "b";
  const std::string text(n, 'a');
  const Tokenizer unigram = Tokenizer::from_json(
      R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["[U]", 0], ["a", -1], [")" +
      long_token + R"(", -2]]}})");
  CHECK(message_of<eigenvit::UnsupportedError>([&] { unigram.encode(text); }) == expected);
  const Tokenizer words = Tokenizer::from_json(
      R"({"model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##",
          "max_input_chars_per_word": 1000000, "vocab": {"[U]": 0, "a": 1, "##a": 2, "##)" +
      long_token + R"(": 3}}})");
  CHECK(message_of<eigenvit::UnsupportedError>([&] { words.encode(text); }) == expected);
  CHECK(unigram.encode(std::string(1000, 'a')).size() == 1000);
}

TEST_CASE("pieces that are made of others in too many ways are refused") {
  std::string bytes("\x0A\x09\x0A\x05<unk>\x18\x02\x12\x02\x18\x02");
  const auto add_length = [&](std::size_t length) {
    bytes += static_cast<char>(0x80 | (length & 0x7F));
    bytes += static_cast<char>(length >> 7);
  };
  for (std::size_t length = 1; length <= 1200; ++length) {
    bytes += '\x0A';
    add_length(length + 3);
    bytes += '\x0A';
    add_length(length);
    bytes += std::string(length, 'a');
  }
  const test_files::TemporaryFolder folder;
  folder.write("sentencepiece.bpe.model", bytes);
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "NllbTokenizer"})");
  CHECK(contains(message_of<UnsupportedError>([&] { Tokenizer::open(folder.path()); }),
                 "expected pieces that are made of two others in at most 4194304 ways of "
                 "268435456 bytes, found more"));
}

TEST_CASE("a token that ends in the middle of a character is no piece") {
  detail::TokenTable table;
  table.add("[U]", 0);
  table.add("\xC3", 1);
  table.add("##\xA9", 2);
  table.add("e", 3);
  const detail::WordPiece model(table, "[U]", "##", 100, "file");
  std::vector<detail::TokenId> ids;
  detail::TextBudget budget(2);
  model.encode("\u00e9", ids, budget);
  CHECK(ids == std::vector<detail::TokenId>{0});
}
