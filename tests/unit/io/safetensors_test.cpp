#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/safetensors.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;
using test_files::safetensors_bytes;

namespace {

const std::string four(4, '\1');

std::string error_of(const std::string& bytes) {
  return message_of<FormatError>(
      [&] { SafetensorsFile::from_memory(bytes.data(), bytes.size(), "F"); });
}

std::string error_of_header(const std::string& header, const std::string& values = four) {
  return error_of(safetensors_bytes(header, values));
}

/// The error of a file with one tensor `a` with these fields.
std::string error_of_tensor(const std::string& fields, const std::string& values = four) {
  return error_of_header("{\"a\":{" + fields + "}}", values);
}

SafetensorsFile parse(const std::string& bytes) {
  return SafetensorsFile::from_memory(bytes.data(), bytes.size(), "F");
}

const std::string good = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";

}  // namespace

TEST_CASE("safetensors: tensors, metadata and values") {
  const std::string bytes =
      safetensors_bytes(R"({"__metadata__":{"format":"pt"},)"
                        R"("w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                        R"("b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},)"
                        R"("empty":{"dtype":"I64","shape":[3,0],"data_offsets":[10,10]}}   )",
                        std::string("\x00\x00\x80\x3F\x00\x00\x00\x40", 8) + "\x80\x3F");
  const SafetensorsFile file = parse(bytes);
  REQUIRE(file.tensors().size() == 3);
  CHECK(file.tensors()[0].name == "b");
  CHECK(file.source() == "F");
  CHECK(file.metadata().at("format") == "pt");

  const TensorInfo* const w = file.find("w");
  REQUIRE(w != nullptr);
  CHECK(w->dtype == DType::f32);
  CHECK(w->shape == std::vector<std::uint64_t>{2, 1});
  CHECK(w->element_count() == 2);
  CHECK(w->bytes == 8);
  CHECK(w->description() == "F32 [2, 1]");
  float values[2];
  std::memcpy(values, w->data, 8);
  CHECK(values[0] == 1.0F);
  CHECK(values[1] == 2.0F);

  const TensorInfo* const scalar = file.find("b");
  REQUIRE(scalar != nullptr);
  CHECK(scalar->shape.empty());
  CHECK(scalar->element_count() == 1);
  CHECK(file.find("empty")->bytes == 0);
  CHECK(file.find("missing") == nullptr);
  CHECK(file.contains(w->data));
  CHECK_FALSE(file.contains(reinterpret_cast<const std::byte*>(&values)));
}

TEST_CASE("safetensors: what the reference reader accepts") {
  CHECK(parse(safetensors_bytes("{}")).tensors().empty());
  CHECK(parse(safetensors_bytes(" \n\t{} ")).tensors().empty());
  CHECK(parse(safetensors_bytes(R"({"__metadata__":null})")).metadata().empty());
  // Fields of other names are passed over, whatever they hold.
  const std::string extra = safetensors_bytes(
      "{\"a\":{\"x\":[1,{\"dtype\":[]},null,-1.5],\"y\":true," + good + "}}", four);
  CHECK(parse(extra).find("a")->element_count() == 1);
  // A product that is zero before it could overflow.
  const std::string zero = safetensors_bytes(
      R"({"a":{"dtype":"F32","shape":[0,18446744073709551615,9],"data_offsets":[0,0]}})");
  CHECK(parse(zero).find("a")->element_count() == 0);
  // Tensors without elements lie anywhere between others, in any order in the header.
  const std::string between = safetensors_bytes(
      R"({"z":{"dtype":"U8","shape":[0],"data_offsets":[4,4]},"b":{"dtype":"U8","shape":[2],)"
      R"("data_offsets":[4,6]},"a":{)" +
          good + "}}",
      four + "xy");
  CHECK(parse(between).tensors().size() == 3);
}

TEST_CASE("safetensors: every dtype") {
  const std::pair<const char*, unsigned> types[] = {
      {"BOOL", 8},    {"U8", 8},          {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8},
      {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},
      {"F16", 16},    {"BF16", 16},       {"I32", 32},        {"U32", 32},    {"F32", 32},
      {"I64", 64},    {"U64", 64},        {"F64", 64},        {"C64", 64},    {"F4", 4},
      {"F6_E2M3", 6}, {"F6_E3M2", 6}};
  for (const auto& type : types) {
    const char* const name = type.first;
    const unsigned bits = type.second;
    CAPTURE(name);
    const std::string bytes =
        safetensors_bytes(std::string(R"({"a":{"dtype":")") + name +
                              R"(","shape":[8],"data_offsets":[0,)" + std::to_string(bits) + "]}}",
                          std::string(bits, '\0'));
    const SafetensorsFile file = parse(bytes);
    CHECK(dtype_name(file.find("a")->dtype) == name);
    CHECK(dtype_bits(file.find("a")->dtype) == bits);
  }
  CHECK(contains(
      error_of_tensor(R"("dtype":"f32","shape":[1],"data_offsets":[0,4])"),
      "F: tensor 'a': key 'dtype': expected a dtype such as F32, F16 or BF16, found 'f32'"));
  CHECK(contains(error_of_tensor(R"("dtype":"F4","shape":[7],"data_offsets":[0,4])"),
                 "F: tensor 'a': expected whole bytes, found F4 [7], which is 28 bits"));
}

