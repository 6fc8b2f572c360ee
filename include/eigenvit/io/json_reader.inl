#ifndef EIGENVIT_IO_JSON_READER_INL
#define EIGENVIT_IO_JSON_READER_INL

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_document_reader.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/io/misplaced_file.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// As Python writes the number. By its bits, as under -ffast-math no comparison tells.
inline std::string non_finite_text(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  if (bits << 12 != 0) return "NaN";
  return bits >> 63 != 0 ? "-Infinity" : "Infinity";
}

EIGENVIT_INLINE std::string json_text(const nlohmann::json& value) {
  constexpr std::size_t longest = 60;
  if (value.is_array()) return message({"an array of length ", value.size()});
  if (value.is_object()) return "an object";
  // nlohmann-json would write null.
  if (const auto* const number = value.get_ptr<const nlohmann::json::number_float_t*>()) {
    if (!is_finite(*number)) return non_finite_text(*number);
  }
  // The text is ASCII, so that cutting it cannot split a character; control characters are escaped.
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > longest) {
    text.resize(longest);
    text += "...";
  }
  return text;
}

EIGENVIT_INLINE const std::string* json_string(const nlohmann::json& object, std::string_view key) {
  const auto* const members = object.get_ptr<const nlohmann::json::object_t*>();
  if (members == nullptr) return nullptr;
  const auto field = members->find(std::string(key));
  return field == members->end() ? nullptr
                                 : field->second.get_ptr<const nlohmann::json::string_t*>();
}

EIGENVIT_INLINE std::optional<std::int64_t> json_integer(const nlohmann::json& value) {
  using Json = nlohmann::json;
  // Asked for in this order, as a number without a sign counts as one with a sign too.
  if (const auto* const number = value.get_ptr<const Json::number_unsigned_t*>()) {
    if (*number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(*number);
  }
  if (const auto* const number = value.get_ptr<const Json::number_integer_t*>()) return *number;
  if (const auto* const number = value.get_ptr<const Json::number_float_t*>()) {
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (is_finite(*number) && *number >= -exact && *number <= exact) {
      const auto whole = static_cast<std::int64_t>(*number);
      if (static_cast<double>(whole) == *number) return whole;
    }
  }
  return std::nullopt;
}

EIGENVIT_INLINE std::optional<double> json_number(const nlohmann::json& value) {
  using Json = nlohmann::json;
  if (const auto* const number = value.get_ptr<const Json::number_float_t*>()) {
    if (!is_finite(*number)) return std::nullopt;
    return *number;
  }
  if (const auto* const number = value.get_ptr<const Json::number_unsigned_t*>()) {
    return static_cast<double>(*number);
  }
  if (const auto* const number = value.get_ptr<const Json::number_integer_t*>()) {
    return static_cast<double>(*number);
  }
  return std::nullopt;
}

/// The items of an array; null when there is no value or it is none.
inline const nlohmann::json::array_t* json_items(const nlohmann::json* value) {
  return value == nullptr ? nullptr : value->get_ptr<const nlohmann::json::array_t*>();
}

inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

EIGENVIT_INLINE JsonDocument parse_json(std::string_view text, const std::string& source,
                                        std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    raise<FormatError>(
        {source, ": expected at most ", max_bytes, " bytes of JSON, found ", text.size()});
  }
  refuse_lfs_pointer(text, source);
  const FileKind kind = file_kind(text);
  if (kind != FileKind::json && kind != FileKind::text) {
    refuse_misplaced_file(kind, source, "a JSON text");
  }
  // nlohmann-json takes a zero byte for the end of its input.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    raise<FormatError>({source, ": not valid JSON at byte ", zero + 1, " of ", text.size()});
  }
  const std::vector<PythonLiteral> literals = find_python_literals(text);
  const std::vector<std::size_t> surrogates = find_lone_surrogates(text);
  std::string mended;
  if (!literals.empty() || !surrogates.empty()) {
    mended = quote_python_literals(text, literals);
    // The replacement character, which is as long.
    for (const std::size_t at : surrogates) mended.replace(at, 6, "\\ufffd");
    text = mended;
  }
  JsonDocumentReader reader(source, text.size(), literals);
  parse_json_events(text.data(), text.data() + text.size(), reader);
  return reader.document();
}

EIGENVIT_INLINE JsonDocument parse_json_file(const std::filesystem::path& path,
                                             std::size_t max_bytes) {
  const MappedFile file(path);
  return parse_json(std::string_view(reinterpret_cast<const char*>(file.data()), file.size()),
                    path_text(path), max_bytes);
}

EIGENVIT_INLINE JsonObject::JsonObject(const nlohmann::json& value, std::string source,
                                       std::string key)
    : value_(&value), source_(std::move(source)), key_(std::move(key)) {
  if (value.is_object()) return;
  raise<ConfigError>({source_, key_.empty() ? "" : ": key ",
                      key_.empty() ? std::string() : in_quotes(key_),
                      ": expected an object, found ", json_text(value)});
}

EIGENVIT_INLINE std::string JsonObject::path(std::string_view key) const {
  return message({key_, key_.empty() ? "" : ".", key});
}

EIGENVIT_INLINE std::string JsonObject::place(std::string_view key) const {
  return message({source_, ": key ", Quoted{path(key)}});
}

