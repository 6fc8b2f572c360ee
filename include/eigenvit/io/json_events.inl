/// Parsing JSON as a sequence of events.
#ifndef EIGENVIT_IO_JSON_EVENTS_INL
#define EIGENVIT_IO_JSON_EVENTS_INL

#include <nlohmann/json.hpp>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

using JsonEvents = nlohmann::json_sax<nlohmann::json>;

/// Hands the events of the text `[first, last)` to `events`. The only place that instantiates a
/// parser: with each further type of events every program would compile another one.
inline void parse_json_events(const char* first, const char* last, JsonEvents& events) {
  nlohmann::json::sax_parse(first, last, &events);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
