/// From the tensors of a checkpoint to whichever dense head its configuration states.
#ifndef EIGENVIT_IO_DENSE_HEAD_READER_HPP
#define EIGENVIT_IO_DENSE_HEAD_READER_HPP

#include <memory>
#include <variant>

#include <eigenvit/io/depth_head_reader.hpp>
#include <eigenvit/io/dpt_segmentation_head_reader.hpp>
#include <eigenvit/io/eomt_head_reader.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/pose_head_reader.hpp>
#include <eigenvit/io/uper_head_reader.hpp>
#include <eigenvit/io/zoe_depth_head_reader.hpp>
#include <eigenvit/model/heads/dense_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A `DenseHeadReader`.
template <class Scalar>
std::shared_ptr<const DenseHead<Scalar>> read_dense_head(const DenseConfig& config,
                                                         const VitConfig& encoder,
                                                         LayerReader<Scalar>& file) {
  if (const auto* const depth = std::get_if<DepthConfig>(&config)) {
    return read_depth_head(*depth, encoder, file);
  }
  if (const auto* const pose = std::get_if<PoseConfig>(&config)) {
    return PoseHeadReader<Scalar>(*pose, encoder, file).read();
  }
  if (const auto* const uper = std::get_if<UperConfig>(&config)) {
    return UperHeadReader<Scalar>(*uper, encoder, file).read();
  }
  if (const auto* const dpt = std::get_if<DptSegmentationConfig>(&config)) {
    return read_dpt_segmentation_head(*dpt, encoder, file);
  }
  if (const auto* const eomt = std::get_if<EomtConfig>(&config)) {
    return EomtHeadReader<Scalar>(*eomt, encoder, file).read();
  }
  if (const auto* const zoe = std::get_if<ZoeDepthConfig>(&config)) {
    return ZoeDepthHeadReader<Scalar>(*zoe, encoder, file).read();
  }
  return nullptr;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
