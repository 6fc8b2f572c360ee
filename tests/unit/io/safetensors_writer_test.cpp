#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/io/tensor_store.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;
using test_files::read_bytes;

namespace {

const std::vector<float> values = {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("safetensors writer: the reference writer's bytes") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "out.safetensors";
  write_safetensors(path, {{"b", {2, 3}, values.data()}, {"a", {1}, values.data() + 5}},
                    {{"format", "pt"}});
  // As safetensors.numpy.save writes these tensors.
  const std::string header = R"({"__metadata__":{"format":"pt"},)"
                             R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const std::string data(reinterpret_cast<const char*>(values.data()), 24);
  CHECK(read_bytes(path) == test_files::safetensors_bytes(padded, data.substr(20) + data));
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("safetensors writer: what it writes is read back") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / eigenvit::utf8_path("\xC3\xBC.safetensors");
  const std::string odd = "quote\" back\\slash\nline \xE2\x82\xAC";
  write_safetensors(
      path,
      {{odd, {3, 2}, values.data()}, {"scalar", {}, values.data()}, {"none", {0, 7}, nullptr}},
      {{odd, odd}, {"bytes", "\xFF"}});
  const TensorStore store = TensorStore::open_file(path);
  CHECK(store.at(odd).shape == std::vector<std::uint64_t>{3, 2});
  std::vector<float> read(6);
  store.read(store.at(odd), read.data());
  CHECK(read == values);
  CHECK(store.at("scalar").shape.empty());
  CHECK(store.at("none").shape == std::vector<std::uint64_t>{0, 7});
  CHECK(store.metadata().at(odd) == odd);
  CHECK(store.metadata().at("bytes") == "\xEF\xBF\xBD");

  // Windows does not replace a file that is mapped.
  const auto empty = folder.path() / "empty.safetensors";
  write_safetensors(empty, {});
  CHECK(TensorStore::open_file(empty).tensors().empty());
}

TEST_CASE("safetensors writer: piece by piece, in any order") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "out.safetensors";
  {
    SafetensorsWriter writer(path, {{"z", {2, 2}}, {"a", {3}}});
    writer.write(1, 2, values.data() + 2, 1);
    writer.write(0, 2, values.data() + 2, 2);
    writer.write(0, 4, nullptr, 0);
    CHECK_FALSE(std::filesystem::exists(path));
    writer.write(1, 0, values.data(), 2);
    writer.write(0, 0, values.data(), 2);
    writer.commit();
  }
  const TensorStore store = TensorStore::open_file(path);
  std::vector<float> read(4);
  store.read(store.at("z"), read.data());
  CHECK(read == std::vector<float>{1.0F, 2.0F, 3.0F, 4.0F});
  read.resize(3);
  store.read(store.at("a"), read.data());
  CHECK(read == std::vector<float>{1.0F, 2.0F, 3.0F});
}

TEST_CASE("safetensors writer: elements of other types, the largest first") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "out.safetensors";
  const std::int64_t numbers[] = {-1, std::int64_t{1} << 40};
  {
    SafetensorsWriter writer(path, {{"a", {3}, DType::u8}, {"c", {2}, DType::i64}, {"b", {6}}});
    writer.write_elements(0, 1, "bc", 2);
    writer.write_elements(1, 0, numbers, 2);
    writer.write(2, 0, values.data(), 6);
    CHECK(contains(message_of<ShapeError>([&] { writer.write(0, 0, values.data(), 1); }),
                   "tensor 'a': expected values of type U8, found F32"));
    writer.write_elements(0, 0, "a", 1);
    writer.commit(true);
  }
  // As safetensors.numpy.save lays these tensors out.
  CHECK(contains(read_bytes(path), R"({"c":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},)"
                                   R"("b":{"dtype":"F32","shape":[6],"data_offsets":[16,40]},)"
                                   R"("a":{"dtype":"U8","shape":[3],"data_offsets":[40,43]}})"));
  const TensorStore store = TensorStore::open_file(path);
  CHECK(std::memcmp(store.at("c").data, numbers, sizeof numbers) == 0);
  CHECK(std::memcmp(store.at("a").data, "abc", 3) == 0);

  CHECK(contains(message_of<UnsupportedError>([&] {
                   SafetensorsWriter(path, {{"a", {2}, DType::f4}});
                 }),
                 "tensor 'a': expected elements of whole bytes, found F4"));
  CHECK(contains(message_of<FormatError>([&] {
                   SafetensorsWriter(path, {{"a", {2}, DType::u8}, {"b", {1}}, {"a", {2}}});
                 }),
                 "tensor 'a': expected each name once, found it twice"));
}

