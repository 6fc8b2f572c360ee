#ifndef EIGENVIT_PIPELINE_DENSE_MODEL_INL
#define EIGENVIT_PIPELINE_DENSE_MODEL_INL

#include <eigenvit/pipeline/dense_model.hpp>
#include <eigenvit/pipeline/depth_task.inl>
#include <eigenvit/pipeline/keypoints.inl>
#include <eigenvit/pipeline/segment_tasks.inl>
#include <eigenvit/pipeline/tile_tasks.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline constexpr DenseTasks dense_tasks{estimate_depth, find_keypoints, segment, depth_of_tiles,
                                        segment_tiles};

}  // namespace detail

EIGENVIT_INLINE Model load_dense_model(const std::filesystem::path& folder,
                                       const ModelOptions& options) {
  return Model(ModelFolder::open(folder, with_dense_heads(options)), &detail::dense_tasks);
}

EIGENVIT_INLINE Model load_dense_model(const ModelBytes& bytes, const ModelOptions& options) {
  return Model(ModelFolder::from_memory(bytes, with_dense_heads(options)), &detail::dense_tasks);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
