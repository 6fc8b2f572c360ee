// Texts that tests/golden/make_text_repair.py has written.
#ifndef EIGENVIT_TESTS_UNIT_TEXT_STORED_TEXTS_HPP
#define EIGENVIT_TESTS_UNIT_TEXT_STORED_TEXTS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../golden.hpp"
#include "../io/test_files.hpp"

inline std::vector<std::string> stored_texts(const std::string& name) {
  const std::string bytes =
      test_files::read_bytes(golden::source_folder() / "tests" / "golden" / "text_repair" / name);
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      size |= std::uint32_t{static_cast<unsigned char>(bytes.at(at + i))} << 8 * i;
    }
    at += 4 + std::size_t{size};
    texts.push_back(bytes.substr(at - size, size));
  }
  return texts;
}

#endif
