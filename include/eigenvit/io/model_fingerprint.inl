#ifndef EIGENVIT_IO_MODEL_FINGERPRINT_INL
#define EIGENVIT_IO_MODEL_FINGERPRINT_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <eigenvit/core/fnv1a.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/config_fields.hpp>
#include <eigenvit/io/model_fingerprint.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline void add_value(Fnv1a& hash, double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  hash.add(bits);
}

inline void add_value(Fnv1a& hash, std::string_view value) {
  hash.add(value);
}

template <class Number,
          std::enable_if_t<std::is_integral_v<Number> || std::is_enum_v<Number>, int> = 0>
void add_value(Fnv1a& hash, Number value) {
  hash.add(static_cast<std::uint64_t>(value));
}

template <class Values>
void add_values(Fnv1a& hash, const Values& values) {
  hash.add(static_cast<std::uint64_t>(values.size()));
  for (const auto& value : values) add_value(hash, value);
}

template <class T>
void add_value(Fnv1a& hash, const std::vector<T>& values) {
  add_values(hash, values);
}

template <class T, std::size_t n>
void add_value(Fnv1a& hash, const std::array<T, n>& values) {
  add_values(hash, values);
}

template <class T>
void add_value(Fnv1a& hash, const std::optional<T>& value) {
  hash.add(std::uint64_t{value.has_value()});
  if (value) add_value(hash, *value);
}

/// The names of fields, those of parts as "part.field", and hashes of their values.
class FieldHashes {
 public:
  struct Field {
    std::string name;
    std::uint64_t hash;
  };

  template <class Config>
  static std::vector<Field> of(Config config) {
    FieldHashes fields;
    visit_fields(config, fields.visitor(""));
    return std::move(fields.found_);
  }

 private:
  struct Visitor {
    FieldHashes& fields;
    std::string_view part;

    template <class T>
    void operator()(const char* name, T& value) const {
      fields.add(message({part, name}), value, 0);
    }
  };

  Visitor visitor(std::string_view part) { return {*this, part}; }

  /// Of a part that has fields.
  template <class T>
  auto add(const std::string& name, T& value, int) -> decltype(visit_fields(value, visitor(""))) {
    visit_fields(value, visitor(name + "."));
  }

  template <class T>
  void add(const std::string& name, const T& value, long) {
    Fnv1a hash;
    add_value(hash, value);
    found_.push_back({name, hash.value()});
  }

  std::vector<Field> found_;
};

/// Beginning, middle and end: a change of all weights shows anywhere, and that of a part, a head
/// or a block, in tensors of its own.
inline void add_weights(Fnv1a& hash, const TensorInfo& info) {
  constexpr std::size_t piece = 256;
  if (info.bytes <= 3 * piece) {
    hash.add(info.data, info.bytes);
    return;
  }
  for (const std::size_t at : {std::size_t{0}, info.bytes / 2, info.bytes - piece}) {
    hash.add(info.data + at, std::min(piece, info.bytes - at));
  }
}

EIGENVIT_INLINE std::string model_fingerprint(const Checkpoint& checkpoint,
                                              const TensorStore& tensors) {
  Fnv1a hash;
  hash.add(std::string_view("model fingerprint 2"));
  hash.add(std::string_view(checkpoint.architecture));
  const auto fields = FieldHashes::of(checkpoint);
  Checkpoint plain;
  // A head's defaults are those of the same head.
  std::visit([&](const auto& head) { plain.dense_head = std::decay_t<decltype(head)>(); },
             checkpoint.dense_head);
  const auto defaults = FieldHashes::of(plain);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].hash == defaults[i].hash) continue;
    hash.add(std::string_view(fields[i].name));
    hash.add(fields[i].hash);
  }
  for (const TensorInfo* const info : tensors.tensors()) {
    hash.add(std::string_view(info->name));
    hash.add(dtype_name(info->dtype));
    hash.add(static_cast<std::uint64_t>(info->shape.size()));
    for (const std::uint64_t size : info->shape) hash.add(size);
    add_weights(hash, *info);
    tensors.release(*info);
  }
  return hash.digits();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
