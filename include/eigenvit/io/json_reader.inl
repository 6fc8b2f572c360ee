#ifndef EIGENVIT_IO_JSON_READER_INL
#define EIGENVIT_IO_JSON_READER_INL

#include <algorithm>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/io/json_events.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::string json_text(const nlohmann::json& value) {
  constexpr std::size_t longest = 60;
  if (value.is_array()) return "an array of length " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  // The text is ASCII, so that cutting it cannot split a character; control characters are escaped.
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

EIGENVIT_INLINE std::optional<std::int64_t> json_integer(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (number >= -exact && number <= exact) {
      const auto whole = static_cast<std::int64_t>(number);
      if (static_cast<double>(whole) == number) return whole;
    }
  }
  return std::nullopt;
}

EIGENVIT_INLINE std::optional<double> json_number(const nlohmann::json& value) {
  // A parsed number is finite: 1e999 is refused by the parser.
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

/// Builds a document, and refuses what `parse_json` refuses as soon as it is seen.
class JsonDocumentReader : public JsonEvents {
 public:
  JsonDocumentReader(const std::string& source, std::size_t size) : source_(source), size_(size) {}

  nlohmann::json document;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override {
    // nlohmann-json checks this too, but under -ffast-math the compiler takes its check out.
    if (!is_finite(value)) fail_too_large();
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(nlohmann::json::object()); }
  bool start_array(std::size_t) override { return open(nlohmann::json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    if (open_.back()->contains(value)) {
      throw FormatError(source_ + ": key " + in_quotes(value) +
                        ": expected it once in an object, found it twice");
    }
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    constexpr int out_of_range_number = 406;
    if (error.id == out_of_range_number) fail_too_large();
    throw FormatError(source_ + ": not valid JSON at byte " + std::to_string(position) + " of " +
                      std::to_string(size_));
  }

 private:
  [[noreturn]] void fail_too_large() const {
    throw FormatError(source_ +
                      ": expected JSON with numbers that fit 64 bits, found a larger one");
  }

  /// Puts a value where the text has it, and returns its place.
  nlohmann::json* place(nlohmann::json value) {
    if (open_.empty()) {
      document = std::move(value);
      return &document;
    }
    nlohmann::json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    nlohmann::json& member = parent[key_];
    member = std::move(value);
    return &member;
  }

  bool add(nlohmann::json value) {
    place(std::move(value));
    return true;
  }

  bool open(nlohmann::json empty) {
    constexpr std::size_t deepest = 64;
    if (open_.size() == deepest) {
      throw FormatError(source_ + ": expected at most " + std::to_string(deepest) +
                        " levels of nested JSON, found more");
    }
    open_.push_back(place(std::move(empty)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& source_;
  std::size_t size_;
  /// The objects and arrays around the current place. Only the last one grows, so that the others
  /// stay where they are.
  std::vector<nlohmann::json*> open_;
  std::string key_;
};

inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

}  // namespace detail

EIGENVIT_INLINE nlohmann::json parse_json(std::string_view text, const std::string& source,
                                          std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    throw FormatError(source + ": expected at most " + std::to_string(max_bytes) +
                      " bytes of JSON, found " + std::to_string(text.size()));
  }
  // nlohmann-json takes a zero byte for the end of its input.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    throw FormatError(source + ": not valid JSON at byte " + std::to_string(zero + 1) + " of " +
                      std::to_string(text.size()));
  }
  detail::JsonDocumentReader reader(source, text.size());
  detail::parse_json_events(text.data(), text.data() + text.size(), reader);
  return std::move(reader.document);
}

EIGENVIT_INLINE nlohmann::json parse_json_file(const std::filesystem::path& path,
                                               std::size_t max_bytes) {
  const MappedFile file(path);
  return parse_json(std::string_view(reinterpret_cast<const char*>(file.data()), file.size()),
                    detail::path_text(path), max_bytes);
}

EIGENVIT_INLINE JsonObject::JsonObject(const nlohmann::json& value, std::string source,
                                       std::string key)
    : value_(&value), source_(std::move(source)), key_(std::move(key)) {
  if (value.is_object()) return;
  throw ConfigError(source_ + (key_.empty() ? std::string() : ": key " + detail::in_quotes(key_)) +
                    ": expected an object, found " + detail::json_text(value));
}

EIGENVIT_INLINE std::string JsonObject::place(std::string_view key) const {
  const std::string path = key_.empty() ? std::string(key) : key_ + "." + std::string(key);
  return source_ + ": key " + detail::in_quotes(path);
}

EIGENVIT_INLINE void JsonObject::fail(std::string_view key, const std::string& expected) const {
  const auto field = value_->find(std::string(key));
  throw ConfigError(place(key) + ": expected " + expected + ", found " +
                    (field == value_->end() ? "nothing" : detail::json_text(*field)));
}

EIGENVIT_INLINE const nlohmann::json* JsonObject::find(std::string_view key) const {
  const auto field = value_->find(std::string(key));
  return field == value_->end() || field->is_null() ? nullptr : &*field;
}

EIGENVIT_INLINE const nlohmann::json& JsonObject::required(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr) fail(key, "a value");
  return *field;
}

