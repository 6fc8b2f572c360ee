/// What reads dense heads, for programs that include it.
#ifndef EIGENVIT_IO_DENSE_READERS_HPP
#define EIGENVIT_IO_DENSE_READERS_HPP

#include <memory>
#include <type_traits>

#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/model/heads/dense_config.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

struct Checkpoint;

namespace detail {

struct CheckpointFiles;

/// From the tensors of a checkpoint to its dense head; null where the configuration is that of
/// none. Throws as `CheckpointReader::read`.
template <class Scalar>
using DenseHeadReader = std::shared_ptr<const DenseHead<Scalar>> (*)(const DenseConfig& config,
                                                                     const VitConfig& encoder,
                                                                     LayerReader<Scalar>& file);

/// A dense head that is to be read; null where there is none.
template <class Scalar>
struct DenseHeadSource {
  const DenseConfig* config = nullptr;
  DenseHeadReader<Scalar> reader = nullptr;
};

/// Two steps, as the network that the head belongs to is read in two. `dense_readers()` gives them.
struct DenseReaders {
  /// What a folder says of its dense head, once a family has understood the rest; it may change
  /// what the family has set. Throws as `CheckpointFamily::read`.
  DenseConfig (*configuration)(const CheckpointFiles& files, Checkpoint& checkpoint);
  DenseHeadReader<float> in_float;
  /// Null, and networks in double are read without the head, where no program needs them.
  DenseHeadReader<double> in_double = nullptr;

  template <class Scalar>
  DenseHeadReader<Scalar> reader() const noexcept {
    if constexpr (std::is_same_v<Scalar, float>) {
      return in_float;
    } else {
      return in_double;
    }
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
