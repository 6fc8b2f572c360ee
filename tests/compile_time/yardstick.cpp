// What the compile time of the library is measured by: its heaviest dependency, hardly used.
#include <nlohmann/json.hpp>

bool is_json(const char* text) {
  return nlohmann::json::accept(text) && nlohmann::json::parse(text).is_object();
}