TEST_CASE("safetensors: lengths") {
  CHECK(contains(error_of(""), "F: expected a safetensors header of at least 8 bytes, found 0"));
  CHECK(contains(error_of("\1\2\3\4\5\6\7"), "at least 8 bytes, found 7 bytes"));
  CHECK(contains(error_of(safetensors_bytes("{}", "", std::uint64_t{1} << 63)),
                 "at most 100000000 bytes, found 9223372036854775808"));
  CHECK(contains(error_of(safetensors_bytes("{}", "", ~std::uint64_t{0})),
                 "at most 100000000 bytes, found 18446744073709551615"));
  CHECK(contains(error_of(safetensors_bytes("{}", "", 100'000'001)), "found 100000001"));
  CHECK(contains(error_of(safetensors_bytes("{}", "", 3)),
                 "F: expected a header of 3 bytes, found 2 (a truncated file?)"));
  CHECK(
      contains(error_of(safetensors_bytes("") + "{}"), "expected a header that is a JSON object"));
}

TEST_CASE("safetensors: the header must be JSON of the right structure") {
  CHECK(contains(error_of_header("[]", ""), "F: expected a header that is a JSON object"));
  CHECK(contains(error_of_header("\xEF\xBB\xBF{}", ""), "expected a header that is a JSON object"));
  CHECK(contains(error_of_header("{\"a\"", ""), "F: the header is not valid JSON at its byte 5"));
  CHECK(contains(error_of_header("{\"\xFF\":{" + good + "}}"), "not valid JSON at its byte 3"));
  CHECK(contains(error_of_header("{} {}", ""), "not valid JSON at its byte 4"));
  CHECK(contains(error_of_header(std::string("{}\0{", 4), ""), "not valid JSON at its byte 3"));
  CHECK(contains(error_of_header("{\"a\":NaN}", ""), "not valid JSON"));
  CHECK(contains(
      error_of_header("{\"a\":[]}", ""),
      "F: tensor 'a': expected an object with dtype, shape and data_offsets, found an array"));
  CHECK(contains(error_of_header("{\"a\":null}", ""), "data_offsets, found null"));
  CHECK(contains(error_of_header(R"({"__metadata__":{"a":1}})", ""),
                 "F: '__metadata__': key 'a': expected a string, found 1"));
  CHECK(contains(error_of_header(R"({"__metadata__":[]})", ""),
                 "F: '__metadata__': expected an object of strings, found an array"));
  CHECK(contains(error_of_tensor(R"("dtype":"F32","shape":[1])"),
                 "F: tensor 'a': key 'data_offsets': expected two non-negative 64-bit integers, "
                 "found nothing"));
  CHECK(contains(error_of_tensor(R"("shape":[1],"data_offsets":[0,4])"),
                 "key 'dtype': expected a string, found nothing"));
  CHECK(contains(error_of_tensor(R"("dtype":7,"shape":[1],"data_offsets":[0,4])"),
                 "key 'dtype': expected a string, found 7"));
  CHECK(contains(error_of_tensor(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"),
                 "key 'shape': expected an array of non-negative 64-bit integers, found 1"));
  for (const char* const size :
       {"-1", "1.0", "1e0", "-0", "18446744073709551616", "true", "\"1\"", "[1]", "{}", "null"}) {
    CAPTURE(size);
    CHECK(contains(error_of_tensor(std::string(R"("dtype":"F32","shape":[)") + size +
                                   R"(],"data_offsets":[0,4])"),
                   "key 'shape': expected an array of non-negative 64-bit integers, found "));
    CHECK(contains(error_of_tensor(std::string(R"("dtype":"F32","shape":[1],"data_offsets":[0,)") +
                                   size + "]"),
                   "key 'data_offsets': expected two non-negative 64-bit integers, found "));
  }
  CHECK(contains(error_of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,4])"),
                 "key 'data_offsets': expected two non-negative 64-bit integers, found 3 numbers"));
  CHECK(contains(error_of_header("{\"a\\n\":1}", ""), "tensor 'a\\x0A'"));
}

TEST_CASE("safetensors: names appear once") {
  CHECK(contains(error_of_header("{\"a\":{" + good + "},\"a\":{" + good + "}}"),
                 "F: tensor 'a': expected each name once, found it twice"));
  // Written in two ways.
  CHECK(contains(error_of_header("{\"a\":{" + good + "},\"\\u0061\":{" + good + "}}"),
                 "F: tensor 'a': expected each name once, found it twice"));
  CHECK(contains(error_of_tensor(good + ",\"shape\":[1]"),
                 "F: tensor 'a': key 'shape': expected each key once, found it twice"));
  CHECK(contains(error_of_header(R"({"__metadata__":{"a":"b","a":"c"}})", ""),
                 "F: '__metadata__': key 'a': expected each key once, found it twice"));
  CHECK(contains(error_of_header(R"({"__metadata__":{},"__metadata__":{}})", ""),
                 "F: expected '__metadata__' once, found it twice"));
}

