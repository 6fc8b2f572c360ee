#include <string>

#include <doctest/doctest.h>

#include <eigenvit/io/lfs_pointer.hpp>
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
  CHECK(message("version https://hawser.github.com/spec/v1\n") == expected);
  CHECK(message("") == "(no exception)");
  CHECK(message("version https://git-lfs") == "(no exception)");
  CHECK(message("\n" + pointer) == "(no exception)");
}

TEST_CASE("a pointer in place of any of a folder's files is named") {
  const auto message = [](const std::string& name) {
    const test_files::TemporaryFolder folder;
    folder.write("config.json", R"({"architecture":"test_vit"})");
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
