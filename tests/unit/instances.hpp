/// The networks and dense heads in double that `double_instances.cpp` compiles for all tests.
#ifndef EIGENVIT_TESTS_UNIT_INSTANCES_HPP
#define EIGENVIT_TESTS_UNIT_INSTANCES_HPP

#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

extern template void VisionTransformer<double>::forward(const PixelBatch<double>&, const Taps&,
                                                        VitOutput<double>&, Executor*,
                                                        Workspace*) const;
extern template std::size_t VisionTransformer<double>::workspace_bytes(Index, Index, Index, int,
                                                                       const Taps&) const;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

namespace instances {

/// The same options, with which dense heads are read, in float and in double.
eigenvit::ModelOptions with_dense_heads(const eigenvit::ModelOptions& options);

}  // namespace instances

#endif