TEST_CASE("safetensors: shapes and offsets agree") {
  CHECK(contains(error_of_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
                 "F: tensor 'a': expected 8 bytes for F32 [2], found data_offsets [0, 4]"));
  CHECK(contains(
      error_of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615])"),
      "expected 4 bytes for F32 [1], found data_offsets [0, 18446744073709551615]"));
  CHECK(contains(
      error_of_tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])", ""),
      "F: tensor 'a': expected a size in bits that fits 64 bits, found F32 "
      "[4294967296, 4294967296]"));
  // 2^62 elements overflow only with the element's 32 bits.
  CHECK(contains(
      error_of_tensor(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])", ""),
      "expected a size in bits that fits 64 bits"));
  CHECK(
      contains(error_of_tensor(
                   R"("dtype":"F32","shape":[18446744073709551615,2,0],"data_offsets":[0,0])", ""),
               "expected a size in bits that fits 64 bits"));
  CHECK(contains(error_of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"),
                 "F: tensor 'a': expected data_offsets to begin at 0, found 4 (a hole)"));
  CHECK(contains(error_of_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"),
                 "F: tensor 'a': expected its data within 4 bytes, found data_offsets [0, 8] (a "
                 "truncated file?)"));
}

TEST_CASE("safetensors: the tensors cover the file") {
  const auto two = [](const std::string& begin, const std::string& end) {
    return "{\"a\":{" + good + R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":[)" + begin + "," +
           end + "]}}";
  };
  CHECK(
      contains(error_of_header(two("2", "6"), four + four),
               "F: tensor 'b': expected data_offsets to begin at 4, where tensor 'a' ends, found 2 "
               "(tensors overlap)"));
  CHECK(contains(error_of_header(two("0", "4"), four + four), "found 0 (tensors overlap)"));
  CHECK(
      contains(error_of_header(two("5", "9"), four + four + "x"),
               "F: tensor 'b': expected data_offsets to begin at 4, where tensor 'a' ends, found 5 "
               "(a hole)"));
  CHECK(contains(error_of_header(two("8", "4"), four + four), "found 8 (a hole)"));
  CHECK(contains(error_of_header("{\"a\":{" + good + "}}", four + "x"),
                 "F: expected 4 bytes of tensor data, found 5"));
  CHECK(contains(error_of_header("{}", "x"), "F: expected 0 bytes of tensor data, found 1"));
  const std::string reversed = R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                               R"("b":{"dtype":"U8","shape":[0],"data_offsets":[4,3]}})";
  CHECK(contains(error_of_header(reversed),
                 "F: tensor 'b': expected data_offsets in order, found [4, 3]"));
}

TEST_CASE("safetensors: deep nesting and a large header cost neither stack nor time") {
  const std::string deep(4'000'000, '[');
  CHECK(contains(error_of_header("{\"a\":" + deep), "found an array"));
  CHECK(contains(error_of_header("{\"a\":{\"x\":" + deep),
                 "F: tensor 'a': expected at most 128 levels of nesting, found more"));

  std::string header = "{";
  for (int i = 0; i < 100'000; ++i) {
    header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) +
              R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  }
  header += "}";
  const std::string bytes = safetensors_bytes(header);
  const auto start = std::chrono::steady_clock::now();
  CHECK(parse(bytes).tensors().size() == 100'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("safetensors: files, and moving them") {
  const test_files::TemporaryFolder folder;
  const auto path =
      folder.write("one.safetensors", safetensors_bytes("{\"a\":{" + good + "}}", four));
  SafetensorsFile file = SafetensorsFile::open(path);
  const TensorInfo* const a = file.find("a");
  const SafetensorsFile moved = std::move(file);
  CHECK(moved.find("a") == a);
  CHECK(std::memcmp(a->data, four.data(), 4) == 0);
  moved.release(a->data, a->bytes);
  CHECK(std::memcmp(a->data, four.data(), 4) == 0);

  CHECK(contains(message_of<FileError>([&] { SafetensorsFile::open(folder.path() / "none"); }),
                 "none: expected a file, found nothing there"));
  const auto bad = folder.write("bad.safetensors", "<!DOCTYPE html><html></html>\n");
  CHECK(contains(message_of<FormatError>([&] { SafetensorsFile::open(bad); }),
                 "bad.safetensors: expected a safetensors file, found an HTML page"));
  const auto pointer =
      folder.write("pointer.safetensors", "version https://git-lfs.github.com/spec/v1\n");
  CHECK(contains(message_of<FormatError>([&] { SafetensorsFile::open(pointer); }),
                 "pointer.safetensors: expected the file itself, found a Git LFS pointer"));
}
