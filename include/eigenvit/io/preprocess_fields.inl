// What the readers of preprocessing recipes have in common.
#ifndef EIGENVIT_IO_PREPROCESS_FIELDS_INL
#define EIGENVIT_IO_PREPROCESS_FIELDS_INL

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/io/json_reader.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The largest height and width that a recipe may ask for.
constexpr Index max_preprocessed_size = 16384;

inline constexpr std::array<double, 3> imagenet_mean{0.485, 0.456, 0.406};
inline constexpr std::array<double, 3> imagenet_std{0.229, 0.224, 0.225};
inline constexpr std::array<double, 3> half_mean{0.5, 0.5, 0.5};
inline constexpr std::array<double, 3> clip_mean{0.48145466, 0.4578275, 0.40821073};
inline constexpr std::array<double, 3> clip_std{0.26862954, 0.26130258, 0.27577711};

// Bounds for mean and standard deviation: far wider than any model's, and such that no pixel value
// overflows.
constexpr double largest_statistic = 1e6;
constexpr double smallest_std = 1e-6;

inline std::array<float, 3> to_floats(const std::array<double, 3>& values) {
  return {static_cast<float>(values[0]), static_cast<float>(values[1]),
          static_cast<float>(values[2])};
}

/// One number for each of `channels`, or one that serves all: in an array, or where `allow_scalar`
/// by itself. Images have three channels: what is said of other numbers of them is not used.
inline std::array<double, 3> channel_values(const JsonObject& object, std::string_view key,
                                            const std::array<double, 3>& fallback, double least,
                                            bool allow_scalar, std::size_t channels = 3) {
  const nlohmann::json* const field = object.find(key);
  if (field == nullptr) return fallback;
  if (allow_scalar && field->is_number()) {
    const double value = object.number(key, least, largest_statistic);
    return {value, value, value};
  }
  const std::size_t given = field->is_array() ? field->size() : 0;
  if (given == 1) {
    const double value = object.numbers(key, 1, least, largest_statistic)[0];
    return {value, value, value};
  }
  const std::size_t expected = given == channels ? channels : 3;
  const std::vector<double> values = object.numbers(key, expected, least, largest_statistic);
  if (expected != 3) return fallback;
  return {values[0], values[1], values[2]};
}

inline void check_image_size(const std::array<Index, 2>& size, const std::string& source) {
  for (const Index side : size) {
    if (side >= 1 && side <= max_preprocessed_size) continue;
    raise<ConfigError>({source, ": image size: expected height and width from 1 to ",
                        max_preprocessed_size, ", found ", size[0], "x", size[1]});
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