EIGENVIT_INLINE void JsonObject::fail(std::string_view key, std::string_view expected) const {
  const nlohmann::json* const field = find_or_null(key);
  raise<ConfigError>({place(key), ": expected ", expected, ", found ",
                      field == nullptr ? "nothing" : json_text(*field)});
}

EIGENVIT_INLINE void JsonObject::fail_item(std::string_view key, std::string_view expected,
                                           const nlohmann::json& item) const {
  raise<ConfigError>({place(key), ": expected ", expected, ", found ", json_text(item), " in it"});
}

EIGENVIT_INLINE const nlohmann::json* JsonObject::find_or_null(std::string_view key) const {
  const auto& members = value_->get_ref<const nlohmann::json::object_t&>();
  const auto field = members.find(std::string(key));
  return field == members.end() ? nullptr : &field->second;
}

EIGENVIT_INLINE const nlohmann::json* JsonObject::find(std::string_view key) const {
  const nlohmann::json* const field = find_or_null(key);
  return field == nullptr || field->is_null() ? nullptr : field;
}

EIGENVIT_INLINE const nlohmann::json& JsonObject::required(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr) fail(key, "a value");
  return *field;
}

EIGENVIT_INLINE JsonObject JsonObject::object(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr) fail(key, "an object");
  return JsonObject(*field, source_, path(key));
}

EIGENVIT_INLINE std::optional<JsonObject> JsonObject::find_object(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return object(key);
}

EIGENVIT_INLINE std::int64_t JsonObject::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) const {
  const nlohmann::json* const field = find(key);
  const std::optional<std::int64_t> value = field == nullptr ? std::nullopt : json_integer(*field);
  if (!value || *value < least || *value > most) {
    fail(key, message({"an integer from ", least, " to ", most}));
  }
  return *value;
}

EIGENVIT_INLINE std::int64_t JsonObject::integer_or(std::string_view key, std::int64_t fallback,
                                                    std::int64_t least, std::int64_t most) const {
  return has(key) ? integer(key, least, most) : fallback;
}

EIGENVIT_INLINE double JsonObject::number(std::string_view key, double least, double most) const {
  const nlohmann::json* const field = find(key);
  const std::optional<double> value = field == nullptr ? std::nullopt : json_number(*field);
  if (!value || !(*value >= least && *value <= most)) {
    fail(key, message({"a number from ", number_text(least), " to ", number_text(most)}));
  }
  return *value;
}

EIGENVIT_INLINE double JsonObject::number_or(std::string_view key, double fallback, double least,
                                             double most) const {
  return has(key) ? number(key, least, most) : fallback;
}

EIGENVIT_INLINE bool JsonObject::boolean(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  const bool* const value =
      field == nullptr ? nullptr : field->get_ptr<const nlohmann::json::boolean_t*>();
  if (value == nullptr) fail(key, "true or false");
  return *value;
}

EIGENVIT_INLINE bool JsonObject::boolean_or(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}

EIGENVIT_INLINE std::string JsonObject::string(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  const std::string* const value =
      field == nullptr ? nullptr : field->get_ptr<const nlohmann::json::string_t*>();
  if (value == nullptr) fail(key, "a string");
  return *value;
}

EIGENVIT_INLINE std::string JsonObject::string_or(std::string_view key,
                                                  std::string_view fallback) const {
  return has(key) ? string(key) : std::string(fallback);
}

EIGENVIT_INLINE std::vector<double> JsonObject::numbers(std::string_view key, std::size_t count,
                                                        double least, double most) const {
  const std::string expected = message(
      {"an array of ", count, " numbers from ", number_text(least), " to ", number_text(most)});
  const auto* const items = json_items(find(key));
  if (items == nullptr || items->size() != count) fail(key, expected);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<double> value = json_number((*items)[i]);
    if (!value || !(*value >= least && *value <= most)) fail_item(key, expected, (*items)[i]);
    values[i] = *value;
  }
  return values;
}

EIGENVIT_INLINE std::vector<std::int64_t> JsonObject::integers(std::string_view key,
                                                               std::size_t count,
                                                               std::int64_t least,
                                                               std::int64_t most) const {
  const std::string expected =
      message({"an array of ", count, " integers from ", least, " to ", most});
  const auto* const items = json_items(find(key));
  if (items == nullptr || items->size() != count) fail(key, expected);
  std::vector<std::int64_t> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<std::int64_t> value = json_integer((*items)[i]);
    if (!value || *value < least || *value > most) fail_item(key, expected, (*items)[i]);
    values[i] = *value;
  }
  return values;
}

EIGENVIT_INLINE std::array<std::int64_t, 2> JsonObject::sides(std::string_view key,
                                                              std::int64_t most) const {
  if (json_items(find(key)) == nullptr) {
    const std::int64_t side = integer(key, 1, most);
    return {side, side};
  }
  const std::vector<std::int64_t> both = integers(key, 2, 1, most);
  return {both[0], both[1]};
}

EIGENVIT_INLINE std::vector<std::string> JsonObject::strings(std::string_view key) const {
  constexpr std::string_view expected = "an array of strings";
  const auto* const items = json_items(find(key));
  if (items == nullptr) fail(key, expected);
  std::vector<std::string> values(items->size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto* const value = (*items)[i].get_ptr<const nlohmann::json::string_t*>();
    if (value == nullptr) fail_item(key, expected, (*items)[i]);
    values[i] = *value;
  }
  return values;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
