#include <cstring>
#include <map>
#include <sstream>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/fnv1a.hpp>
#include <eigenvit/text/regex.hpp>
#include <eigenvit/text/tokenizer.hpp>
#include <eigenvit/text/unicode.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "random_texts.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

std::filesystem::path tokenizers_folder() {
  return golden::source_folder() / "tests" / "golden" / "tokenizers";
}

Tokenizer open_whole(const std::string& kind) {
  TokenizerOptions options;
  options.context_length = 0;
  return Tokenizer::open(tokenizers_folder() / kind, options);
}

const std::vector<std::string> kinds = {"clip",
                                        "clip_files",
                                        "byte_level",
                                        "gemma",
                                        "siglip2",
                                        "siglip",
                                        "unigram_bytes",
                                        "word_piece",
                                        "word_piece_steps",
                                        "unigram",
                                        "roberta_files",
                                        "xlm_roberta",
                                        "nllb",
                                        "nllb_files",
                                        "mt5",
                                        "t5"};

/// A tokenizer.json of WordPiece with these members besides.
std::string word_piece_json(const std::string& members = "") {
  return R"({"model": {"type": "WordPiece", "unk_token": "[U]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 9, "vocab": {"[U]": 0, "a": 1, "##b": 2, "[P]": 3}})" +
         members + "}";
}

std::string byte_pair_json(const std::string& merges, const std::string& options = "") {
  return R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": )" + merges +
         options + "}}";
}

template <class Exception>
std::string json_message(const std::string& json) {
  return message_of<Exception>([&] { Tokenizer::from_json(json); });
}

template <class Exception>
std::string folder_message(const std::map<std::string, std::string>& files) {
  const test_files::TemporaryFolder folder;
  for (const auto& [name, bytes] : files) folder.write(name, bytes);
  return message_of<Exception>([&] { Tokenizer::open(folder.path()); });
}

}  // namespace

TEST_CASE("the ids of random texts are Python's") {
  for (const std::string& kind : kinds) {
    CAPTURE(kind);
    const Tokenizer tokenizer = open_whole(kind);
    const std::string expected = test_files::read_bytes(tokenizers_folder() / kind / "ids.bin");
    REQUIRE(expected.size() == 4 * 2000);
    int differing = 0;
    for (std::size_t i = 0; i < expected.size() / 4; ++i) {
      detail::Fnv1a hash;
      for (const std::int32_t id : tokenizer.encode(random_texts::random_text(i))) {
        hash.add(static_cast<std::uint64_t>(id));
      }
      std::uint32_t python = 0;
      for (std::size_t b = 0; b < 4; ++b) {
        python |= std::uint32_t{static_cast<unsigned char>(expected[4 * i + b])} << 8 * b;
      }
      if (static_cast<std::uint32_t>(hash.value()) != python) ++differing;
    }
    CHECK(differing == 0);
  }
}

TEST_CASE("the ids of readable texts are Python's") {
  std::istringstream lines(test_files::read_bytes(tokenizers_folder() / "examples.tsv"));
  std::map<std::string, Tokenizer> tokenizers;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::istringstream fields(line);
    std::string kind, text, numbers;
    std::getline(fields, kind, '\t');
    std::getline(fields, text, '\t');
    std::getline(fields, numbers);
    const auto found = tokenizers.try_emplace(kind, open_whole(kind)).first;
    std::ostringstream ids;
    for (const std::int32_t id : found->second.encode(text)) {
      ids << (ids.tellp() > 0 ? " " : "") << id;
    }
    CAPTURE(kind);
    CAPTURE(text);
    CHECK(ids.str() == numbers);
  }
  CHECK(count == 199);
}