EIGENVIT_INLINE JsonObject JsonObject::object(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr) fail(key, "an object");
  return JsonObject(*field, source_,
                    key_.empty() ? std::string(key) : key_ + "." + std::string(key));
}

EIGENVIT_INLINE std::optional<JsonObject> JsonObject::find_object(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return object(key);
}

EIGENVIT_INLINE std::int64_t JsonObject::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) const {
  const nlohmann::json* const field = find(key);
  const std::optional<std::int64_t> value =
      field == nullptr ? std::nullopt : detail::json_integer(*field);
  if (!value || *value < least || *value > most) {
    fail(key, "an integer from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return *value;
}

EIGENVIT_INLINE std::int64_t JsonObject::integer_or(std::string_view key, std::int64_t fallback,
                                                    std::int64_t least, std::int64_t most) const {
  return has(key) ? integer(key, least, most) : fallback;
}

EIGENVIT_INLINE double JsonObject::number(std::string_view key, double least, double most) const {
  const nlohmann::json* const field = find(key);
  const std::optional<double> value = field == nullptr ? std::nullopt : detail::json_number(*field);
  if (!value || !(*value >= least && *value <= most)) {
    fail(key, "a number from " + detail::number_text(least) + " to " + detail::number_text(most));
  }
  return *value;
}

EIGENVIT_INLINE double JsonObject::number_or(std::string_view key, double fallback, double least,
                                             double most) const {
  return has(key) ? number(key, least, most) : fallback;
}

EIGENVIT_INLINE bool JsonObject::boolean(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr || !field->is_boolean()) fail(key, "true or false");
  return field->get<bool>();
}

EIGENVIT_INLINE bool JsonObject::boolean_or(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}

EIGENVIT_INLINE std::string JsonObject::string(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr || !field->is_string()) fail(key, "a string");
  return field->get<std::string>();
}

EIGENVIT_INLINE std::string JsonObject::string_or(std::string_view key,
                                                  std::string_view fallback) const {
  return has(key) ? string(key) : std::string(fallback);
}

EIGENVIT_INLINE std::vector<double> JsonObject::numbers(std::string_view key, std::size_t count,
                                                        double least, double most) const {
  const std::string expected = "an array of " + std::to_string(count) + " numbers from " +
                               detail::number_text(least) + " to " + detail::number_text(most);
  const nlohmann::json* const field = find(key);
  if (field == nullptr || !field->is_array() || field->size() != count) fail(key, expected);
  std::vector<double> values;
  values.reserve(count);
  for (const nlohmann::json& item : *field) {
    const std::optional<double> value = detail::json_number(item);
    if (!value || !(*value >= least && *value <= most)) {
      throw ConfigError(place(key) + ": expected " + expected + ", found " +
                        detail::json_text(item) + " in it");
    }
    values.push_back(*value);
  }
  return values;
}

EIGENVIT_INLINE std::vector<std::int64_t> JsonObject::integers(std::string_view key,
                                                               std::size_t count,
                                                               std::int64_t least,
                                                               std::int64_t most) const {
  const std::string expected = "an array of " + std::to_string(count) + " integers from " +
                               std::to_string(least) + " to " + std::to_string(most);
  const nlohmann::json* const field = find(key);
  if (field == nullptr || !field->is_array() || field->size() != count) fail(key, expected);
  std::vector<std::int64_t> values;
  values.reserve(count);
  for (const nlohmann::json& item : *field) {
    const std::optional<std::int64_t> value = detail::json_integer(item);
    if (!value || *value < least || *value > most) {
      throw ConfigError(place(key) + ": expected " + expected + ", found " +
                        detail::json_text(item) + " in it");
    }
    values.push_back(*value);
  }
  return values;
}

EIGENVIT_INLINE std::vector<std::string> JsonObject::strings(std::string_view key) const {
  const nlohmann::json* const field = find(key);
  if (field == nullptr || !field->is_array()) fail(key, "an array of strings");
  std::vector<std::string> values;
  values.reserve(field->size());
  for (const nlohmann::json& item : *field) {
    if (!item.is_string()) {
      throw ConfigError(place(key) + ": expected an array of strings, found " +
                        detail::json_text(item) + " in it");
    }
    values.push_back(item.get<std::string>());
  }
  return values;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
