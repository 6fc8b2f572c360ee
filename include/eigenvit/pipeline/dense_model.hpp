/// Models with their dense heads.
#ifndef EIGENVIT_PIPELINE_DENSE_MODEL_HPP
#define EIGENVIT_PIPELINE_DENSE_MODEL_HPP

#include <filesystem>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Loads a model folder as `load_model`, with its dense head where it has one: for `Model::depth`,
/// `Model::segment` and `Model::keypoints`. Throws as `load_model`, also for what is wrong with the
/// head.
///
///     const auto model = eigenvit::load_dense_model("depth-anything-v2-small-hf");
///     const eigenvit::Matrix<float> depths = model.depth(eigenvit::load_image("street.jpg"));
Model load_dense_model(const std::filesystem::path& folder, const ModelOptions& options = {});

/// The same from the bytes of its files.
Model load_dense_model(const ModelBytes& bytes, const ModelOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/pipeline/dense_model.inl>
#endif

#endif