TEST_CASE("batches are cut and filled up as each processor does") {
  const Tokenizer clip = Tokenizer::open(tokenizers_folder() / "clip_files");
  CHECK(clip.context_length() == 77);
  const std::string long_text(1000, '1');
  const TokenBatch batch = clip.encode_batch({"a cat", long_text});
  REQUIRE(batch.count == 2);
  REQUIRE(batch.length == 77);
  const auto whole = clip.encode("a cat");
  const std::int32_t end = *clip.token_id("<|endoftext|>");
  CHECK(std::equal(whole.begin(), whole.end(), batch.ids.begin()));
  CHECK(batch.mask[whole.size() - 1] == 1);
  CHECK(batch.mask[whole.size()] == 0);
  CHECK(batch.ids[76] == end);
  CHECK(batch.ids[77] == *clip.token_id("<|startoftext|>"));
  CHECK(batch.ids[2 * 77 - 1] == end);
  CHECK(batch.mask[2 * 77 - 1] == 1);

  CHECK(Tokenizer::open(tokenizers_folder() / "siglip").context_length() == 64);
  const Tokenizer siglip2 = Tokenizer::open(tokenizers_folder() / "siglip2");
  CHECK(siglip2.context_length() == 64);
  CHECK(siglip2.pad_id() == 0);
  CHECK(siglip2.encode("A CAT") == siglip2.encode("a cat"));
  CHECK(siglip2.encode_batch({"a"}).ids.size() == 64);
  CHECK(siglip2.encode_batch({}).ids.empty());
  CHECK(siglip2.encode_batch({"a"}).mask[63] == 0);
  // Published folders state the right side; the class of one that states none fills up the left.
  const test_files::TemporaryFolder sideless;
  sideless.write("tokenizer.json",
                 test_files::read_bytes(tokenizers_folder() / "siglip2" / "tokenizer.json"));
  sideless.write("tokenizer_config.json", R"({"tokenizer_class": "Siglip2Tokenizer"})");
  CHECK(Tokenizer::open(sideless.path()).encode_batch({"a"}).mask[63] == 1);
  CHECK_FALSE(siglip2.token_id("no such token").has_value());
}

