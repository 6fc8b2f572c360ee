// JSON on stdout or in a file, one object a line.
#ifndef EIGENVIT_EXAMPLES_JSON_LINE_HPP
#define EIGENVIT_EXAMPLES_JSON_LINE_HPP

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <eigenvit/core/message.hpp>
#include <eigenvit/core/replaced_file.hpp>

/// JSON text, UTF-8, that escapes all characters that `one_line` escapes. Those from U+007F on need
/// no escape in JSON. They have up to three bytes, the first of which is 7F, C2 or E2.
inline std::string without_controls_in_json(std::string_view json) {
  std::string text;
  while (!json.empty()) {
    const auto lead = static_cast<unsigned char>(json.front());
    const std::string_view character = json.substr(0, lead == 0xC2 ? 2 : lead == 0xE2 ? 3 : 1);
    if (eigenvit::detail::one_line(character) == character) {
      text += character;
    } else {
      unsigned code = lead < 0x80 ? lead : lead & 15;
      for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned>(c) & 63);
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", code);
      text += escape;
    }
    json.remove_prefix(character.size());
  }
  return text;
}

/// Names that are not UTF-8 get U+FFFD for what is wrong in them.
inline void print_json_line(const nlohmann::ordered_json& value) {
  std::cout << without_controls_in_json(
                   value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
            << '\n';
}

inline void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& json) {
  const std::string text = without_controls_in_json(json.dump(
                               -1, ' ', false, nlohmann::json::error_handler_t::replace)) +
                           '\n';
  eigenvit::detail::ReplacedFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

#endif
