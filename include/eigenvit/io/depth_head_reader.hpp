/// From the tensors of a checkpoint to the layers of a depth head.
#ifndef EIGENVIT_IO_DEPTH_HEAD_READER_HPP
#define EIGENVIT_IO_DEPTH_HEAD_READER_HPP

#include <memory>
#include <string>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/dpt_reader.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/model/heads/depth_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The layers of a `DepthHead`, as transformers names them. Throws as `CheckpointReader::read`.
template <class Scalar>
std::shared_ptr<const DenseHead<Scalar>> read_depth_head(const DepthConfig& head,
                                                         const VitConfig& encoder,
                                                         LayerReader<Scalar>& file) {
  const Index channels = head.neck.channels;
  DptReader<Scalar> reader(head.neck, encoder, file, "depth_head.");
  // The last convolutions are numbered in a list (DPT) or have names.
  const auto last_name = [&](const char* number, const char* name) {
    return message({"head.", head.neck.doubles ? "head." : "", head.neck.doubles ? number : name});
  };
  DepthLayers<Scalar> layers;
  layers.levels = reader.levels();
  if (head.add_projection) {
    layers.projection =
        reader.convolution("head.projection", "projection", channels, channels, {3, 1, 1});
  }
  layers.conv1 =
      reader.convolution(last_name("0", "conv1"), "conv1", channels / 2, channels, {3, 1, 1});
  layers.conv2 = reader.convolution(last_name("2", "conv2"), "conv2", head.head_channels,
                                    channels / 2, {3, 1, 1});
  layers.conv3 = file.pointwise(last_name("4", "conv3"), 1, head.head_channels);
  return std::make_shared<const DepthHead<Scalar>>(head, std::move(layers));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
