/// Dense heads of model folders.
#ifndef EIGENVIT_IO_DENSE_HEADS_HPP
#define EIGENVIT_IO_DENSE_HEADS_HPP

#include <eigenvit/io/dense_readers.hpp>
#include <eigenvit/io/model_folder.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The same options, with which `ModelFolder::open` reads what a folder says of its dense head and
/// `ModelFolder::read_network`, in float, the head. A folder without one is read as ever.
ModelOptions with_dense_heads(const ModelOptions& options = {});

namespace detail {

/// Those of all heads that the library knows.
const DenseReaders& dense_readers();

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/dense_heads.inl>
#endif

#endif
