/// From the tensors of a checkpoint to the layers of a UPerNet head.
#ifndef EIGENVIT_IO_UPER_HEAD_READER_HPP
#define EIGENVIT_IO_UPER_HEAD_READER_HPP

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/batch_norm.hpp>
#include <eigenvit/io/convolution_rows.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/transposed_convolution_reader.hpp>
#include <eigenvit/model/heads/uper_head.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads a `UperHead` by the names that transformers gives its parts, or gave them before
/// version 5.
template <class Scalar>
class UperHeadReader {
 public:
  /// Keeps references: they must outlive the reader.
  UperHeadReader(const UperConfig& config, const VitConfig& encoder, LayerReader<Scalar>& file)
      : config_(config),
        width_(encoder.embed_dim),
        file_(file),
        old_convolutions_(has("decode_head.fpn_bottleneck.conv.weight")),
        old_neck_(has("fpn1.0.weight")) {}

  /// Throws as `CheckpointReader::read`.
  std::shared_ptr<const UperHead<Scalar>> read() {
    UperLayers<Scalar> layers;
    const BatchNorm<Scalar> norm = batch_norm(old_neck_ ? "fpn1.1" : "fpn.fpn1.normalization");
    layers.enlarge_twice1 = enlargement(old_neck_ ? "fpn1.0" : "fpn.fpn1.conv_transpose1", &norm);
    layers.enlarge_twice2 = enlargement(old_neck_ ? "fpn1.3" : "fpn.fpn1.conv_transpose2");
    layers.enlarge_once = enlargement(old_neck_ ? "fpn2.0" : "fpn.fpn2");

    const auto scales = config_.scales();
    const std::string last =
        old_convolutions_ ? "decode_head.bottleneck." : "decode_head.psp_bottleneck.";
    layers.last = convolution(last, "last", {0, 1 + scales});
    for (Index i = 0; i < scales; ++i) {
      const char* const place = old_convolutions_ ? ".1." : ".conv.";
      const char* const list = old_convolutions_ ? "" : "blocks.";
      layers.pooled.push_back(pointwise(message({"decode_head.psp_modules.", list, i, place})));
      layers.last_pooled.push_back(
          convolution(last, message({"last_pooled.", i}), {1 + i, 1 + scales}));
    }
    for (Index i = 0; i + 1 < UperConfig::levels; ++i) {
      const auto level = static_cast<std::size_t>(i);
      layers.lateral[level] = pointwise(message({"decode_head.lateral_convs.", i, "."}));
      layers.fpn[level] =
          convolution(message({"decode_head.fpn_convs.", i, "."}), message({"fpn.", i}), {0, 1});
    }
    for (Index i = 0; i < UperConfig::levels; ++i) {
      layers.fusion[static_cast<std::size_t>(i)] = convolution(
          "decode_head.fpn_bottleneck.", message({"fusion.", i}), {i, UperConfig::levels});
    }
    layers.classifier = file_.pointwise("decode_head.classifier", config_.classes, width_);
    return std::make_shared<const UperHead<Scalar>>(config_, std::move(layers));
  }

 private:
  /// Which of several maps side by side a convolution is of.
  struct Part {
    Index index;
    Index count;
  };

  bool has(std::string_view name) const { return file_.tensors().find(name) != nullptr; }

  BatchNorm<Scalar> batch_norm(const std::string& name) {
    return read_batch_norm(file_, name, width_);
  }

  /// A convolution without bias and the batch norm after it, of `part` of its inputs; the first
  /// part has the norm's shift. It multiplies in the precision of the blocks, under a name of its
  /// own.
  Convolution<Scalar> convolution(const std::string& name, const std::string& layer,
                                  const Part& part) {
    constexpr Index kernel = 3;
    BatchNorm<Scalar> norm = batch_norm(norm_of(name));
    typename LayerReader<Scalar>::BlockLayer named;
    named.name = "segmentation_head." + layer;
    Linear<Scalar> window = linear(weight_of(name), kernel, part, std::move(norm), named);
    return {std::move(window), width_, {kernel, 1, 1}};
  }

  /// The same of 1 x 1 and all inputs: a linear layer of each pixel.
  Linear<Scalar> pointwise(const std::string& name) {
    return linear(weight_of(name), 1, {0, 1}, batch_norm(norm_of(name)), {});
  }

  Linear<Scalar> linear(const std::string& weight, Index kernel, const Part& part,
                        BatchNorm<Scalar> norm,
                        const typename LayerReader<Scalar>::BlockLayer& named) {
    const Index places = kernel * kernel;
    const Index inputs = part.count * width_;
    const TensorInfo& tensor = file_.checked(weight, {width_, inputs, kernel, kernel});
    file_.tensors().check_readable(tensor);
    auto rows = std::make_unique<ConvolutionRows<Scalar>>(
        file_.store(), tensor, width_, places,
        ConvolutionPart<Scalar>{part.index * width_, inputs, std::move(norm.scale),
                                file_.keeps_packed()});
    PackedMatrix<Scalar> packed =
        file_.packed(std::move(rows), {}, width_, width_ * places, width_, named);
    return Linear<Scalar>(std::move(packed),
                          part.index == 0 ? std::move(norm.shift) : AlignedBuffer<Scalar>());
  }

  TransposedConvolution<Scalar> enlargement(const std::string& name,
                                            const BatchNorm<Scalar>* norm = nullptr) {
    return read_transposed_convolution(file_, name, width_, 2, norm);
  }

  std::string weight_of(const std::string& name) const {
    return name + (old_convolutions_ ? "conv.weight" : "convolution.weight");
  }
  std::string norm_of(const std::string& name) const {
    return name + (old_convolutions_ ? "bn" : "normalization");
  }

  const UperConfig& config_;
  Index width_;
  LayerReader<Scalar>& file_;
  bool old_convolutions_;
  bool old_neck_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
