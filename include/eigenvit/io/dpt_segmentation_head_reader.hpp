/// From the tensors of a checkpoint to the layers of a head that segments with a DPT decoder.
#ifndef EIGENVIT_IO_DPT_SEGMENTATION_HEAD_READER_HPP
#define EIGENVIT_IO_DPT_SEGMENTATION_HEAD_READER_HPP

#include <memory>
#include <utility>

#include <eigenvit/io/dpt_reader.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/model/heads/dpt_segmentation_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The layers of a `DptSegmentationHead`, as transformers names them. Throws as
/// `CheckpointReader::read`.
template <class Scalar>
std::shared_ptr<const DenseHead<Scalar>> read_dpt_segmentation_head(
    const DptSegmentationConfig& head, const VitConfig& encoder, LayerReader<Scalar>& file) {
  const Index channels = head.neck.channels;
  DptReader<Scalar> reader(head.neck, encoder, file, "segmentation_head.");
  DptSegmentationLayers<Scalar> layers;
  layers.levels = reader.levels();
  layers.conv = reader.normed_convolution("head.head.0", "head.head.1", "conv", channels, false);
  layers.classifier = file.pointwise("head.head.4", head.classes, channels);
  return std::make_shared<const DptSegmentationHead<Scalar>>(head, std::move(layers));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
