/// What the library must know of a family of checkpoints to read their dense head.
#ifndef EIGENVIT_IO_DENSE_FAMILY_HPP
#define EIGENVIT_IO_DENSE_FAMILY_HPP

#include <string_view>

#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/model/heads/dense_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The head of a `CheckpointFamily`, which reads all but it. To add one, write a file in
/// `io/dense_families/` with such a function, and name it in `families.inl`.
struct DenseFamily {
  std::string_view family;  ///< `Checkpoint::family`
  /// What the configuration says of the head; it may change what the family has set. Throws as
  /// `CheckpointFamily::read`.
  DenseConfig (*read)(const CheckpointFiles& files, Checkpoint& checkpoint);
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
