// Models of images and texts from words and pictures on (tests/golden/make_text_encoders.py,
// make_open_clip_texts.py).
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/zero_shot.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/pipeline/text_encoder.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "../support.hpp"

using namespace eigenvit;
using nlohmann::json;
using test_files::contains;
using test_files::message_of;
using Texts = std::vector<std::string>;

namespace {

std::filesystem::path encoder_folder(const std::string& name) {
  return golden::source_folder() / "tests" / "golden" / "text_encoders" / name;
}

TensorStore expected_of(const std::string& name) {
  return TensorStore::open_file(encoder_folder(name) / "expected.safetensors");
}

Texts strings(const TensorStore& store, const char* key) {
  return json::parse(store.metadata().at(key)).get<Texts>();
}

const Texts names = {
    "clip",      "siglip",          "siglip2",        "chinese_clip",     "altclip",
    "open_clip", "open_clip_clipa", "open_clip_coca", "open_clip_siglip", "open_clip_nllb"};

// A copy of CLIP's folder without the weights, which are read at load.
class ClipFolder {
 public:
  ClipFolder() {
    for (const auto& entry : std::filesystem::directory_iterator(encoder_folder("clip"))) {
      std::filesystem::copy(entry.path(), folder_.path());
    }
  }

  void write(const std::string& name, const std::string& bytes) { folder_.write(name, bytes); }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::string error() const {
    TextEncoderOptions options;
    options.read_at_load = true;  // the folder goes
    return message_of<Error>([&] { TextEncoder::open(folder_.path(), options); });
  }

