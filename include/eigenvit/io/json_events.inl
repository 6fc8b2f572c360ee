/// Parsing JSON as a sequence of events.
#ifndef EIGENVIT_IO_JSON_EVENTS_INL
#define EIGENVIT_IO_JSON_EVENTS_INL

#include <utility>

#include <nlohmann/json.hpp>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

using JsonEvents = nlohmann::json_sax<nlohmann::json>;

/// Hands the events of the text `[first, last)` to `events`. The only place that instantiates a
/// parser: with each further type of events every program would compile another one.
///
/// The parser is named itself, because `json::sax_parse` chooses the format at run time and so
/// compiles the readers of four binary formats besides: twice the machine code of the parser.
inline void parse_json_events(const char* first, const char* last, JsonEvents& events) {
  auto text = nlohmann::detail::input_adapter(first, last);
  nlohmann::detail::parser<nlohmann::json, decltype(text)>(std::move(text)).sax_parse(&events);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
