// The templates of layers/ and model/, and the dense heads' readers, in double.
#include <eigenvit/io/dense_head_reader.hpp>
#include <eigenvit/io/dense_heads.hpp>

#include "instances.hpp"

namespace instances {
using Scalar = double;
}

#include "layer_instances.inc"

namespace eigenvit {
inline namespace EIGENVIT_ABI {

template class VisionTransformer<double>;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

eigenvit::ModelOptions instances::with_dense_heads(const eigenvit::ModelOptions& options) {
  using namespace eigenvit::detail;
  static const DenseReaders readers{dense_readers().configuration, dense_readers().in_float,
                                    read_dense_head<double>};
  eigenvit::ModelOptions result = options;
  result.dense = &readers;
  return result;
}