 private:
  test_files::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("texts have the vectors of the classes in Python") {
  for (const std::string& name : names) {
    CAPTURE(name);
    const TensorStore store = expected_of(name);
    const TextEncoder encoder = TextEncoder::open(encoder_folder(name));
    const auto vectors = golden::read(store, "text_embeds");
    const Matrix<float> found = encoder.embed(strings(store, "texts"));
    REQUIRE(found.rows() == Index(vectors.shape[0]));
    REQUIRE(found.cols() == encoder.width());
    CHECK(support::worst_error(found.data(), vectors.values.data(), found.size()) < 1e-5);
    const auto classes = golden::read(store, "classes");
    const TextEmbeddings made =
        encoder.classes(strings(store, "labels"), strings(store, "templates"));
    CHECK(made.names == strings(store, "labels"));
    CHECK(support::worst_error(made.vectors.data(), classes.values.data(), made.vectors.size()) <
          1e-5);
  }
}

TEST_CASE("texts have the tokens that OpenCLIP chooses") {
  for (const std::string name :
       {"open_clip", "open_clip_clipa", "open_clip_coca", "open_clip_siglip", "open_clip_nllb"}) {
    CAPTURE(name);
    const TensorStore store = expected_of(name);
    const Tokenizer tokenizer = Tokenizer::open(encoder_folder(name));
    const auto expected = golden::read(store, "input_ids").values;
    const TokenBatch found = tokenizer.encode_batch(strings(store, "texts"));
    CHECK(std::equal(found.ids.begin(), found.ids.end(), expected.begin(), expected.end()));
  }
}

TEST_CASE("pictures and words have the logits of the classes in Python") {
  for (const std::string& name : names) {
    CAPTURE(name);
    const TensorStore store = expected_of(name);
    const Model model = load_model(encoder_folder(name));
    const TextEncoder encoder = TextEncoder::open(encoder_folder(name));
    const ZeroShot zero_shot(
        model, encoder.classes(strings(store, "labels"), strings(store, "templates")));
    const auto logits = golden::read(store, "logits_per_image");
    const auto pictures = golden::source_folder() / "tests" / "golden" / "pipeline";
    const Image first = load_image(pictures / "chelsea.png");
    const Image second = load_image(pictures / "coffee.png");
    const auto output = model.run({first, second}, zero_shot.taps());
    for (Index image = 0; image < 2; ++image) {
      const Vector<float> found = zero_shot.logits(output.image_embeds_of(image));
      CHECK(support::worst_error(found.data(), logits.values.data() + image * 3, 3) < 1e-4);
    }
  }
}

TEST_CASE("the vector of a text does not depend on other texts, threads or how often it is made") {
  ThreadPoolExecutor executor(3);
  for (const std::string& name : names) {
    CAPTURE(name);
    const TextEncoder encoder = TextEncoder::open(encoder_folder(name));
    Texts texts = strings(expected_of(name), "texts");
    while (texts.size() < 37) texts.push_back("text " + std::to_string(texts.size()));
    const Matrix<float> together = encoder.embed(texts);
    Workspace workspace;
    TextVectors again;
    encoder.embed(encoder.tokenize(texts), again, &executor, &workspace);
    CHECK(support::same_bits(again.vectors.data(), together.data(), together.size()));
    for (Index i = 0; i < together.rows(); ++i) {
      CAPTURE(texts[std::size_t(i)]);
      const Matrix<float> alone = encoder.embed({texts[std::size_t(i)]}, nullptr, &workspace);
      CHECK(
          support::same_bits(alone.data(), together.data() + i * encoder.width(), encoder.width()));
    }
  }
}

TEST_CASE("texts in other precisions have vectors near those in float32") {
  const Texts texts = strings(expected_of("clip"), "texts");
  const auto format_of = [](const TextEncoder& encoder) {
    return encoder.network().layers().blocks.front().mlp().fc1().weight().format();
  };
  const TextEncoder exact_encoder = TextEncoder::open(encoder_folder("clip"));
  const Matrix<float> exact = exact_encoder.embed(texts);
  for (const Precision precision : {Precision::bfloat16, Precision::int8}) {
    TextEncoderOptions options;
    options.precision = precision;
    const TextEncoder encoder = TextEncoder::open(encoder_folder("clip"), options);
    const Matrix<float> found = encoder.embed(texts);
    const auto cosines = (found.cwiseProduct(exact)).rowwise().sum();
    CHECK(cosines.minCoeff() > 0.99f);
    // Instruction sets without kernels of a precision multiply in float.
    CHECK((found == exact) == (format_of(encoder) == format_of(exact_encoder)));
  }
}

TEST_CASE("texts may be of a language") {
  const Texts texts = {"un chat"};
  const auto embed = [&](const std::string& language) {
    TextEncoderOptions options;
    options.language = language;
    return TextEncoder::open(encoder_folder("open_clip_nllb"), options).embed(texts);
  };
  CHECK(embed("") == embed("fra_Latn"));  // as its configuration states
  CHECK(embed("") != embed("eng_Latn"));
  TextEncoderOptions options;
  options.language = "fra_Latn";
  CHECK(contains(
      message_of<UnsupportedError>([&] { TextEncoder::open(encoder_folder("clip"), options); }),
      "for texts in 'fra_Latn', found one without languages"));
}

TEST_CASE("texts that mean nothing are named by their number") {
  const TextEncoder encoder = TextEncoder::open(encoder_folder("clip"));
  const auto error = [&](const Texts& texts) {
    return message_of<FormatError>([&] { encoder.embed(texts); });
  };
  CHECK(error({}) == "texts: expected at least one, found none");
  CHECK(error({"a cat", ""}) == "text 2: expected a word, found an empty text");
  CHECK(error({" \t\n"}) == "text 1: expected a word, found an empty text");
  CHECK(error({"a", "b", "\xff"}) ==
        "text 3: expected a text in valid UTF-8, found byte 255 at 0 of 1");
  const auto class_error = [&](const Texts& labels, const Texts& templates) {
    return message_of<Error>([&] { encoder.classes(labels, templates); });
  };
  CHECK(class_error({}, {"{}"}) == "labels: expected at least one, found none");
  CHECK(class_error({"cat", " "}, {"{}"}) == "label 2: expected a word, found an empty text");
  CHECK(class_error({"cat"}, {}) == "templates: expected at least one, found none");
  CHECK(class_error({"cat"}, {"a cat"}) ==
        "template 'a cat': expected one {}, where the label goes, found none");
  CHECK(class_error({"cat"}, {"{}", "{} {}"}) ==
        "template '{} {}': expected one {}, where the label goes, found more");
  CHECK(message_of<ShapeError>([&] {
          TextVectors vectors;
          encoder.embed(TokenBatch{}, vectors);
        }) == "tokens: expected at least 1 text, found 0");
  const auto tokens_error = [&](std::size_t count, std::size_t length, std::size_t ids) {
    return message_of<ShapeError>([&] {
      TokenBatch tokens;
      tokens.count = count;
      tokens.length = length;
      tokens.ids.assign(ids, 1);
      TextVectors vectors;
      encoder.embed(tokens, vectors);
    });
  };
  CHECK(tokens_error(2, 4, 7) == "tokens: expected 2 texts of 4 ids, found 7 ids");
  CHECK(contains(tokens_error(2, 0, 4), "found 4 ids"));
  CHECK(
      contains(tokens_error((std::numeric_limits<std::size_t>::max() >> 2) + 2, 4, 4), "found 4"));
}

TEST_CASE("a batch holds a text at least") {
  TextEncoderOptions options;
  options.batch_size = 0;
  CHECK(message_of<ConfigError>([&] { TextEncoder::open(encoder_folder("clip"), options); }) ==
        "text encoder: expected a batch size of at least 1, found 0");
}

TEST_CASE("labels may hold braces") {
  const TextEncoder encoder = TextEncoder::open(encoder_folder("clip"));
  const TextEmbeddings classes = encoder.classes({"{}"}, {"a {}!"});
  const Matrix<float> text = encoder.embed({"a {}!"});
  CHECK((classes.vectors - text).cwiseAbs().maxCoeff() < 1e-6f);
}

TEST_CASE("a folder whose tokenizer and network do not fit says so") {
  ClipFolder folder;
  CHECK(folder.error() == "(no exception)");
  SUBCASE("a vocabulary of another size than the table") {
    json vocabulary = json::parse(test_files::read_bytes(folder.path("vocab.json")));
    vocabulary["more"] = 700;
    folder.write("vocab.json", vocabulary.dump());
    CHECK(contains(folder.error(),
                   "expected a tokenizer of ids below 615, the vocab_size of "
                   "its configuration, found one with ids up to 700"));
  }
  SUBCASE("texts filled up where a causal network would see it") {
    folder.write("tokenizer_config.json", R"({"padding_side": "left"})");
    CHECK(contains(folder.error(),
                   "expected a tokenizer that fills texts up on the right, for a network that is "
                   "causal, found padding_side 'left'"));
  }
  SUBCASE("no tokenizer") {
    std::filesystem::remove(folder.path("vocab.json"));
    CHECK(contains(folder.error(), "expected tokenizer.json, vocab.json with merges.txt"));
  }
}

TEST_CASE("merges of OpenCLIP that are cut short, or of another file, are refused") {
  const test_files::TemporaryFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(encoder_folder("open_clip"))) {
    std::filesystem::copy(entry.path(), folder.path());
  }
  const std::string merges = test_files::read_bytes(folder.path() / "merges.txt");
  const auto error = [&](const std::string& text) {
    folder.write("merges.txt", text);
    return message_of<FormatError>([&] { TextEncoder::open(folder.path()); });
  };
  CHECK(error(merges) == "(no exception)");
  const std::size_t line = merges.find('\n', merges.size() / 2);
  CHECK(contains(error(merges.substr(0, line)),
                 "merges.txt: expected merges that make a vocabulary of 615 ids, as the network "
                 "has, found "));
  CHECK(contains(error("Entry not found"), "of 615 ids, as the network has, found 514 ("));
  CHECK(contains(error("<!DOCTYPE html><html></html>"),
                 "merges.txt: expected a vocabulary, found an HTML page"));
  CHECK(contains(error("version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 5\n"),
                 "merges.txt: expected the file itself, found a Git LFS pointer"));
}

TEST_CASE("texts are cut to the network's length where the tokenizer states another") {
  ClipFolder folder;
  for (const char* const stated : {"{\"model_max_length\": 77}", "{}"}) {
    folder.write("tokenizer_config.json", stated);
    TextEncoderOptions options;
    options.read_at_load = true;
    const TextEncoder encoder =
        TextEncoder::open(folder.path("config.json").parent_path(), options);
    CHECK(encoder.tokenizer().context_length() == 16);
  }
}

TEST_CASE("weights that are not finite give no vector") {
  const TensorStore store = TensorStore::open_file(encoder_folder("clip") / "model.safetensors");
  std::map<std::string, golden::Tensor> tensors;
  std::vector<TensorToWrite> written;
  for (const std::string& name : store.names()) tensors[name] = golden::read(store, name);
  tensors.at("text_projection.weight").values[0] = std::numeric_limits<float>::infinity();
  for (const auto& [name, tensor] : tensors) {
    written.push_back({name, tensor.shape, tensor.values.data()});
  }
  ClipFolder folder;
  write_safetensors(folder.path("model.safetensors"), written);
  TextEncoderOptions options;
  options.read_at_load = true;
  const TextEncoder encoder = TextEncoder::open(folder.path("config.json").parent_path(), options);
  CHECK(contains(message_of<ConfigError>([&] {
                   encoder.embed({"a", "b"});
                 }),
                 "expected a vector with a direction, found text 1 with one of zeros or of values "
                 "that are not finite"));
}
