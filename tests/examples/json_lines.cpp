// Reads lines of JSON from stdin and prints each value by its path, "/matches/0/score number 0.5".
// Exit status 1 for a line that is not JSON.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
    if (json.is_discarded()) {
      std::cerr << "not JSON: " << line << '\n';
      return 1;
    }
    const auto values = json.flatten();
    for (const auto& [path, value] : values.items()) {
      std::cout << path << ' ' << value.type_name() << ' ' << value << '\n';
    }
  }
  return 0;
}
