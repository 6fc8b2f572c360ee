// What the library's compile time is measured by: its heaviest dependency, used as little as can be.
#include <nlohmann/json.hpp>

bool is_json(const char* text) {
  return nlohmann::json::accept(text) && nlohmann::json::parse(text).is_object();
}
