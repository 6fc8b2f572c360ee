/// From a folder that has been understood to its network.
#ifndef EIGENVIT_IO_READ_LAYERS_HPP
#define EIGENVIT_IO_READ_LAYERS_HPP

#include <memory>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/weight_formats.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The network that `Reader` makes of a checkpoint's tensors, and of what is `further`: their
/// values now, or, without `read_at_load`, as its weights are used, for which it keeps the store.
/// Throws as `Reader`.
template <class Reader, class Checkpoint, class Options, class... Further>
auto read_layers(const std::shared_ptr<const TensorStore>& tensors, const Checkpoint& checkpoint,
                 const Options& options, const Further&... further) {
  const WeightOptions weights{options.keep_packed, options.precision, options.float_layers};
  if (options.read_at_load) {
    return Reader(*tensors, checkpoint.names, checkpoint.config, weights).read(further...);
  }
  return Reader(tensors, checkpoint.names, checkpoint.config, weights).read(further...);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
