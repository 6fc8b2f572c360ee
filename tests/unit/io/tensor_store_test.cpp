#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/tensor_store.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;
using test_files::safetensors_bytes;

namespace {

template <class Value>
std::string bytes_of(const std::vector<Value>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
}

/// A file with one tensor.
template <class Value>
std::string one_tensor(const std::string& name, const std::string& dtype,
                       const std::vector<Value>& values, const std::string& padding = "") {
  return safetensors_bytes("{\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" +
                               std::to_string(values.size()) + "],\"data_offsets\":[0," +
                               std::to_string(values.size() * sizeof(Value)) + "]}}" + padding,
                           bytes_of(values));
}

template <class Scalar, class Value>
std::vector<Scalar> read_as(const std::string& dtype, const std::vector<Value>& values,
                            const std::string& padding = "") {
  const std::string bytes = one_tensor("t", dtype, values, padding);
  const TensorStore store = TensorStore::from_memory(bytes.data(), bytes.size(), "F");
  std::vector<Scalar> out(values.size());
  store.read(store.at("t"), out.data());
  return out;
}

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

/// IEEE half precision by its definition.
double half_value(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int mantissa = half & 1023;
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

const std::string index_json = R"({"metadata":{"total_size":8},"weight_map":{)"
                               R"("b":"part-2.safetensors","a":"part-1.safetensors"}})";

}  // namespace

TEST_CASE("tensor store: every half is read exactly") {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  const std::vector<float> values = read_as<float>("F16", halves);
  const std::vector<double> doubles = read_as<double>("F16", halves);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const std::uint32_t bits = bits_of(values[i]);
    const std::uint32_t sign = static_cast<std::uint32_t>(i & 0x8000) << 16;
    if ((i & 0x7C00) == 0x7C00) {
      // Infinity, or NaN with its payload: by bits, as fast-math has no such values.
      wrong += bits != (sign | 0x7F800000U | static_cast<std::uint32_t>(i & 1023) << 13);
    } else {
      const auto half = static_cast<std::uint16_t>(i);
      wrong += bits != (bits_of(static_cast<float>(std::fabs(half_value(half)))) | sign);
      wrong += doubles[i] != half_value(half);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("tensor store: every bfloat16 is read exactly") {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  const std::vector<float> values = read_as<float>("BF16", halves);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    wrong += bits_of(values[i]) != static_cast<std::uint32_t>(i) << 16;
  }
  CHECK(wrong == 0);
  CHECK(read_as<double>("BF16", std::vector<std::uint16_t>{0x3FC0, 0xC000}) ==
        std::vector<double>{1.5, -2.0});
}

TEST_CASE("tensor store: single and double precision") {
  const std::vector<float> floats = {1.5F, -0.0F, 3.4e38F, 1e-40F, 0.1F};
  const std::vector<float> read = read_as<float>("F32", floats);
  CHECK(std::memcmp(read.data(), floats.data(), floats.size() * 4) == 0);
  CHECK(read_as<double>("F32", std::vector<float>{0.1F}) ==
        std::vector<double>{static_cast<double>(0.1F)});
  const std::vector<double> doubles = {0.1, -2.5, 1e300, 1e-300};
  CHECK(read_as<double>("F64", doubles) == doubles);
  CHECK(read_as<float>("F64", std::vector<double>{0.1, -2.5}) == std::vector<float>{0.1F, -2.5F});
}

TEST_CASE("tensor store: all lengths, at any alignment") {
  for (std::size_t count = 0; count < 200; ++count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i) - 3.25F;
    for (const char* const padding : {"", " ", "  ", "   "}) {
      CAPTURE(count);
      REQUIRE(read_as<float>("F32", values, padding) == values);
    }
  }
}

TEST_CASE("tensor store: values are found where they stand if that is where such values may") {
  const std::vector<float> floats = {1.5F, 2.5F, 3.5F};
  const std::vector<double> doubles = {1.5, 2.5, 3.5};
  int floats_found = 0, doubles_found = 0;
  for (std::size_t spaces = 0; spaces < 8; ++spaces) {
    CAPTURE(spaces);
    const std::string padding(spaces, ' ');
    const std::string singles = one_tensor("t", "F32", floats, padding);
    const TensorStore store = TensorStore::from_memory(singles.data(), singles.size(), "F");
    if (const float* const found = store.in_place<float>(store.at("t"), 1)) {
      ++floats_found;
      CHECK(found[0] == 2.5F);
      CHECK(found[1] == 3.5F);
    }
    CHECK(store.in_place<double>(store.at("t"), 1) == nullptr);
    const std::string wide = one_tensor("t", "F64", doubles, padding);
    const TensorStore wide_store = TensorStore::from_memory(wide.data(), wide.size(), "F");
    if (const double* const found = wide_store.in_place<double>(wide_store.at("t"), 2)) {
      ++doubles_found;
      CHECK(found[0] == 3.5);
    }
    CHECK(wide_store.in_place<float>(wide_store.at("t"), 0) == nullptr);
  }
  // One place of four, and of eight, is a multiple of the size.
  CHECK(floats_found == 2);
  CHECK(doubles_found == 1);
  const std::string halves = one_tensor("t", "F16", std::vector<std::uint16_t>{1, 2, 3});
  const TensorStore store = TensorStore::from_memory(halves.data(), halves.size(), "F");
  CHECK(store.in_place<float>(store.at("t"), 0) == nullptr);
  CHECK(store.in_place<double>(store.at("t"), 0) == nullptr);
}

TEST_CASE("tensor store: a tensor of several pieces, from a mapped file") {
  const test_files::TemporaryFolder folder;
  std::vector<float> values((std::size_t{1} << 21) + 77);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const auto path = folder.write("large.safetensors", one_tensor("t", "F32", values));
  const TensorStore store = TensorStore::open_file(path);
  std::vector<float> out(values.size());
  for (int round = 0; round < 2; ++round) {
    std::fill(out.begin(), out.end(), 0.0F);
    store.read(store.at("t"), out.data());
    CHECK(out == values);
    // Pages that were given back are fetched again.
    for (int again = 0; again < 2; ++again) {
      std::fill(out.begin(), out.end(), 0.0F);
      store.read(store.at("t"), 0, values.size(), out.data());
      CHECK(out == values);
      store.release(store.at("t"), 5, values.size() - 7);
    }
  }
}

TEST_CASE("tensor store: other types are refused by name") {
  const std::string bytes = one_tensor("position_ids", "I64", std::vector<std::int64_t>{1, 2});
  const TensorStore store = TensorStore::from_memory(bytes.data(), bytes.size(), "F");
  std::vector<float> out(2);
  CHECK(message_of<UnsupportedError>([&] { store.read(store.at("position_ids"), out.data()); }) ==
        "F: tensor 'position_ids': expected F64, F32, F16 or BF16, found I64");
}

TEST_CASE("tensor store: a missing tensor is named, with the closest one") {
  const std::string bytes = one_tensor("blocks.0.attn.qkv.weight", "F32", std::vector<float>{1});
  const TensorStore store = TensorStore::from_memory(bytes.data(), bytes.size(), "F");
  CHECK(store.find("blocks.0.attn.q.weight") == nullptr);
  CHECK(message_of<FormatError>([&] { store.at("blocks.0.attn.q.weight"); }) ==
        "F: expected tensor 'blocks.0.attn.q.weight', found none of that name; the closest is "
        "'blocks.0.attn.qkv.weight'");
  const std::string empty = safetensors_bytes("{}");
  const TensorStore nothing = TensorStore::from_memory(empty.data(), empty.size(), "F");
  CHECK(message_of<FormatError>([&] { nothing.at("a"); }) ==
        "F: expected tensor 'a', found no tensor at all");
}

TEST_CASE("tensor store: which file of a folder") {
  const test_files::TemporaryFolder folder;
  const auto first_name = [&] { return TensorStore::open(folder.path()).names().front(); };
  const std::vector<float> value = {1.0F};

  CHECK(contains(message_of<FileError>([&] { TensorStore::open(folder.path()); }),
                 "expected model.safetensors or model.safetensors.index.json, found neither"));
  folder.write("pytorch_model.bin", "x");
  CHECK(contains(message_of<UnsupportedError>([&] { TensorStore::open(folder.path()); }),
                 "expected model.safetensors, found only 'pytorch_model.bin'"));
  folder.write("z.safetensors", one_tensor("z", "F32", value));
  CHECK(first_name() == "z");
  folder.write("c.safetensors", one_tensor("c", "F32", value));
  CHECK(first_name() == "c");
  folder.write("._a.safetensors", std::string("\0\5\x16\7", 4));  // a companion of macOS
  CHECK(first_name() == "c");
  folder.write("open_clip_pytorch_model.safetensors", one_tensor("torch", "F32", value));
  CHECK(first_name() == "torch");
  folder.write("open_clip_model.safetensors", one_tensor("clip", "F32", value));
  CHECK(first_name() == "clip");
  folder.write("model.safetensors.index.json", index_json);
  folder.write("part-1.safetensors", one_tensor("a", "F32", value));
  folder.write("part-2.safetensors", one_tensor("b", "F32", value));
  CHECK(first_name() == "a");
  folder.write("model.safetensors", one_tensor("single", "F32", value));
  CHECK(first_name() == "single");
  CHECK(contains(TensorStore::open(folder.path()).source(), "model.safetensors"));
}

TEST_CASE("tensor store: no file is taken for another that cannot be read") {
  const std::vector<float> value = {1.0F};
  for (const char* const name : {"model.safetensors", "model.safetensors.index.json",
                                 "open_clip_model.safetensors", "a.safetensors"}) {
    CAPTURE(name);
    const test_files::TemporaryFolder folder;
    folder.write("other.safetensors", one_tensor("o", "F32", value));
    const auto error = [&] {
      return message_of<FileError>([&] { TensorStore::open(folder.path()); });
    };
#if defined(__unix__)
    std::filesystem::create_symlink("nowhere", folder.path() / name);
    CHECK(contains(error(), std::string(name) + ": expected a file, found a link that leads no"));
    std::filesystem::remove(folder.path() / name);
#endif
    if (name == std::string("a.safetensors")) continue;  // no name that weights must have
    std::filesystem::create_directory(folder.path() / name);
    CHECK(contains(error(), std::string(name) + ": expected a file, found a folder"));
  }
}

TEST_CASE("tensor store: one file of several without their index") {
  const test_files::TemporaryFolder folder;
  const std::vector<float> value = {1.0F};
  folder.write("model-00001-of-00001.safetensors", one_tensor("a", "F32", value));
  CHECK(TensorStore::open(folder.path()).names().front() == "a");
  std::filesystem::remove(folder.path() / "model-00001-of-00001.safetensors");
  folder.write("model-00002-of-00002.safetensors", one_tensor("a", "F32", value));
  CHECK(contains(message_of<FileError>([&] { TensorStore::open(folder.path()); }),
                 "expected model.safetensors.index.json beside 'model-00002-of-00002.safetensors', "
                 "found none: the index is missing"));
}

TEST_CASE("tensor store: an index may name its files in the forms that Python takes") {
  const test_files::TemporaryFolder folder;
  folder.write("a..b.safetensors", one_tensor("a", "F32", std::vector<float>{1.0F}));
  folder.write("c.safetensors", one_tensor("c", "F32", std::vector<float>{2.0F}));
  const auto names = [&](const std::string& map) {
    folder.write("model.safetensors.index.json", R"({"weight_map":)" + map + "}");
    return TensorStore::open(folder.path()).names();
  };
  const std::vector<std::string> both = {"a", "c"};
  CHECK(names(R"({"a":"a..b.safetensors","c":"./c.safetensors"})") == both);
  // Each in the other's file.
  CHECK(names(R"({"c":"a..b.safetensors","a":"c.safetensors"})") == both);
}

TEST_CASE("tensor store: folders that are none") {
  const test_files::TemporaryFolder folder;
  const auto file = folder.write("file", "x");
  CHECK(contains(message_of<FileError>([&] { TensorStore::open(file); }),
                 "file: expected a model folder, found something else"));
  CHECK(contains(message_of<FileError>([&] { TensorStore::open(folder.path() / "none"); }),
                 "none: expected a model folder, found nothing there"));
}

TEST_CASE("tensor store: several files with an index") {
  const test_files::TemporaryFolder folder;
  folder.write("model.safetensors.index.json", index_json);
  folder.write(
      "part-1.safetensors",
      safetensors_bytes(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],)"
                        R"("data_offsets":[0,4]},"unlisted":{"dtype":"F32","shape":[1],)"
                        R"("data_offsets":[4,8]}})",
                        bytes_of(std::vector<float>{1.0F, 2.0F})));
  folder.write("part-2.safetensors", one_tensor("b", "F16", std::vector<std::uint16_t>{0x4200}));
  TensorStore opened = TensorStore::open(folder.path());
  const TensorStore store = std::move(opened);
  CHECK(store.names() == std::vector<std::string>{"a", "b"});
  CHECK(store.find("unlisted") == nullptr);
  CHECK(store.metadata().at("format") == "pt");
  CHECK(contains(store.source(), "model.safetensors.index.json"));
  float value = 0.0F;
  store.read(store.at("a"), &value);
  CHECK(value == 1.0F);
  store.read(store.at("b"), &value);
  CHECK(value == 3.0F);
}

