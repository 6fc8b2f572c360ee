/// From the tensors of a checkpoint to the layers of a depth head.
#ifndef EIGENVIT_IO_DEPTH_HEAD_READER_HPP
#define EIGENVIT_IO_DEPTH_HEAD_READER_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/batch_norm.hpp>
#include <eigenvit/io/convolution_rows.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/transposed_convolution_reader.hpp>
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
    if (head_.add_projection) {
      layers.projection =
          convolution("head.projection", "projection", channels, channels, {3, 1, 1});
    }
    layers.conv1 = convolution(last_name("0", "conv1"), "conv1", channels / 2, channels, {3, 1, 1});
    layers.conv2 =
        convolution(last_name("2", "conv2"), "conv2", head_.head_channels, channels / 2, {3, 1, 1});
    layers.conv3 = pointwise(last_name("4", "conv3"), 1, head_.head_channels);
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
    if (head_.readout == Readout::project) read_readout(number, level);
    if (factor > 1) {
      level.enlarge = read_transposed_convolution(file_, reassemble + "resize", size, factor);
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

  /// The last convolutions are numbered in a list (DPT) or have names.
  std::string last_name(const char* number, const char* name) const {
    return std::string("head.") + (head_.doubles ? message({"head.", number}) : std::string(name));
  }

  /// The two halves of a matrix `[D, 2D]`, of the patch and of CLS.
  void read_readout(Index number, DepthLevel<Scalar>& level) {
    const Index width = encoder_.embed_dim;
    const std::string name = message({"neck.reassemble_stage.readout_projects.", number, ".0"});
    const TensorInfo& tensor = file_.checked(file_.weight_of(name), {width, 2 * width});
    const auto half = [&](Index first) {
      return file_.packed({&tensor}, width, width, width, TensorSlice{0, first, 2 * width});
    };
    level.readout_patch = Linear<Scalar>(half(0), AlignedBuffer<Scalar>());
    level.readout_cls = Linear<Scalar>(half(width), file_.values(file_.bias_of(name), {width}));
  }

  ResidualConvUnit<Scalar> unit(const std::string& name, const std::string& layer) {
    return {unit_convolution(name, "1", layer), unit_convolution(name, "2", layer)};
  }

  /// With the batch norm after it, where there is one.
  Convolution<Scalar> unit_convolution(const std::string& name, const char* number,
                                       const std::string& layer) {
    const Index channels = head_.channels;
    const std::string convolved = name + "convolution" + number;
    const std::string named = layer + "conv" + number;
    if (!head_.batch_norm) {
      return convolution(convolved, named, channels, channels, {3, 1, 1}, head_.unit_bias);
    }
    BatchNorm<Scalar> norm =
        read_batch_norm(file_, message({name, "batch_norm", number}), channels);
    if (head_.unit_bias) {
      norm.shift = norm.shift_after(file_.values(file_.bias_of(convolved), {channels}));
    }
    const ConvolutionShape shape{3, 1, 1};
    auto weight =
        windows(convolved, named, channels, channels, shape, {0, 0, std::move(norm.scale)});
    return {Linear<Scalar>(std::move(weight), std::move(norm.shift)), channels, shape};
  }

  Convolution<Scalar> convolution(std::string_view name, const std::string& layer, Index out,
                                  Index in, const ConvolutionShape& shape, bool bias = true) {
    auto weight = windows(name, layer, out, in, shape, {});
    return {Linear<Scalar>(std::move(weight), bias ? file_.values(file_.bias_of(name), {out})
                                                   : AlignedBuffer<Scalar>()),
            in, shape};
  }

  /// Multiplies in the precision of the blocks, under a name of its own.
  PackedMatrix<Scalar> windows(std::string_view name, const std::string& layer, Index out, Index in,
                               const ConvolutionShape& shape, ConvolutionPart<Scalar> part) {
    const TensorInfo& tensor =
        file_.checked(file_.weight_of(name), {out, in, shape.kernel, shape.kernel});
    file_.tensors().check_readable(tensor);
    const Index places = shape.kernel * shape.kernel;
    typename LayerReader<Scalar>::BlockLayer named;
    named.name = "depth_head." + layer;
    // Scaled, they are other numbers than two bytes hold.
    std::vector<const TensorInfo*> stored;
    if (part.scale.empty()) stored.push_back(&tensor);
    return file_.packed(std::make_unique<ConvolutionRows<Scalar>>(file_.store(), tensor, in, places,
                                                                  std::move(part)),
                        stored, out, in * places, out, named);
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
