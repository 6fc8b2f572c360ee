/// From the tensors of a checkpoint to the layers of a DPT decoder.
#ifndef EIGENVIT_IO_DPT_READER_HPP
#define EIGENVIT_IO_DPT_READER_HPP

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
#include <eigenvit/model/heads/dpt_neck.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the levels of a `DptNeck`, as transformers names them, and convolutions of the heads after
/// it.
template <class Scalar>
class DptReader {
 public:
  /// Keeps references: they must outlive the reader. The convolutions multiply in the precision of
  /// the blocks, each under a name of its own that begins with `layers_of`.
  DptReader(const DptNeckConfig& neck, const VitConfig& encoder, LayerReader<Scalar>& file,
            std::string layers_of)
      : neck_(neck), encoder_(encoder), file_(file), layers_of_(std::move(layers_of)) {}

  /// Throws as `CheckpointReader::read`, as the functions below.
  std::vector<DptLevel<Scalar>> levels() {
    std::vector<DptLevel<Scalar>> levels(DptNeckConfig::levels);
    for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = level(i);
    return levels;
  }

  Convolution<Scalar> convolution(std::string_view name, const std::string& layer, Index out,
                                  Index in, const ConvolutionShape& shape, bool bias = true) {
    auto weight = windows(name, layer, out, in, shape, {});
    return {Linear<Scalar>(std::move(weight), bias ? file_.values(file_.bias_of(name), {out})
                                                   : AlignedBuffer<Scalar>()),
            in, shape};
  }

  /// Of so many inputs as outputs, with the batch norm after it.
  Convolution<Scalar> normed_convolution(std::string_view name, std::string_view norm_name,
                                         const std::string& layer, Index channels, bool bias) {
    BatchNorm<Scalar> norm = read_batch_norm(file_, norm_name, channels, neck_.batch_norm_eps);
    if (bias) norm.shift = norm.shift_after(file_.values(file_.bias_of(name), {channels}));
    const ConvolutionShape shape{3, 1, 1};
    auto weight = windows(name, layer, channels, channels, shape, {0, 0, std::move(norm.scale)});
    return {Linear<Scalar>(std::move(weight), std::move(norm.shift)), channels, shape};
  }

 private:
  DptLevel<Scalar> level(std::size_t i) {
    const auto number = static_cast<Index>(i);
    const Index channels = neck_.channels;
    const Index factor = neck_.factors[i];
    const Index size = neck_.level_channels[i];
    const std::string reassemble = message({"neck.reassemble_stage.layers.", number, "."});
    const std::string layer = message({"levels.", number, "."});
    DptLevel<Scalar> level;
    level.projection = file_.pointwise(reassemble + "projection", size, encoder_.embed_dim);
    if (neck_.readout == Readout::project) read_readout(number, level);
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
        message({"neck.fusion_stage.layers.", DptNeckConfig::levels - 1 - number, "."});
    if (i + 1 < DptNeckConfig::levels)
      level.unit1 = unit(fusion + "residual_layer1.", layer + "unit1.");
    level.unit2 = unit(fusion + "residual_layer2.", layer + "unit2.");
    level.fusion = file_.pointwise(fusion + "projection", channels, channels);
    return level;
  }

  /// The two halves of a matrix `[D, 2D]`, of the patch and of CLS.
  void read_readout(Index number, DptLevel<Scalar>& level) {
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
    const Index channels = neck_.channels;
    const std::string convolved = name + "convolution" + number;
    const std::string named = layer + "conv" + number;
    if (!neck_.batch_norm) {
      return convolution(convolved, named, channels, channels, {3, 1, 1}, neck_.unit_bias);
    }
    return normed_convolution(convolved, message({name, "batch_norm", number}), named, channels,
                              neck_.unit_bias);
  }

  PackedMatrix<Scalar> windows(std::string_view name, const std::string& layer, Index out, Index in,
                               const ConvolutionShape& shape, ConvolutionPart<Scalar> part) {
    const TensorInfo& tensor =
        file_.checked(file_.weight_of(name), {out, in, shape.kernel, shape.kernel});
    file_.tensors().check_readable(tensor);
    const Index places = shape.kernel * shape.kernel;
    typename LayerReader<Scalar>::BlockLayer named;
    named.name = layers_of_ + layer;
    // Scaled, they are other numbers than two bytes hold.
    std::vector<const TensorInfo*> stored;
    if (part.scale.empty()) stored.push_back(&tensor);
    return file_.packed(std::make_unique<ConvolutionRows<Scalar>>(file_.store(), tensor, in, places,
                                                                  std::move(part)),
                        stored, out, in * places, out, named);
  }

  const DptNeckConfig& neck_;
  const VitConfig& encoder_;
  LayerReader<Scalar>& file_;
  std::string layers_of_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
