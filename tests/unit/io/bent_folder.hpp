/// A golden folder whose files are changed before they are read.
#ifndef EIGENVIT_TESTS_UNIT_IO_BENT_FOLDER_HPP
#define EIGENVIT_TESTS_UNIT_IO_BENT_FOLDER_HPP

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/model_folder.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

namespace test_files {

/// A golden folder in memory, to be bent before it is read.
struct Bent {
  nlohmann::json config;
  std::string weights;
  eigenvit::ModelOptions options;

  explicit Bent(const std::string& name, const eigenvit::ModelOptions& how = {}) : options(how) {
    const auto folder = golden::models_folder() / name;
    config = nlohmann::json::parse(test_files::read_bytes(folder / "config.json"));
    weights = test_files::read_bytes(folder / "model.safetensors");
  }

  eigenvit::ModelFolder open() const {
    return eigenvit::ModelFolder::from_memory({text, {}, weights.data(), weights.size()}, options);
  }

  /// What opening and reading throws as `Exception`.
  template <class Exception>
  std::string message() {
    text = config.dump();
    return message_of<Exception>([&] { open().read_network<float>(); });
  }

  /// Renames a tensor to one of the same length.
  void rename(const std::string& from, const std::string& to) {
    REQUIRE(from.size() == to.size());
    const auto place = weights.find('"' + from + '"');
    REQUIRE(place != std::string::npos);
    weights.replace(place + 1, from.size(), to);
  }

  std::string text;
};

}  // namespace test_files

#endif
