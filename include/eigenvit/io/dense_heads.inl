#ifndef EIGENVIT_IO_DENSE_HEADS_INL
#define EIGENVIT_IO_DENSE_HEADS_INL

#include <variant>

#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/dense_families/families.inl>
#include <eigenvit/io/dense_head_reader.hpp>
#include <eigenvit/io/dense_heads.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline void validate(std::monostate, const VitConfig&, const ConfigCheck&) {}

inline DenseConfig dense_configuration(const CheckpointFiles& files, Checkpoint& checkpoint) {
  for (const DenseFamily& family : dense_families()) {
    if (checkpoint.family != family.family) continue;
    const DenseConfig config = family.read(files, checkpoint);
    std::visit(
        [&](const auto& head) {
          validate(head, checkpoint.config, ConfigCheck{files.config_source});
        },
        config);
    return config;
  }
  return {};
}

EIGENVIT_INLINE const DenseReaders& dense_readers() {
  static constexpr DenseReaders readers{dense_configuration, read_dense_head<float>};
  return readers;
}

}  // namespace detail

EIGENVIT_INLINE ModelOptions with_dense_heads(const ModelOptions& options) {
  ModelOptions result = options;
  result.dense = &detail::dense_readers();
  return result;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
