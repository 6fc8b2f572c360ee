#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/io/text_embeddings.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

const std::vector<float> values = {1, 2, 3, 4, 5, 6};

/// Reads a file of `text_embeds [2, 3]` with that metadata.
TextEmbeddings read(const std::map<std::string, std::string>& metadata,
                    const std::vector<std::uint64_t>& shape = {2, 3},
                    const std::string& tensor = "text_embeds") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "texts.safetensors";
  write_safetensors(path, {{tensor, shape, values.data()}}, metadata);
  return read_text_embeddings(path);
}

}  // namespace

TEST_CASE("texts are read with their names") {
  const TextEmbeddings texts = read({{"names", R"(["a \"cat\"", "\u00fcber"])"}});
  CHECK(texts.names == std::vector<std::string>{"a \"cat\"",
                                                "\xC3\xBC"
                                                "ber"});
  REQUIRE(texts.vectors.rows() == 2);
  CHECK(texts.vectors(1, 0) == 4);
  CHECK_FALSE(texts.logits.score.has_value());
  CHECK_FALSE(texts.logits.log_scale.has_value());
  CHECK_FALSE(texts.logits.bias.has_value());
  CHECK(contains(texts.source, "texts.safetensors"));

  const TextEmbeddings scaled =
      read({{"names", R"(["a", "b"])"}, {"logit_scale", "4.5"}, {"logit_bias", "-12"}});
  CHECK(scaled.logits.log_scale == 4.5);
  CHECK(scaled.logits.bias == -12);
}

TEST_CASE("files of another form are refused") {
  const auto format = [](const std::map<std::string, std::string>& metadata) {
    return message_of<FormatError>([&] { read(metadata); });
  };
  CHECK(contains(format({}), "texts.safetensors: expected a JSON list of texts as 'names'"));
  CHECK(contains(format({{"names", "a, b"}}), "__metadata__ 'names'"));
  CHECK(contains(format({{"names", "{}"}}), "expected a JSON list of strings, found"));
  CHECK(contains(format({{"names", "[\"a\", 7]"}}), "expected a list of strings, found 7 in it"));
  CHECK(contains(format({{"names", "[\"a\", \"b\"]"}, {"logit_scale", "\"x\""}}),
                 "__metadata__ 'logit_scale': expected a number, found \"x\""));
  CHECK(contains(message_of<ShapeError>([&] {
                   read({{"names", "[\"a\"]"}});
                 }),
                 "expected 2 names, one for each row of 'text_embeds', found 1"));
  const std::map<std::string, std::string> names = {{"names", R"(["a", "b"])"}};
  CHECK(contains(message_of<FormatError>([&] { read(names, {6}); }),
                 "tensor 'text_embeds': expected [C, D], found F32 [6]"));
  CHECK(contains(message_of<FormatError>([&] { read(names, {0, 3}); }), "found F32 [0, 3]"));
  CHECK(contains(message_of<FormatError>([&] {
                   read(names, {2, 3}, "embeds");
                 }),
                 "expected tensor 'text_embeds', found none of that name"));
  CHECK(contains(message_of<FileError>([] { read_text_embeddings("/nonexistent.safetensors"); }),
                 "nonexistent.safetensors"));
}
