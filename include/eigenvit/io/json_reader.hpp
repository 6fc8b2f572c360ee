/// JSON files that nobody has checked: parsing within bounds, and reading fields with messages that
/// name file, key, what was expected and what was found.
#ifndef EIGENVIT_IO_JSON_READER_HPP
#define EIGENVIT_IO_JSON_READER_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A parsed document, whose release takes no memory and so cannot fail (that of nlohmann-json's own
/// values does and can).
using JsonDocument = std::shared_ptr<const nlohmann::json>;

/// The parsed document, never null. As Python's `json`, it takes NaN, Infinity and -Infinity for
/// numbers, and of a key that appears twice in an object the last value. Refused are: documents of
/// more than `max_bytes` bytes and more than 64 levels of nesting. Throws FileError when the file
/// cannot be read, FormatError (file and byte) when it is refused or is a Git LFS pointer.
JsonDocument parse_json_file(const std::filesystem::path& path,
                             std::size_t max_bytes = std::size_t{16} << 20);

/// The same from memory. `source` is the file's name in messages.
JsonDocument parse_json(std::string_view text, const std::string& source,
                        std::size_t max_bytes = std::size_t{16} << 20);

/// A view of a JSON object that reads its fields with checks. The document must outlive the view.
///
/// A field that is null counts as absent, as in configurations that Python writes. The functions
/// ending in `_or` give the fallback when the field is absent; the others throw. Every one throws
/// ConfigError when the field is of another type or out of range, for example
/// `config.json: key 'a.b': expected an integer from 1 to 1024, found "x"`.
class JsonObject {
 public:
  /// `source` is the file and `key` the dotted path of the object in it, for messages.
  /// Throws ConfigError when `value` is not an object.
  JsonObject(const nlohmann::json& value, std::string source, std::string key = std::string());

  const std::string& source() const noexcept { return source_; }
  /// The JSON itself.
  const nlohmann::json& json() const noexcept { return *value_; }

  /// Present and not null.
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Null when absent or null.
  const nlohmann::json* find(std::string_view key) const;
  const nlohmann::json& required(std::string_view key) const;

  JsonObject object(std::string_view key) const;
  std::optional<JsonObject> find_object(std::string_view key) const;

  /// An integer from `least` to `most`; 16.0 counts as 16.
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t least,
                          std::int64_t most) const;
  /// A number from `least` to `most`, which are finite.
  double number(std::string_view key, double least, double most) const;
  double number_or(std::string_view key, double fallback, double least, double most) const;
  bool boolean(std::string_view key) const;
  bool boolean_or(std::string_view key, bool fallback) const;
  std::string string(std::string_view key) const;
  std::string string_or(std::string_view key, std::string_view fallback) const;
  /// An array of exactly `count` numbers from `least` to `most`.
  std::vector<double> numbers(std::string_view key, std::size_t count, double least,
                              double most) const;
  /// An array of exactly `count` integers from `least` to `most`.
  std::vector<std::int64_t> integers(std::string_view key, std::size_t count, std::int64_t least,
                                     std::int64_t most) const;
  /// A height and a width from 1 to `most`: an array of the two, or one integer for both.
  std::array<std::int64_t, 2> sides(std::string_view key, std::int64_t most) const;
  /// An array of strings.
  std::vector<std::string> strings(std::string_view key) const;

  /// Throws ConfigError "FILE: key 'KEY': expected EXPECTED, found (the field's value)".
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;
  /// "FILE: key 'KEY'", for messages of one's own.
  std::string place(std::string_view key) const;

 private:
  /// As `find`, but null only when the field is absent.
  const nlohmann::json* find_or_null(std::string_view key) const;
  /// `key` with the path of this object before it.
  std::string path(std::string_view key) const;
  /// Throws as `fail` does, about an item of the field's array.
  [[noreturn]] void fail_item(std::string_view key, std::string_view expected,
                              const nlohmann::json& item) const;

  const nlohmann::json* value_;
  std::string source_;
  std::string key_;
};

/// A value for messages: scalars as JSON, at most 60 bytes; arrays and objects by their size.
std::string json_text(const nlohmann::json& value);

/// The string that an object has under that key; null when it has none, or is no object.
const std::string* json_string(const nlohmann::json& object, std::string_view key);

/// The value as an integer, also when it is written as 16.0; nothing when it is no integer.
std::optional<std::int64_t> json_integer(const nlohmann::json& value);

/// The value as a finite number.
std::optional<double> json_number(const nlohmann::json& value);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/json_reader.inl>
#endif

#endif
