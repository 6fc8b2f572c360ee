/// What tells a model from every other one, for files that belong to it.
#ifndef EIGENVIT_IO_MODEL_FINGERPRINT_HPP
#define EIGENVIT_IO_MODEL_FINGERPRINT_HPP

#include <string>

#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Sixteen hexadecimal digits that are the same for the same model on every machine, and, but for
/// accidents of a 64-bit hash, others for any other one: FNV-1a over the architecture, every part
/// of the configuration and of the recipe that prepares images which is not at its default (so that
/// parts which a later version adds leave the fingerprints of models without them as they are),
/// and of each tensor, in the order of the names: name, type, shape, and 256 bytes each of its
/// beginning, middle and end. Weights that were trained further differ; the same weights in other
/// files (with labels, sharded) do not.
///
/// Cost: milliseconds, as most of a file is not read; what is read is given back to the system.
std::string model_fingerprint(const Checkpoint& checkpoint, const TensorStore& tensors);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/model_fingerprint.inl>
#endif

#endif
