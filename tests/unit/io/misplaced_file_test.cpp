#include <string>

#include <doctest/doctest.h>

#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/misplaced_file.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/tensor_store.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

const std::string pointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:a1b2\nsize 346293852\n";

}  // namespace

TEST_CASE("pointers are told from other bytes") {
  const auto message = [](const std::string& bytes) {
    return message_of<FormatError>([&] { detail::refuse_lfs_pointer(bytes, "F"); });
  };
  const std::string expected =
      "F: expected the file itself, found a Git LFS pointer in its place: run git lfs pull";
  CHECK(message(pointer) == expected);
  for (const char* const start :
       {"version https://hawser.github.com/spec/v1\n", "version https://git-media.io/v/2\n",
        "version http://git-lfs.github.com/spec/v1\n",
        "\xef\xbb\xbfversion https://git-lfs.github.com/spec/v1\r\n",
        "\n \tversion https://git-lfs.github.com/spec/v1\n"}) {
    CAPTURE(std::string(start));
    CHECK(message(start) == expected);
  }
  CHECK(message("") == "(no exception)");
  CHECK(message("version https://git-lfs") == "(no exception)");
  CHECK(message("version https://example.com/spec/v1\n") == "(no exception)");
}

TEST_CASE("a pointer in place of any of a folder's files is named") {
  const auto message = [](const std::string& name) {
    const test_files::TemporaryFolder folder;
    // timm's family does not read the preprocessing.
    folder.write("config.json", name == "preprocessor_config.json"
                                    ? R"({"model_type":"vit"})"
                                    : R"({"architecture":"test_vit"})");
    if (name == "shard.safetensors") {
      folder.write("model.safetensors.index.json", R"({"weight_map":{"a":"shard.safetensors"}})");
    } else if (name == "preprocessor_config.json" || name == "config.json") {
      folder.write("model.safetensors", test_files::timm_zeros(3, 3));
    }
    folder.write(name, pointer);
    return message_of<FormatError>([&] { ModelFolder::open(folder.path()); });
  };
  for (const char* const name :
       {"model.safetensors", "model.safetensors.index.json", "shard.safetensors",
        "other.safetensors", "config.json", "preprocessor_config.json", "pytorch_model.bin"}) {
    CAPTURE(std::string(name));
    CHECK(
        contains(message(name), std::string(name) + ": expected the file itself, found a Git LFS"));
  }
  CHECK(contains(message_of<FormatError>(
                     [&] { TensorStore::from_memory(pointer.data(), pointer.size(), "W"); }),
                 "W: expected the file itself, found a Git LFS pointer"));
}

TEST_CASE("other files in the place of weights and of a configuration are named") {
  const auto weights = [](const std::string& bytes) {
    return message_of<FormatError>(
        [&] { TensorStore::from_memory(bytes.data(), bytes.size(), "W"); });
  };
  const std::string failed = ": a download or copy may have failed";
  const std::string zeros(100, '\0');
  CHECK(weights("<!DOCTYPE html><html>404</html>") ==
        "W: expected a safetensors file, found an HTML page" + failed);
  CHECK(weights("404: Not Found") == "W: expected a safetensors file, found a plain text" + failed);
  CHECK(weights("404") == "W: expected a safetensors file, found a plain text" + failed);
  CHECK(weights(R"({"error":"Not Found"})") ==
        "W: expected a safetensors file, found a JSON text" + failed);
  CHECK(weights(zeros) == "W: expected a safetensors file, found zeros alone" + failed);
  CHECK(weights("PK\3\4" + zeros) ==
        "W: expected a safetensors file, found a zip archive: what PyTorch pickled is not read: "
        "save it as safetensors in Python");
  CHECK(contains(weights("\x80\2}q" + zeros), "found a pickle of Python: what PyTorch pickled"));
  CHECK(contains(weights("GGUF\3" + zeros), "found a GGUF file: save it as safetensors"));
  CHECK(weights("\x1f\x8b\x08" + zeros) ==
        "W: expected a safetensors file, found a file packed by gzip: unpack it first");
  CHECK(contains(weights("\xff\xff\xff\xff\xff\xff\xff\xff{}"), "(not a safetensors file?)"));

  const auto config = [](const std::string& text) {
    return message_of<FormatError>([&] { detail::parse_json(text, "C"); });
  };
  CHECK(config("<html><body>404</body></html>") ==
        "C: expected a JSON text, found an HTML page" + failed);
  CHECK(contains(config("Entry not found"), "C: not valid JSON at byte"));
}
