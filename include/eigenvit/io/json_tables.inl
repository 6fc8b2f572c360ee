#ifndef EIGENVIT_IO_JSON_TABLES_INL
#define EIGENVIT_IO_JSON_TABLES_INL

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_tables.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The items of the field, an array.
inline const nlohmann::json::array_t& items_of(const JsonObject& object, std::string_view key,
                                               std::string_view expected) {
  const nlohmann::json* const field = object.find(key);
  const auto* const items =
      field == nullptr ? nullptr : field->get_ptr<const nlohmann::json::array_t*>();
  if (items == nullptr) object.fail(key, expected);
  return *items;
}

/// The two items of an array of a text and something else; null where it is none.
inline const std::string* text_of_pair(const nlohmann::json& pair) {
  const auto* const items = pair.get_ptr<const nlohmann::json::array_t*>();
  if (items == nullptr || items->size() != 2) return nullptr;
  return items->front().get_ptr<const nlohmann::json::string_t*>();
}

EIGENVIT_INLINE std::vector<JsonObject> json_objects(const JsonObject& object,
                                                     std::string_view key) {
  std::vector<JsonObject> objects;
  const std::string place = message({object.place(key)});
  for (const nlohmann::json& item : items_of(object, key, "an array of objects")) {
    if (!item.is_object()) object.fail(key, "an array of objects alone");
    objects.emplace_back(item, place);
  }
  return objects;
}

EIGENVIT_INLINE void for_each_number(const JsonObject& object, std::int64_t most,
                                     FunctionRef<void(const std::string&, std::int64_t)> visit) {
  for (const auto& [name, value] : object.json().get_ref<const nlohmann::json::object_t&>()) {
    const std::optional<std::int64_t> number = json_integer(value);
    if (!number || *number < 0 || *number > most) {
      object.fail(name, message({"an integer from 0 to ", most}));
    }
    visit(name, *number);
  }
}

EIGENVIT_INLINE void for_each_numbered_object(
    const JsonObject& object, std::int64_t most,
    FunctionRef<void(std::int64_t, const JsonObject&)> visit) {
  std::vector<std::pair<std::int64_t, const std::string*>> members;
  for (const auto& [name, value] : object.json().get_ref<const nlohmann::json::object_t&>()) {
    std::int64_t number = -1;
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number < 0 || number > most) {
      object.fail(name, message({"an integer from 0 to ", most, " as its name"}));
    }
    members.emplace_back(number, &name);
  }
  std::sort(members.begin(), members.end());
  for (const auto& [number, name] : members) visit(number, object.object(*name));
}

EIGENVIT_INLINE void for_each_scored_text(const JsonObject& object, std::string_view key,
                                          FunctionRef<void(const std::string&, double)> visit) {
  constexpr std::string_view expected = "an array of texts with their scores";
  for (const nlohmann::json& item : items_of(object, key, expected)) {
    const std::string* const text = text_of_pair(item);
    const std::optional<double> score = text == nullptr ? std::nullopt : json_number(item[1]);
    if (!score) object.fail(key, message({expected, ", not ", json_text(item)}));
    visit(*text, *score);
  }
}

EIGENVIT_INLINE void for_each_text_pair(
    const JsonObject& object, std::string_view key,
    FunctionRef<void(std::string_view, std::string_view)> visit) {
  constexpr std::string_view expected = "an array of pairs of texts";
  for (const nlohmann::json& item : items_of(object, key, expected)) {
    if (const auto* const line = item.get_ptr<const nlohmann::json::string_t*>()) {
      const std::string_view text = *line;
      const std::size_t space = text.find(' ');
      if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
        object.fail(key, message({"two texts with a space between them, not ", Quoted{text}}));
      }
      visit(text.substr(0, space), text.substr(space + 1));
      continue;
    }
    const std::string* const first = text_of_pair(item);
    const auto* const second =
        first == nullptr ? nullptr : item[1].get_ptr<const nlohmann::json::string_t*>();
    if (second == nullptr) object.fail(key, message({expected, ", not ", json_text(item)}));
    visit(*first, *second);
  }
}

EIGENVIT_INLINE std::pair<std::string, std::int64_t> json_named_number(const JsonObject& object,
                                                                       std::string_view key,
                                                                       std::int64_t most) {
  const nlohmann::json& field = object.required(key);
  const std::string* const name = text_of_pair(field);
  const std::optional<std::int64_t> number =
      name == nullptr ? std::nullopt : json_integer(field[1]);
  if (!number || *number < 0 || *number > most) object.fail(key, "a text and an integer");
  return {*name, *number};
}

EIGENVIT_INLINE std::vector<std::int64_t> json_integer_list(const JsonObject& object,
                                                            std::string_view key,
                                                            std::int64_t most) {
  return object.integers(key, items_of(object, key, "an array of integers").size(), 0, most);
}

EIGENVIT_INLINE std::optional<std::string> json_text_or_content(const JsonObject& object,
                                                                std::string_view key) {
  if (!object.has(key)) return std::nullopt;
  if (json_is_object(object, key)) return object.object(key).string("content");
  return object.string(key);
}

EIGENVIT_INLINE std::vector<JsonTextOrObject> json_texts_or_objects(const JsonObject& object,
                                                                    std::string_view key) {
  constexpr std::string_view expected = "an array of texts";
  std::vector<JsonTextOrObject> items;
  for (const nlohmann::json& item : items_of(object, key, expected)) {
    if (const auto* const text = item.get_ptr<const nlohmann::json::string_t*>()) {
      items.push_back({*text, std::nullopt});
      continue;
    }
    if (!item.is_object()) object.fail(key, message({expected, ", not of ", json_text(item)}));
    const JsonObject part(item, object.place(key));
    items.push_back({part.string("content"), part});
  }
  return items;
}

EIGENVIT_INLINE bool json_states(const JsonObject& object, std::string_view key) {
  return object.json().contains(std::string(key));
}

EIGENVIT_INLINE bool json_is_array(const JsonObject& object, std::string_view key) {
  const nlohmann::json* const field = object.find(key);
  return field != nullptr && field->is_array();
}

EIGENVIT_INLINE bool json_is_string(const JsonObject& object, std::string_view key) {
  const nlohmann::json* const field = object.find(key);
  return field != nullptr && field->is_string();
}

EIGENVIT_INLINE bool json_is_object(const JsonObject& object, std::string_view key) {
  const nlohmann::json* const field = object.find(key);
  return field != nullptr && field->is_object();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
