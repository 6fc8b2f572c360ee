/// From the tensors of a checkpoint to the layers of a depth head.
#ifndef EIGENVIT_IO_DEPTH_HEAD_READER_HPP
#define EIGENVIT_IO_DEPTH_HEAD_READER_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/convolution_rows.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/model/heads/depth_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the layers of a `DepthHead`, as transformers names them.
template <class Scalar>
class DepthHeadReader {
 public:
  /// Keeps references: the three must outlive the reader.
  DepthHeadReader(const DepthConfig& head, const VitConfig& encoder, LayerReader<Scalar>& file)
      : head_(head), encoder_(encoder), file_(file) {}

  /// Throws as `CheckpointReader::read`.
  std::shared_ptr<const DenseHead<Scalar>> read() {
    const Index channels = head_.channels;
    DepthLayers<Scalar> layers;
    layers.levels.resize(DepthConfig::levels);
    for (std::size_t i = 0; i < DepthConfig::levels; ++i) layers.levels[i] = level(i);
    layers.conv1 = convolution("head.conv1", "conv1", channels / 2, channels, {3, 1, 1});
    layers.conv2 = convolution("head.conv2", "conv2", head_.head_channels, channels / 2, {3, 1, 1});
    layers.conv3 = pointwise("head.conv3", 1, head_.head_channels);
    return std::make_shared<const DepthHead<Scalar>>(head_, std::move(layers));
  }

 private:
  DepthLevel<Scalar> level(std::size_t i) {
    const auto number = static_cast<Index>(i);
    const Index channels = head_.channels;
    const Index factor = head_.factors[i];
    const Index size = head_.level_channels[i];
    const std::string reassemble = message({"neck.reassemble_stage.layers.", number, "."});
    const std::string layer = message({"levels.", number, "."});
    DepthLevel<Scalar> level;
    level.projection = pointwise(reassemble + "projection", size, encoder_.embed_dim);
    if (factor > 1) {
      level.enlarge = transposed_convolution(reassemble + "resize", size, factor);
    } else if (factor < 0) {
      level.reduce =
          convolution(reassemble + "resize", layer + "reduce", size, size, {3, -factor, 1});
    }
    level.conv = convolution(message({"neck.convs.", number}), layer + "conv", channels, size,
                             {3, 1, 1}, false);
    // The decoder begins with the last level.
    const std::string fusion =
        message({"neck.fusion_stage.layers.", DepthConfig::levels - 1 - number, "."});
    if (i + 1 < DepthConfig::levels)
      level.unit1 = unit(fusion + "residual_layer1.", layer + "unit1.");
    level.unit2 = unit(fusion + "residual_layer2.", layer + "unit2.");
    level.fusion = pointwise(fusion + "projection", channels, channels);
    return level;
  }

  ResidualConvUnit<Scalar> unit(const std::string& name, const std::string& layer) {
    const Index channels = head_.channels;
    return {convolution(name + "convolution1", layer + "conv1", channels, channels, {3, 1, 1}),
            convolution(name + "convolution2", layer + "conv2", channels, channels, {3, 1, 1})};
  }

  /// Multiplies in the precision of the blocks, under a name of its own.
  Convolution<Scalar> convolution(std::string_view name, const std::string& layer, Index out,
                                  Index in, const ConvolutionShape& shape, bool bias = true) {
    const TensorInfo& tensor =
        file_.checked(file_.weight_of(name), {out, in, shape.kernel, shape.kernel});
    file_.tensors().check_readable(tensor);
    const Index places = shape.kernel * shape.kernel;
    typename LayerReader<Scalar>::BlockLayer named;
    named.name = "depth_head." + layer;
    PackedMatrix<Scalar> weight =
        file_.packed(std::make_unique<ConvolutionRows<Scalar>>(file_.store(), tensor, in, places),
                     {&tensor}, out, in * places, out, named);
    Linear<Scalar> window(std::move(weight), bias ? file_.values(file_.bias_of(name), {out})
                                                  : AlignedBuffer<Scalar>());
    return {std::move(window), in, shape};
  }

  /// The tensor is `[C, O, factor, factor]`; a square has its pixels first, with a bias for each.
  TransposedConvolution<Scalar> transposed_convolution(std::string_view name, Index channels,
                                                       Index factor) {
    const Index places = factor * factor;
    const AlignedBuffer<Scalar> from =
        file_.values(file_.weight_of(name), {channels, channels, factor, factor});
    const AlignedBuffer<Scalar> pixel = file_.values(file_.bias_of(name), {channels});
    AlignedBuffer<Scalar> weight, bias;
    weight.reserve(from.size());
    for (Index place = 0; place < places; ++place) {
      for (Index o = 0; o < channels; ++o) {
        for (Index c = 0; c < channels; ++c) {
          weight.push_back(from[static_cast<std::size_t>((c * channels + o) * places + place)]);
        }
      }
      bias.insert(bias.end(), pixel.begin(), pixel.end());
    }
    return {Linear<Scalar>(PackedMatrix<Scalar>(weight, channels * places, channels), bias),
            factor};
  }

  /// A convolution of 1 x 1: a linear layer of each pixel.
  Linear<Scalar> pointwise(std::string_view name, Index out, Index in) {
    PackedMatrix<Scalar> weight =
        file_.packed({&file_.checked(file_.weight_of(name), {out, in, 1, 1})}, out, in, out);
    return Linear<Scalar>(std::move(weight), file_.values(file_.bias_of(name), {out}));
  }

  const DepthConfig& head_;
  const VitConfig& encoder_;
  LayerReader<Scalar>& file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
