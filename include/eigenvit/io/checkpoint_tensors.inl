#ifndef EIGENVIT_IO_CHECKPOINT_TENSORS_INL
#define EIGENVIT_IO_CHECKPOINT_TENSORS_INL

#include <algorithm>
#include <cstdint>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_tensors.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// Whether a name is continued without a dot, as `in_proj_` is by `weight`.
inline bool begins_part(std::string_view name) {
  return !name.empty() && name.back() == '_';
}

template <class Sizes>
std::string sizes_text(const Sizes& sizes) {
  std::string text;
  for (const auto size : sizes) text += message({text.empty() ? "[" : ", ", size});
  return text.empty() ? "[]" : text + "]";
}

EIGENVIT_INLINE std::string CheckpointTensors::backbone(std::string_view name) const {
  return message({names_.prefix, name});
}

/// `text` with a number in place of `{}`, if there is one.
inline std::string numbered(std::string_view text, Index number) {
  const std::size_t place = text.find("{}");
  if (place == std::string_view::npos) return std::string(text);
  return message({text.substr(0, place), number, text.substr(place + 2)});
}

EIGENVIT_INLINE std::string CheckpointTensors::in_block(Index i, std::string_view name,
                                                        Index branch) const {
  return message({names_.block_is_prefixed ? names_.prefix : std::string_view(),
                  numbered(names_.block, i), numbered(name, branch)});
}

EIGENVIT_INLINE std::string CheckpointTensors::weight_of(std::string_view name) {
  return message({name, begins_part(name) ? "weight" : ".weight"});
}

EIGENVIT_INLINE std::string CheckpointTensors::bias_of(std::string_view name) {
  return message({name, begins_part(name) ? "bias" : ".bias"});
}

EIGENVIT_INLINE const TensorInfo& CheckpointTensors::checked(
    std::string_view name, std::initializer_list<Index> expected) {
  const TensorInfo& info = tensors_.at(name);
  used_.insert(&info);
  const auto is_one = [](auto size) { return size == 1; };
  const auto first = std::find_if_not(info.shape.begin(), info.shape.end(), is_one);
  const auto expected_first = std::find_if_not(expected.begin(), expected.end(), is_one);
  const bool same =
      std::equal(first, info.shape.end(), expected_first, expected.end(),
                 [](std::uint64_t a, Index b) { return a == static_cast<std::uint64_t>(b); });
  if (!same) {
    raise<ShapeError>({tensors_.source(), ": tensor '", name, "': expected shape ",
                       sizes_text(expected), ", found ", sizes_text(info.shape)});
  }
  return info;
}

EIGENVIT_INLINE void CheckpointTensors::check_unused() const {
  const std::string_view beginning = names_.block.substr(0, names_.block.find("{}"));
  const std::string blocks =
      names_.block_is_prefixed ? backbone(beginning) : std::string(beginning);
  for (const TensorInfo* info : tensors_.tensors()) {
    if (used_.count(info) != 0) continue;
    const bool ignored =
        std::any_of(names_.ignored.begin(), names_.ignored.end(),
                    [&](std::string_view start) { return begins_with(info->name, start); }) ||
        std::any_of(
            names_.ignored_parts.begin(), names_.ignored_parts.end(),
            [&](std::string_view part) { return info->name.find(part) != std::string::npos; });
    if (ignored || !(names_.strict || begins_with(info->name, blocks))) continue;
    raise<ConfigError>({tensors_.source(), ": tensor ", Quoted{info->name},
                        ": expected only tensors that the configuration calls for (", config_.depth,
                        " blocks), found this one besides"});
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
