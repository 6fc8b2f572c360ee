#include <cmath>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/io/json_reader.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using eigenvit::detail::JsonDocument;
using eigenvit::detail::JsonObject;
using eigenvit::detail::parse_json;
using eigenvit::detail::parse_json_file;
using test_files::contains;
using test_files::message_of;

namespace {

std::string parse_error(const std::string& text) {
  return message_of<FormatError>([&] { parse_json(text, "F"); });
}

}  // namespace

TEST_CASE("json: parses a file") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("config.json", R"({"a":{"b":[1,2.5,"x"]}})");
  const JsonDocument document = parse_json_file(path);
  CHECK((*document)["a"]["b"][1] == 2.5);
  CHECK(contains(message_of<FileError>([&] { parse_json_file(folder.path() / "none.json"); }),
                 "none.json: expected a file, found nothing there"));
  CHECK(contains(message_of<FormatError>([&] { parse_json_file(path, 10); }),
                 "config.json: expected at most 10 bytes of JSON, found 23"));
}

TEST_CASE("json: what is refused") {
  CHECK(parse_error("{\"a\":}") == "F: not valid JSON at byte 6 of 6");
  CHECK(parse_error("") == "F: not valid JSON at byte 1 of 0");
  CHECK(contains(parse_error("{\"a\":1} x"), "F: not valid JSON at byte 9"));
  CHECK(contains(parse_error("{\"a\":\"\xFF\"}"), "F: not valid JSON at byte 7"));
  CHECK(contains(parse_error("// no\n{}"), "F: not valid JSON at byte 1"));
  CHECK(contains(parse_error(std::string("{}\0x", 4)), "F: not valid JSON at byte 3 of 4"));
  CHECK(parse_error("[1e999]") ==
        "F: expected JSON with numbers that fit 64 bits, found a larger one");
  CHECK(parse_json(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})", "F")->size() == 2);
}

TEST_CASE("json: what Python writes and reads beyond JSON") {
  const JsonDocument document = parse_json(
      R"({"Infinity":"NaN","a":NaN,"b":[Infinity,"-Infinity",-Infinity,-1],"\"NaN":"\\"})", "F");
  const nlohmann::json& json = *document;
  CHECK(json["Infinity"] == "NaN");
  // That it is NaN, which -ffast-math knows nothing of, the messages below say.
  CHECK_FALSE(eigenvit::detail::is_finite(json["a"].get<double>()));
  CHECK(json["b"][0].get<double>() == HUGE_VAL);
  CHECK(json["b"][1] == "-Infinity");
  CHECK(json["b"][2].get<double>() == -HUGE_VAL);
  CHECK(json["b"][3] == -1);
  CHECK(json["\"NaN"] == "\\");

  // Only as values, and only whole; and places in messages are the text's.
  CHECK(parse_error("{NaN:1}") == "F: not valid JSON at byte 2 of 7");
  CHECK(parse_error("[NaN,{\"a\":-Infinity,}]") == "F: not valid JSON at byte 21 of 22");
  CHECK(contains(parse_error("[NaN1]"), "F: not valid JSON at byte 5 of 6"));
  CHECK(contains(parse_error("[Inf]"), "F: not valid JSON at byte 2 of 5"));
  CHECK(contains(parse_error("[+Infinity]"), "F: not valid JSON at byte 2"));
  CHECK(contains(parse_error("[\"NaN]"), "F: not valid JSON at byte 7"));
  CHECK(contains(parse_error("[\"\\"), "F: not valid JSON"));

  // They are no numbers that a field may have.
  const JsonObject object(json, "F");
  CHECK(message_of<ConfigError>([&] { object.number("a", -1, 1); }) ==
        "F: key 'a': expected a number from -1 to 1, found NaN");
  CHECK(message_of<ConfigError>([&] { object.integer("a", -1, 1); }) ==
        "F: key 'a': expected an integer from -1 to 1, found NaN");
  CHECK(contains(message_of<ConfigError>([&] { object.numbers("b", 4, -1, 1); }),
                 "found Infinity in it"));
  const nlohmann::json low = -HUGE_VAL;
  CHECK(detail::json_text(low) == "-Infinity");
}

