/// A golden model with a weight that is not a number.
#ifndef EIGENVIT_TESTS_UNIT_PIPELINE_NAN_WEIGHTS_HPP
#define EIGENVIT_TESTS_UNIT_PIPELINE_NAN_WEIGHTS_HPP

#include <cstdint>
#include <cstring>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/pipeline/model.hpp>

#include "../golden.hpp"
#include "../io/test_files.hpp"

namespace test_files {

/// A golden folder with one value of a tensor made NaN.
inline eigenvit::Model model_with_nan(
    const char* name, const char* tensor, std::size_t value,
    eigenvit::Model (*load)(const eigenvit::ModelBytes&,
                            const eigenvit::ModelOptions&) = eigenvit::load_model) {
  const auto folder = golden::models_folder() / name;
  const std::string config = read_bytes(folder / "config.json");
  std::string weights = read_bytes(folder / "model.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, weights.data(), sizeof header);
  const auto tensors = nlohmann::json::parse(weights.substr(8, header));
  const auto& bias = tensors.at(tensor);
  REQUIRE(bias.at("dtype") == "F16");
  const std::size_t first = bias.at("data_offsets").at(0);
  weights.replace(8 + header + first + 2 * value, 2, std::string("\0\x7E", 2));
  eigenvit::ModelOptions options;
  options.image_size = {{32, 32}};
  return load({config, {}, weights.data(), weights.size()}, options);
}

}  // namespace test_files

#endif