TEST_CASE("safetensors writer: the target is complete or as it was") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("out.safetensors", "before");
  { SafetensorsWriter writer(path, {{"a", {3}}}); }
  CHECK(read_bytes(path) == "before");
  {
    SafetensorsWriter writer(path, {{"a", {3}}});
    writer.write(0, 0, values.data(), 2);
    CHECK(contains(message_of<ShapeError>([&] { writer.commit(); }),
                   "out.safetensors: tensor 'a': expected 3 values, found 2"));
  }
  CHECK(read_bytes(path) == "before");
  CHECK(message_of<ShapeError>([&] {
          write_safetensors(path, {{"a", {3}, nullptr}});
        }).find("tensor 'a': expected 3 values, found none") != std::string::npos);
  CHECK(read_bytes(path) == "before");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("safetensors writer: errors") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "out.safetensors";
  {
    SafetensorsWriter writer(path, {{"a", {3}}});
    CHECK(contains(message_of<ShapeError>([&] { writer.write(0, 2, values.data(), 2); }),
                   "tensor 'a': expected at most 3 values, found 2 from element 2 on, after 0"));
    CHECK(contains(
        message_of<ShapeError>([&] { writer.write(0, ~std::uint64_t{0}, values.data(), 2); }),
        "from element 18446744073709551615 on"));
    writer.write(0, 0, values.data(), 2);
    CHECK(
        contains(message_of<ShapeError>([&] { writer.write(0, 0, values.data(), 2); }), "after 2"));
    CHECK(contains(message_of<ShapeError>([&] { writer.write(1, 0, values.data(), 1); }),
                   "expected a tensor index below 1, found 1"));
  }
  CHECK(contains(message_of<FormatError>([&] {
                   write_safetensors(path, {{"a", {1}, values.data()}, {"a", {1}, values.data()}});
                 }),
                 "tensor 'a': expected each name once, found it twice"));
  CHECK(contains(message_of<FormatError>([&] {
                   write_safetensors(path, {{"__metadata__", {1}, values.data()}});
                 }),
                 "tensor '__metadata__': expected another name"));
  CHECK(contains(message_of<FormatError>([&] {
                   write_safetensors(path, {{"\xFF", {1}, values.data()}});
                 }),
                 "expected a name in UTF-8, found other bytes"));
  CHECK(contains(
      message_of<ShapeError>([&] {
        SafetensorsWriter writer(path, {{"a", {std::uint64_t{1} << 32, std::uint64_t{1} << 32}}});
      }),
      "tensor 'a': expected a size in bytes that fits 63 bits, found a larger shape"));
  const auto nowhere = folder.path() / "none" / "out.safetensors";
  CHECK(contains(message_of<FileError>([&] { write_safetensors(nowhere, {}); }),
                 "out.safetensors: cannot be written: "));
  CHECK(files_in(folder.path()) == 0);

  // A target that cannot be replaced.
  std::filesystem::create_directories(folder.path() / "taken" / "inside");
  CHECK(contains(message_of<FileError>([&] { write_safetensors(folder.path() / "taken", {}); }),
                 "taken: cannot be written: "));
  CHECK(files_in(folder.path()) == 1);
}
