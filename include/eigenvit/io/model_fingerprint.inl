#ifndef EIGENVIT_IO_MODEL_FINGERPRINT_INL
#define EIGENVIT_IO_MODEL_FINGERPRINT_INL

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <eigenvit/core/fnv1a.hpp>
#include <eigenvit/io/model_fingerprint.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline void add_number(Fnv1a& hash, double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  hash.add(bits);
}

inline void add_numbers(Fnv1a& hash, std::initializer_list<Index> numbers) {
  for (const Index number : numbers) hash.add(static_cast<std::uint64_t>(number));
}

inline void add_recipe(Fnv1a& hash, const PreprocessConfig& c) {
  add_numbers(
      hash, {static_cast<Index>(c.resize_mode), c.resize_height, c.resize_width, c.longest_edge,
             c.size_multiple, static_cast<Index>(c.filter), c.resize_values ? 1 : 0, c.crop ? 1 : 0,
             c.crop_height, c.crop_width, static_cast<Index>(c.crop_rounding), c.pad_fill[0],
             c.pad_fill[1], c.pad_fill[2], static_cast<Index>(c.rescale), c.normalize ? 1 : 0});
  add_number(hash, c.rescale_factor);
  for (const float mean : c.mean) add_number(hash, static_cast<double>(mean));
  for (const float std : c.std) add_number(hash, static_cast<double>(std));
}

/// Beginning, middle and end: a change of all weights shows anywhere, and that of a part, a head
/// or a block, in tensors of its own.
inline void add_values(Fnv1a& hash, const TensorInfo& info) {
  constexpr std::size_t piece = 256;
  if (info.bytes <= 3 * piece) {
    hash.add(info.data, info.bytes);
    return;
  }
  for (const std::size_t at : {std::size_t{0}, info.bytes / 2, info.bytes - piece}) {
    hash.add(info.data + at, std::min(piece, info.bytes - at));
  }
}

}  // namespace detail

EIGENVIT_INLINE std::string model_fingerprint(const Checkpoint& checkpoint,
                                              const TensorStore& tensors) {
  Fnv1a hash;
  hash.add(std::string_view("model fingerprint 1"));
  hash.add(std::string_view(checkpoint.architecture));
  detail::add_numbers(hash, {checkpoint.config.image_height, checkpoint.config.image_width});
  detail::add_recipe(hash, checkpoint.preprocessing);
  for (const TensorInfo* const info : tensors.tensors()) {
    hash.add(std::string_view(info->name));
    hash.add(dtype_name(info->dtype));
    hash.add(static_cast<std::uint64_t>(info->shape.size()));
    for (const std::uint64_t size : info->shape) hash.add(size);
    detail::add_values(hash, *info);
    tensors.release(*info);
  }
  return hash.digits();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