TEST_CASE("lengths and sides of tokenizer.json count") {
  const Tokenizer left = Tokenizer::from_json(word_piece_json(
      R"(, "pre_tokenizer": {"type": "WhitespaceSplit"},
         "truncation": {"max_length": 3, "direction": "Left"},
         "padding": {"strategy": "BatchLongest", "direction": "Left", "pad_id": 3})"));
  CHECK(left.vocabulary_size() == 4);
  CHECK(left.encode("a x ab a") == std::vector<std::int32_t>{1, 2, 1});
  const TokenBatch batch = left.encode_batch({"a"});
  CHECK(batch.ids == std::vector<std::int32_t>{3, 3, 1});
  CHECK(batch.mask == std::vector<std::uint8_t>{0, 0, 1});
}

TEST_CASE("texts that are none are refused") {
  const Tokenizer tokenizer = open_whole("gemma");
  const auto refused = [&](const std::string& text) {
    return message_of<FormatError>([&] { tokenizer.encode(text); });
  };
  CHECK(refused("ab\xFF") == "expected a text in valid UTF-8, found byte 255 at 2 of 3");
  CHECK(refused("\xED\xA0\x80") == "expected a text in valid UTF-8, found byte 237 at 0 of 3");
  CHECK(refused("\xC0\x80") == "expected a text in valid UTF-8, found byte 192 at 0 of 2");
  CHECK(refused("\xF4\x90\x80\x80") == "expected a text in valid UTF-8, found byte 244 at 0 of 4");
  CHECK(refused("a\xE2\x82") == "expected a text in valid UTF-8, found byte 226 at 1 of 3");
  CHECK(refused(std::string((16 << 20) + 1, 'a')) ==
        "expected a text of at most 16777216 bytes, found 16777217");
  CHECK(message_of<FormatError>([&] {
          tokenizer.encode_batch({"a", "\xFF"});
        }) == "text 2: expected a text in valid UTF-8, found byte 255 at 0 of 1");
  const Tokenizer bare = Tokenizer::from_json(word_piece_json());
  CHECK(bare.encode("").empty());
  CHECK(message_of<FormatError>([&] {
          bare.encode_batch({"a", ""});
        }) == "text 2: expected a text with a token, found ''");
}

TEST_CASE("damaged and lying tokenizer.json are refused in one line") {
  CHECK(contains(json_message<FormatError>(word_piece_json().substr(0, 90)),
                 "tokenizer.json: not valid JSON at byte"));
  CHECK(json_message<ConfigError>("{}") ==
        "tokenizer.json: key 'model': expected an object, found nothing");
  CHECK(contains(json_message<FormatError>(byte_pair_json(R"(["a b", "a c"])")),
                 "key 'model.merges': merge 2: expected tokens of the vocabulary, found 'c', which "
                 "it lacks"));
  CHECK(contains(json_message<FormatError>(byte_pair_json(R"(["b a"])")), "found 'ba'"));
  CHECK(contains(json_message<ConfigError>(byte_pair_json(R"(["a"])")),
                 "expected two texts with a space between them, not 'a'"));
  CHECK(contains(json_message<ConfigError>(byte_pair_json(R"([["a", 1]])")),
                 "expected an array of pairs of texts"));
  CHECK(contains(json_message<FormatError>(byte_pair_json("[]", R"(, "unk_token": "<unk>")")),
                 "expected unk_token '<unk>' in the vocabulary"));
  CHECK(contains(json_message<ConfigError>(byte_pair_json("[]", R"(, "dropout": 0.1)")),
                 "key 'model.dropout': expected null or 0"));
  CHECK(contains(
      json_message<ConfigError>(R"({"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}})"),
      "key 'model.vocab.a': expected an integer from 0 to 2147483646, found -1"));
  CHECK(contains(json_message<UnsupportedError>(R"({"model": {"type": "WordLevel", "vocab": {}}})"),
                 "key 'model.type': 'WordLevel' is not supported"));
  CHECK(contains(json_message<FormatError>(
                     R"({"model": {"type": "Unigram", "unk_id": 3, "vocab": [["a", 0]]}})"),
                 "expected the unknown token among 1 tokens, found 3"));
  CHECK(contains(json_message<ConfigError>(R"({"model": {"type": "Unigram", "vocab": []}})"),
                 "expected a vocabulary, found an empty one"));
  CHECK(contains(
      json_message<UnsupportedError>(word_piece_json(R"(, "normalizer": {"type": "Magic"})")),
      "key 'normalizer.type': 'Magic' is not supported"));
  CHECK(contains(json_message<UnsupportedError>(
                     word_piece_json(R"(, "pre_tokenizer": {"type": "UnicodeScripts"})")),
                 "'UnicodeScripts' is not supported"));
  CHECK(contains(json_message<UnsupportedError>(word_piece_json(
                     R"(, "pre_tokenizer": {"type": "Split", "behavior": "Isolated",
                          "pattern": {"Regex": "(a)\\1"}})")),
                 "pattern '(a)\\1': '\\1' is not supported in it"));
  CHECK(contains(json_message<ConfigError>(word_piece_json(
                     R"(, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "*"})")),
                 "expected base64"));
  CHECK(contains(json_message<FormatError>(word_piece_json(
                     R"(, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "////"})")),
                 "expected the bytes of a trie"));
  CHECK(contains(json_message<ConfigError>(
                     word_piece_json(R"(, "added_tokens": [{"content": "a", "id": 7}])")),
                 "expected the id of 'a' in the vocabulary, 1, found 7"));
  CHECK(contains(json_message<ConfigError>(word_piece_json(
                     R"(, "truncation": {"max_length": 1},
                        "post_processor": {"type": "BertProcessing", "cls": ["a", 1],
                                           "sep": ["a", 1]})")),
                 "expected a context length of at least the 2 special tokens, found 1"));
}

TEST_CASE("folders without a tokenizer, and damaged ones, are refused in one line") {
  CHECK(contains(folder_message<FileError>({}), "expected tokenizer.json, vocab.json with"));
  CHECK(contains(folder_message<FormatError>({{"bpe_simple_vocab_16e6.txt.gz", "x"}}),
                 "bpe_simple_vocab_16e6.txt.gz: expected a file packed by gzip, found a damaged"));
  CHECK(contains(folder_message<FormatError>(
                     {{"vocab.json", R"({"a": 0, "<|endoftext|>": 1})"}, {"merges.txt", "a b\n"}}),
                 "merges.txt: merge 1: expected tokens of the vocabulary, found 'b'"));
  CHECK(contains(folder_message<FormatError>({{"vocab.json", R"({"a": 0, "<|endoftext|>": 1})"},
                                              {"merges.txt", "#version: 0.2\n"}}),
                 "expected the special token '<|startoftext|>' in the vocabulary"));
  CHECK(contains(folder_message<FormatError>({{"spiece.model", "\x0A\xFF"}}),
                 "spiece.model: expected a SentencePiece model, found a damaged one"));
  CHECK(
      contains(folder_message<FormatError>({{"spiece.model", std::string("\x0A\x03\x0A\x01\x61")}}),
               "with an unknown piece among 1, found none"));
  CHECK(contains(
      folder_message<FormatError>({{"spiece.model", std::string("\x0A\x09\x0A\x05<unk>\x18\x02")}}),
      "expected tokens that texts can have, found none among 1"));
  CHECK(contains(folder_message<FormatError>(
                     {{"sentencepiece.bpe.model", std::string("\x0A\x09\x0A\x05<unk>\x18\x02")}}),
                 "sentencepiece.bpe.model: expected at least 3 pieces, found 1"));
  CHECK(contains(folder_message<UnsupportedError>(
                     {{"spiece.model", std::string("\x0A\x09\x0A\x05<unk>\x18\x02")},
                      {"tokenizer_config.json", R"({"tokenizer_class": "AlbertTokenizer"})"}}),
                 "expected the tokenizer of SigLIP, T5, XLM-RoBERTa or NLLB, found "
                 "'AlbertTokenizer'; a tokenizer.json beside it is read instead"));
  CHECK(contains(
      folder_message<FormatError>({{"spiece.model", std::string("\x0A\x09\x0A\x05<unk>\x18\x02")},
                                   {"tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer",
                                                    "extra_ids": 0})"}}),
      "spiece.model: expected the unknown token among 1 tokens, found 2"));
  CHECK(contains(folder_message<FormatError>({{"vocab.txt", "a\nb\n"}}),
                 "expected unk_token '[UNK]' in the vocabulary"));
  CHECK(contains(folder_message<UnsupportedError>(
                     {{"vocab.json", R"({"a": 0})"},
                      {"merges.txt", ""},
                      {"tokenizer_config.json", R"({"tokenizer_class": "GPT2TokenizerFast"})"}}),
                 "expected the vocabulary of a CLIPTokenizer, found 'GPT2Tokenizer'"));
  CHECK(contains(folder_message<FormatError>({{"vocab.json", R"({"a": 0})"},
                                              {"merges.txt", "#version: 0.2\n"},
                                              {"config.json", R"({"model_type": "roberta"})"}}),
                 "expected the special token '<s>' in the vocabulary"));
  CHECK(contains(folder_message<UnsupportedError>(
                     {{"vocab.txt", "[UNK]\n"},
                      {"tokenizer_config.json", R"({"tokenizer_class": "MPNetTokenizer"})"}}),
                 "expected the vocabulary of a BertTokenizer, found 'MPNetTokenizer'"));
  CHECK(contains(folder_message<FormatError>({{"bpe_simple_vocab_16e6.txt", "title\nab\n"}}),
                 "expected two tokens in line 2, found 'ab'"));
}

TEST_CASE("OpenCLIP's configuration chooses a tokenizer") {
  const auto config = [](const std::string& text_cfg) {
    return std::pair<const std::string, std::string>(
        "open_clip_config.json", R"({"model_cfg": {"text_cfg": )" + text_cfg + "}}");
  };
  const std::pair<const std::string, std::string> json = {
      "tokenizer.json", test_files::read_bytes(tokenizers_folder() / "clip" / "tokenizer.json")};
  const auto open = [](const std::map<std::string, std::string>& files) {
    const test_files::TemporaryFolder folder;
    for (const auto& [name, bytes] : files) folder.write(name, bytes);
    return Tokenizer::open(folder.path());
  };
  const Tokenizer alone = open({json});
  const Tokenizer simple = open({json, config(R"({"context_length": 9})")});
  CHECK(simple.context_length() == 9);
  CHECK(simple.pad_id() == 0);
  CHECK(simple.encode(" a  CAT") == alone.encode("a cat"));
  const Tokenizer canonical = open(
      {json,
       config(R"({"hf_tokenizer_name": "x", "tokenizer_kwargs": {"clean": "canonicalize"}})")});
  CHECK(canonical.context_length() == 77);
  CHECK(canonical.pad_id() == alone.pad_id());
  CHECK(canonical.encode("It's <|endoftext|> A_cat.") == alone.encode("its endoftext a cat"));
  CHECK(alone.encode("<|endoftext|>").size() < canonical.encode("<|endoftext|>").size());
  // A config.json is that of the weights.
  const Tokenizer other = open({json, config(R"({"context_length": 9})"), {"config.json", "{}"}});
  CHECK(other.context_length() != 9);

  const auto error = [&](const std::string& text_cfg) {
    return folder_message<Error>({json, config(text_cfg)});
  };
  CHECK(error("{}") == "(no exception)");
  CHECK(
      contains(error(R"({"tokenizer_kwargs": {"clean": "none"}})"),
               "key 'model_cfg.text_cfg.tokenizer_kwargs.clean': expected 'canonicalize', 'lower' "
               "or 'whitespace', found \"none\""));
  CHECK(contains(error(R"({"tokenizer_kwargs": {"reduction_mask": "simple"}})"),
                 "reduction_mask': expected a tokenizer without it, found \"simple\""));
  CHECK(contains(error(R"({"tokenizer_mode": "clips"})"),
                 "tokenizer_mode': expected a tokenizer without it, found \"clips\""));
  CHECK(contains(error(R"({"tokenizer_kwargs": {"strip_sep_token": true}})"),
                 "expected the special token '[SEP]' in the vocabulary, which lacks it"));
}

TEST_CASE("texts have the token of their language") {
  const auto path = tokenizers_folder() / "nllb";
  const auto ids_in = [&](const std::string& language) {
    TokenizerOptions options;
    options.language = language;
    return Tokenizer::open(path, options).encode("a cat");
  };
  const Tokenizer tokenizer = Tokenizer::open(path);
  const auto english = ids_in("");
  CHECK(english.front() == *tokenizer.token_id("eng_Latn"));
  CHECK(english.back() == *tokenizer.token_id("</s>"));
  CHECK(tokenizer.pad_id() == *tokenizer.token_id("<pad>"));
  auto french = ids_in("fra_Latn");
  CHECK(french.front() == *tokenizer.token_id("fra_Latn"));
  french.front() = english.front();
  CHECK(french == english);

  // What the folder states, and what OpenCLIP's configuration does.
  const std::pair<const std::string, std::string> vocabulary = {
      "tokenizer.json", test_files::read_bytes(path / "tokenizer.json")};
  const auto open = [&](const std::string& settings, const std::string& open_clip,
                        const std::string& language) {
    const test_files::TemporaryFolder folder;
    folder.write(vocabulary.first, vocabulary.second);
    folder.write("tokenizer_config.json", settings);
    if (!open_clip.empty()) {
      folder.write("open_clip_config.json", R"({"model_cfg": {"text_cfg": )" + open_clip + "}}");
    }
    TokenizerOptions options;
    options.language = language;
    return Tokenizer::open(folder.path(), options).encode("a cat");
  };
  const std::string nllb = R"({"tokenizer_class": "NllbTokenizerFast", "src_lang": "zho_Hans"})";
  CHECK(open(nllb, "", "").front() == *tokenizer.token_id("zho_Hans"));
  const std::string stated =
      R"({"hf_tokenizer_name": "x", "tokenizer_kwargs": {"src_lang": "fra_Latn"}})";
  CHECK(open(nllb, stated, "").front() == *tokenizer.token_id("fra_Latn"));
  CHECK(open(nllb, stated, "eng_Latn") == english);
  const std::string ineffective =
      R"({"hf_tokenizer_name": "x", "tokenizer_kwargs": {"language": "fra_Latn"}})";
  CHECK(open(nllb, ineffective, "") == open(nllb, "", ""));
  const auto legacy =
      open(R"({"tokenizer_class": "NllbTokenizer", "legacy_behaviour": true})", "", "fra_Latn");
  REQUIRE(legacy.size() == english.size());
  CHECK(std::equal(legacy.begin(), legacy.end() - 1, english.begin() + 1));
  CHECK(legacy.back() == *tokenizer.token_id("fra_Latn"));

  const auto error = [&](const std::string& settings, const std::string& open_clip,
                         const std::string& language) {
    return message_of<Error>([&] { open(settings, open_clip, language); });
  };
  CHECK(contains(error(nllb, "", "tlh_Latn"),
                 "tokenizer.json: expected the special token 'tlh_Latn' in the vocabulary"));
  CHECK(contains(error("{}", "", "fra_Latn"),
                 "tokenizer.json: expected the tokenizer of an NllbTokenizer, for texts in "
                 "'fra_Latn', found one without languages"));
  CHECK(contains(error("{}", stated, ""),
                 "src_lang': expected a tokenizer without it, found \"fra_Latn\""));
  CHECK(contains(error("{}", ineffective, ""),
                 "language': expected a tokenizer without it, found \"fra_Latn\""));
  CHECK(message_of<UnsupportedError>([] {
          TokenizerOptions options;
          options.language = "fra_Latn";
          Tokenizer::from_json(word_piece_json(), options);
        }) ==
        "tokenizer.json: expected the tokenizer of an NllbTokenizer, for texts in "
        "'fra_Latn', found one without languages");
}

TEST_CASE("T5's model of SentencePiece is read as the folder says") {
  const std::string model = test_files::read_bytes(tokenizers_folder() / "t5" / "spiece.model");
  const std::string mt5 = test_files::read_bytes(tokenizers_folder() / "mt5" / "spiece.model");
  const auto open = [](std::map<std::string, std::string> files) {
    const test_files::TemporaryFolder folder;
    for (const auto& [name, bytes] : files) folder.write(name, bytes);
    return Tokenizer::open(folder.path());
  };
  const std::pair<const std::string, std::string> network = {"config.json",
                                                             R"({"model_type": "mt5"})"};
  const std::pair<const std::string, std::string> open_clip = {
      "open_clip_config.json",
      R"({"model_cfg": {"text_cfg": {"hf_tokenizer_name": "google/mt5-base"}}})"};
  // A hundred sentinels unless the file has its own.
  const Tokenizer usual = open({{"spiece.model", model}, network});
  CHECK(usual.vocabulary_size() == 600);
  CHECK(usual.context_length() == 0);
  CHECK(usual.pad_id() == 0);
  CHECK(usual.token_id("<extra_id_0>") == 599);
  CHECK(usual.encode("photo</s><extra_id_99>") == std::vector<std::int32_t>{3, 1, 500, 1});
  CHECK(open({{"spiece.model", mt5}, network}).vocabulary_size() == 756);
  // OpenCLIP's configuration names the network.
  const Tokenizer clip = open({{"spiece.model", mt5}, open_clip});
  CHECK(clip.vocabulary_size() == 756);
  CHECK(clip.context_length() == 77);
  const TokenBatch batch = clip.encode_batch({"  a\n photo &amp; a cat "});
  REQUIRE(batch.length == 77);
  const auto alone = Tokenizer::open(tokenizers_folder() / "mt5").encode("a photo & a cat");
  CHECK(std::equal(alone.begin(), alone.end(), batch.ids.begin()));
  CHECK(batch.ids[76] == 0);
  CHECK(batch.mask[alone.size()] == 0);

  // What transformers adds to a vocabulary has the next ids, whatever it is stated with.
  const auto stated = [&](const std::string& members) {
    return std::map<std::string, std::string>{
        {"spiece.model", model},
        {"tokenizer_config.json",
         R"({"tokenizer_class": "T5Tokenizer", "extra_ids": 0, )" + members + "}"}};
  };
  const Tokenizer added = open(stated(
      R"("added_tokens_decoder": {"500": {"content": "[X]", "lstrip": true}, "0": {"content":
         "<pad>", "special": true}, "501": {"content": "cat", "single_word": true}},
         "extra_special_tokens": ["[Y]", {"__type": "AddedToken", "content": "[X]"}], "sep_token": "[Z]")"));
  CHECK(added.encode("photo  [X] cat[Z]cats[Y]") ==
        std::vector<std::int32_t>{5, 3, 500, 501, 502, 86, 17, 503, 1});
  CHECK(added.token_id("[Z]") == 502);
  CHECK(added.token_id("[Y]") == 503);
  CHECK(added.vocabulary_size() == 504);
  // A list that is stated, null too, stands for the file's own.
  CHECK(open(stated(R"("additional_special_tokens": null)")).encode("cat dog") ==
        std::vector<std::int32_t>{86, 134, 1});
  CHECK(open(stated(R"("padding_side": "right")")).encode("cat dog") ==
        std::vector<std::int32_t>{4, 1});

  const auto error = [&](const std::string& members) {
    return folder_message<Error>(stated(members));
  };
  CHECK(contains(error(R"("added_tokens_decoder": {"501": {"content": "[X]"}})"),
                 "key 'added_tokens_decoder.501.content': expected the token with the id 500, "
                 "found '[X]' with 501"));
  CHECK(contains(error(R"("added_tokens_decoder": {"x": {"content": "[X]"}})"),
                 "key 'added_tokens_decoder.x': expected an integer from 0 to 2147483646 as its "
                 "name"));
  CHECK(contains(error(R"("added_tokens_decoder": {"500": 3})"), "expected an object, found 3"));
  CHECK(contains(error(R"("extra_special_tokens": [1])"), "expected an array of texts, not of 1"));
  auto others = stated(R"("sep_token": "[Z]")");
  others["added_tokens.json"] = R"({"[X]": 500})";
  CHECK(contains(folder_message<UnsupportedError>(others),
                 "added_tokens.json: expected these tokens as added_tokens_decoder of "
                 "tokenizer_config.json, found them alone"));
}

TEST_CASE("NLLB's model of SentencePiece is read as the folder says") {
  const auto path = tokenizers_folder() / "nllb_files";
  const std::string name = "sentencepiece.bpe.model";
  const std::string model = test_files::read_bytes(path / name);
  const auto open = [&](const std::string& settings, const std::string& map,
                        const std::string& language) {
    const test_files::TemporaryFolder folder;
    folder.write(name, model);
    folder.write("tokenizer_config.json", settings);
    if (!map.empty()) folder.write("special_tokens_map.json", map);
    TokenizerOptions options;
    options.language = language;
    return Tokenizer::open(folder.path(), options);
  };
  const Tokenizer tokenizer = Tokenizer::open(path);
  CHECK(tokenizer.context_length() == 1024);
  CHECK(tokenizer.pad_id() == 1);
  CHECK(tokenizer.token_id("<mask>") == 504);
  const std::string text = "A photo of a  <mask> cat";
  // Lists of languages, and none: those of NLLB-200.
  const std::string nllb = R"({"tokenizer_class": "NllbTokenizer")";
  const std::string list = R"("additional_special_tokens": ["eng_Latn", "fra_Latn", "zho_Hans"])";
  CHECK(open(nllb + ", " + list + "}", "", "").encode(text) == tokenizer.encode(text));
  CHECK(open(nllb + "}", "{" + list + "}", "").encode(text) == tokenizer.encode(text));
  const Tokenizer all = open(nllb + R"(, "mask_token": "<mask>"})", "", "zul_Latn");
  CHECK(all.token_id("ace_Arab") == 501);
  CHECK(all.token_id("<mask>") == 703);
  CHECK(all.vocabulary_size() == 704);
  CHECK(all.encode("a").front() == 702);

  // OpenCLIP's configuration names the network.
  const test_files::TemporaryFolder clip;
  clip.write(name, model);
  clip.write("open_clip_config.json", R"({"model_cfg": {"text_cfg": {"hf_tokenizer_name":
      "facebook/nllb-200-distilled-600M", "tokenizer_kwargs": {"src_lang": "fra_Latn"}}}})");
  CHECK(Tokenizer::open(clip.path()).encode("a").front() == all.token_id("fra_Latn"));

  const auto error = [&](const std::string& settings) {
    return message_of<Error>([&] { open(settings, "", ""); });
  };
  CHECK(contains(error(nllb + R"(, "extra_special_tokens": []})"),
                 "expected the special token 'eng_Latn' in the vocabulary, which lacks it"));
  CHECK(contains(error(nllb + R"(, "pad_token": "</s>"})"),
                 "expected four tokens for the beginning of texts, what fills them up, their end "
                 "and unknown characters, found '</s>' twice"));
  const std::string unknown("\x0A\x09\x0A\x05<unk>\x18\x02"), byte_pairs("\x12\x02\x18\x02");
  const auto refused = [&](const std::string& bytes) {
    return folder_message<Error>({{name, bytes}, {"tokenizer_config.json", nllb + "}"}});
  };
  CHECK(contains(refused(unknown),
                 "expected a byte-pair model (2), found a SentencePiece model of type 1"));
  CHECK(contains(refused(unknown + byte_pairs + "\x0A\x03\x0A\x01\x61\x0A\x03\x0A\x01\x61"),
                 "sentencepiece.bpe.model: expected pieces that differ, found 'a' twice"));
  CHECK(contains(folder_message<UnsupportedError>({{name, model}}),
                 "expected a unigram model (1), found a SentencePiece model of type 2"));
}

