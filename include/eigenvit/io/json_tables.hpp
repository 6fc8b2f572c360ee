/// Long lists and tables in JSON files, read with the checks of `JsonObject`.
#ifndef EIGENVIT_IO_JSON_TABLES_HPP
#define EIGENVIT_IO_JSON_TABLES_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/io/json_reader.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// Each throws ConfigError, as the functions of JsonObject do, when the field is missing or of
// another form.

/// The objects of an array.
std::vector<JsonObject> json_objects(const JsonObject& object, std::string_view key);

/// Calls `visit(name, number)` for each member of an object of integers from 0 to `most`.
void for_each_number(const JsonObject& object, std::int64_t most,
                     FunctionRef<void(const std::string&, std::int64_t)> visit);

/// Calls `visit(number, object)` for each member of an object of objects, whose names are integers
/// from 0 to `most`, in the order of these.
void for_each_numbered_object(const JsonObject& object, std::int64_t most,
                              FunctionRef<void(std::int64_t, const JsonObject&)> visit);

/// Calls `visit(text, number)` for each `[text, number]` of an array.
void for_each_scored_text(const JsonObject& object, std::string_view key,
                          FunctionRef<void(const std::string&, double)> visit);

/// Calls `visit(first, second)` for each pair of an array, written as `["a", "b"]` or `"a b"`.
void for_each_text_pair(const JsonObject& object, std::string_view key,
                        FunctionRef<void(std::string_view, std::string_view)> visit);

/// A `[text, integer]`.
std::pair<std::string, std::int64_t> json_named_number(const JsonObject& object,
                                                       std::string_view key, std::int64_t most);

/// An array of integers from 0 to `most`.
std::vector<std::int64_t> json_integer_list(const JsonObject& object, std::string_view key,
                                            std::int64_t most);

/// A string, also where it is the `content` of an object; nothing where the field is absent.
std::optional<std::string> json_text_or_content(const JsonObject& object, std::string_view key);

/// The items of an array, each a string or an object.
struct JsonTextOrObject {
  std::string text;  ///< also the `content` of an object
  std::optional<JsonObject> object;
};
std::vector<JsonTextOrObject> json_texts_or_objects(const JsonObject& object, std::string_view key);

/// Whether the object has the field, null or not.
bool json_states(const JsonObject& object, std::string_view key);

/// Whether the field is an array, a string or an object.
bool json_is_array(const JsonObject& object, std::string_view key);
bool json_is_string(const JsonObject& object, std::string_view key);
bool json_is_object(const JsonObject& object, std::string_view key);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/json_tables.inl>
#endif

#endif