TEST_CASE("json: a half of a surrogate pair is read as the replacement character") {
  // Python's for the file name b"caf\xe9", which is not UTF-8.
  CHECK(*parse_json(R"(["caf\udce9","\uD83d"])", "F") ==
        nlohmann::json::parse(R"(["caf\ufffd","\ufffd"])"));
  // A literal before it does not move it.
  CHECK((*parse_json(R"([NaN,"\udce9"])", "F"))[1] == "\xef\xbf\xbd");
  CHECK(*parse_json(R"({"\ud83d\ud83d\ude00":1})", "F") ==
        nlohmann::json::parse(R"({"\ufffd\ud83d\ude00":1})"));
  // Not where the backslash is the character.
  CHECK((*parse_json(R"(["\\udce9","\\\udce9"])", "F"))[0] == "\\udce9");
  CHECK((*parse_json(R"(["\\udce9","\\\udce9"])", "F"))[1] == "\\\xef\xbf\xbd");
  CHECK(parse_error(R"(["\udce"])") == "F: not valid JSON at byte 8 of 9");
  CHECK(contains(parse_error(R"(["\ud83d)"), "F: not valid JSON"));
  CHECK(contains(parse_error(R"(["\ud83d\u)"), "F: not valid JSON"));
  CHECK(contains(parse_error(R"(["\)"), "F: not valid JSON"));
}

TEST_CASE("json: of a key that appears twice the last value counts") {
  const JsonDocument document =
      parse_json(R"({"a":{"x":[1,{"y":2}]},"b":1,"a":3,"b":{"c":[4]},"\u0062":{"d":5}})", "F");
  CHECK(*document == nlohmann::json::parse(R"({"a":3,"b":{"d":5}})"));
}

TEST_CASE("json: a Git LFS pointer is named") {
  CHECK(parse_error("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n") ==
        "F: expected the file itself, found a Git LFS pointer in its place: run git lfs pull");
}

TEST_CASE("json: nesting is bounded") {
  const std::string allowed = std::string(64, '[') + std::string(64, ']');
  CHECK(parse_json(allowed, "F")->is_array());
  CHECK(parse_error("[" + allowed + "]") ==
        "F: expected at most 64 levels of nested JSON, found more");
  CHECK(parse_error(std::string(5'000'000, '[')) ==
        "F: expected at most 64 levels of nested JSON, found more");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(parse_error(objects) == "F: expected at most 64 levels of nested JSON, found more");
}

TEST_CASE("json: fields of the right type") {
  const nlohmann::json document = nlohmann::json::parse(
      R"({"i":7,"whole":16.0,"n":0.5,"yes":true,"s":"text","null":null,"v":[1,2.5,-3],)"
      R"("k":[1,2,3.0],"names":["a","b"],"o":{"p":{"q":1}}})");
  const JsonObject object(document, "F");
  CHECK(object.integer("i", 0, 10) == 7);
  CHECK(object.integer("whole", 16, 16) == 16);
  CHECK(object.integer_or("none", 3, 0, 1) == 3);
  CHECK(object.integer_or("null", 3, 0, 1) == 3);
  CHECK(object.number("n", 0.0, 1.0) == 0.5);
  CHECK(object.number("i", 7.0, 7.0) == 7.0);
  CHECK(object.number_or("none", 0.25, 0.0, 1.0) == 0.25);
  CHECK(object.boolean("yes"));
  CHECK(object.boolean_or("null", true));
  CHECK(object.string("s") == "text");
  CHECK(object.string_or("none", "other") == "other");
  CHECK(object.numbers("v", 3, -5, 5) == std::vector<double>{1.0, 2.5, -3.0});
  CHECK(object.integers("k", 3, 1, 3) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(object.strings("names") == std::vector<std::string>{"a", "b"});
  CHECK(object.has("i"));
  CHECK_FALSE(object.has("null"));
  CHECK_FALSE(object.has("none"));
  CHECK(object.find_object("none") == std::nullopt);
  CHECK(object.object("o").object("p").integer("q", 0, 9) == 1);
  CHECK(object.required("s") == "text");
  CHECK(object.source() == "F");
}

TEST_CASE("json: messages name file, key, expected and found") {
  const nlohmann::json document = nlohmann::json::parse(
      R"({"i":7.5,"text":"x\ny","big":18446744073709551615,"low":-1,"v":[1,"a"],"o":{"p":{"q":[]}},)"
      R"("huge":1e300,"null":null})");
  const JsonObject object(document, "config.json");
  const auto error = [](const auto& call) { return message_of<ConfigError>(call); };
  CHECK(error([&] { object.integer("i", 1, 9); }) ==
        "config.json: key 'i': expected an integer from 1 to 9, found 7.5");
  CHECK(error([&] { object.integer("text", 1, 9); }) ==
        "config.json: key 'text': expected an integer from 1 to 9, found \"x\\ny\"");
  CHECK(error([&] { object.integer("big", 1, INT64_MAX); }) ==
        "config.json: key 'big': expected an integer from 1 to 9223372036854775807, found "
        "18446744073709551615");
  CHECK(error([&] { object.integer("low", 0, 9); }) ==
        "config.json: key 'low': expected an integer from 0 to 9, found -1");
  CHECK(error([&] { object.integer("huge", 0, 9); }) ==
        "config.json: key 'huge': expected an integer from 0 to 9, found 1e+300");
  CHECK(error([&] { object.integer("none", 0, 9); }) ==
        "config.json: key 'none': expected an integer from 0 to 9, found nothing");
  CHECK(error([&] { object.integer("null", 0, 9); }) ==
        "config.json: key 'null': expected an integer from 0 to 9, found null");
  CHECK(error([&] { object.number("i", 0.0, 1.0); }) ==
        "config.json: key 'i': expected a number from 0 to 1, found 7.5");
  CHECK(error([&] { object.boolean("i"); }) ==
        "config.json: key 'i': expected true or false, found 7.5");
  CHECK(error([&] { object.string("i"); }) == "config.json: key 'i': expected a string, found 7.5");
  CHECK(error([&] { object.numbers("v", 2, 0, 1); }) ==
        "config.json: key 'v': expected an array of 2 numbers from 0 to 1, found \"a\" in it");
  CHECK(error([&] { object.numbers("v", 3, 0, 1); }) ==
        "config.json: key 'v': expected an array of 3 numbers from 0 to 1, found an array of "
        "length 2");
  CHECK(error([&] { object.integers("v", 2, 0, 1); }) ==
        "config.json: key 'v': expected an array of 2 integers from 0 to 1, found \"a\" in it");
  CHECK(error([&] { object.strings("v"); }) ==
        "config.json: key 'v': expected an array of strings, found 1 in it");
  CHECK(error([&] { object.object("v"); }) ==
        "config.json: key 'v': expected an object, found an array of length 2");
  CHECK(error([&] { object.object("o").object("p").integer("q", 0, 1); }) ==
        "config.json: key 'o.p.q': expected an integer from 0 to 1, found an array of length 0");
  CHECK(error([&] { object.object("none"); }) ==
        "config.json: key 'none': expected an object, found nothing");
  CHECK(error([&] { JsonObject(document["i"], "config.json"); }) ==
        "config.json: expected an object, found 7.5");
  const nlohmann::json long_text = {{"a", std::string(1000, 'x')}};
  CHECK(error([&] { JsonObject(long_text, "F").boolean("a"); }) ==
        "F: key 'a': expected true or false, found \"" + std::string(59, 'x') + "...");
}