TEST_CASE("tensor store: an index that lies") {
  const test_files::TemporaryFolder folder;
  folder.write("part.safetensors", one_tensor("a", "F32", std::vector<float>{1.0F}));
  const auto error_of = [&](const std::string& index) {
    folder.write("model.safetensors.index.json", index);
    try {
      TensorStore::open(folder.path());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("(no error)");
  };
  CHECK(error_of(R"({"weight_map":{"a":"part.safetensors"}})") == "(no error)");
  CHECK(contains(
      error_of(R"({"weight_map":{"b":"part.safetensors"}})"),
      "weight_map: expected tensor 'b' in 'part.safetensors', found no tensor of that name"));
  CHECK(contains(error_of(R"({"weight_map":{"a":"gone.safetensors"}})"),
                 "gone.safetensors: expected a file, found nothing there"));
  for (const char* const name :
       {"../part.safetensors", "/etc/passwd", "sub/part.safetensors", "sub\\\\part.safetensors",
        "..", ".", "", "./../part.safetensors", "./", "./.", "...", ".. ", "C:part.safetensors"}) {
    CAPTURE(name);
    CHECK(contains(
        error_of(std::string(R"({"weight_map":{"a":")") + name + "\"}}"),
        "weight_map: tensor 'a': expected the name of a file in the same folder, found \""));
  }
  CHECK(contains(error_of(R"({"weight_map":{"a":7}})"), "in the same folder, found 7"));
  CHECK(contains(error_of(R"({"weight_map":[]})"),
                 "key 'weight_map': expected an object of file names, found an array"));
  CHECK(contains(error_of(R"({})"), "key 'weight_map': expected a value, found nothing"));
  CHECK(contains(error_of(R"([])"), "index.json: expected an object, found an array"));
  CHECK(contains(error_of("{"), "index.json: not valid JSON at byte"));
  // As in Python, the last of two counts.
  CHECK(contains(error_of(R"({"weight_map":{"a":"part.safetensors","a":"gone.safetensors"}})"),
                 "gone.safetensors: expected a file, found nothing there"));
}