TEST_CASE("a sigma ends a word where Python's str.lower says so") {
  const auto lower = [](const char* text) { return detail::lower_case_of_words(text); };
  CHECK(lower("\u03a3\u039f\u03a3") == "\u03c3\u03bf\u03c2");
  CHECK(lower("\u039f\u03a3. \u03a3") == "\u03bf\u03c2. \u03c3");
  CHECK(lower("\u039f\u03a3\u2167") == "\u03bf\u03c3\u2177");
  CHECK(lower("\u039f\u03a3'\u0391") == "\u03bf\u03c3'\u03b1");
  CHECK(lower("\u0130\u03a3") == "i\u0307\u03c2");
}

TEST_CASE("regular expressions match what Oniguruma matches") {
  const auto matches = [](const char* pattern, const std::string& text) {
    std::string found;
    std::size_t steps = 1000000;
    detail::Regex(pattern, "test").for_each_match(text, steps, [&](detail::TextSpan match) {
      found += '[' + text.substr(match.begin, match.end - match.begin) + ']';
    });
    return found;
  };
  CHECK(matches("\\s+(?!\\S)|\\s+", "a   b ") == "[  ][ ][ ]");
  CHECK(matches("(?i:'s|it)", "IT'S 'S it'\u017f") == "[IT]['S]['S][it]['\u017f]");
  CHECK(matches("(?i:[aeiou]+)", "A\u0131I") == "[A][I]");
  CHECK(matches("a{2,3}?b*|c", "aaabbc") == "[aa][c]");
  CHECK(matches("(?:ab|a)+", "abaac") == "[abaa]");
  CHECK(matches("x*+x|y?", "xxy") == "[][][y]");
  CHECK(matches("^a|b$|\\Ac", "ab\nab") == "[a][b][a][b]");
  CHECK(contains(message_of<UnsupportedError>([&] { matches("(?<=a)b", "ab"); }), "'(?<'"));
  CHECK(contains(message_of<UnsupportedError>([&] { matches("a{2}?b", "aab"); }), "'{n}?'"));
  CHECK(contains(message_of<FormatError>([&] { matches("(a", "a"); }), "a ')' for each '('"));
  CHECK(
      contains(message_of<UnsupportedError>([&] { matches("(?:a|aa)+b", std::string(200, 'a')); }),
               "test: matching the pattern takes too many steps"));
}
