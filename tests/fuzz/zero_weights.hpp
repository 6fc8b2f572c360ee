/// Weights for the fuzz programs of model folders, of which an input has the header alone.
#ifndef EIGENVIT_TESTS_FUZZ_ZERO_WEIGHTS_HPP
#define EIGENVIT_TESTS_FUZZ_ZERO_WEIGHTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "support.hpp"

namespace fuzz {

/// Bytes of values that a header speaks of; 0 where it is not one or asks for too much.
inline std::size_t value_bytes(std::string_view header) {
  constexpr std::uint64_t most = 1 << 20;
  std::uint64_t end = 0;
  const auto document = nlohmann::json::parse(header, nullptr, false);
  if (!document.is_object()) return 0;
  for (const nlohmann::json& tensor : document) {
    if (!tensor.is_object()) continue;
    const auto offsets = tensor.find("data_offsets");
    if (offsets == tensor.end() || !offsets->is_array() || offsets->size() != 2) continue;
    const nlohmann::json& last = (*offsets)[1];
    if (last.is_number_unsigned()) end = std::max(end, last.get<std::uint64_t>());
  }
  return end <= most ? static_cast<std::size_t>(end) : 0;
}

/// The safetensors file of that header, whose tensors are zeros.
inline std::string zero_weights(std::string_view header) {
  return safetensors_file(header, std::string(value_bytes(header), '\0'));
}

}  // namespace fuzz

#endif
