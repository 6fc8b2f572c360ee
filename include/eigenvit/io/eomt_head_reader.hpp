/// From the tensors of a checkpoint to the layers of an EoMT head.
#ifndef EIGENVIT_IO_EOMT_HEAD_READER_HPP
#define EIGENVIT_IO_EOMT_HEAD_READER_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/transposed_convolution_reader.hpp>
#include <eigenvit/model/heads/eomt_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the layers of an `EomtHead`, as transformers names them.
template <class Scalar>
class EomtHeadReader {
 public:
  /// Keeps references: the three must outlive the reader.
  EomtHeadReader(const EomtConfig& head, const VitConfig& encoder, LayerReader<Scalar>& file)
      : head_(head), width_(encoder.embed_dim), file_(file) {}

  /// Throws as `CheckpointReader::read`.
  std::shared_ptr<const DenseHead<Scalar>> read() {
    EomtLayers<Scalar> layers;
    layers.classifier = file_.linear("class_predictor", head_.classes + 1, width_);
    for (std::size_t i = 0; i < layers.mask.size(); ++i) {
      layers.mask[i] = file_.linear(message({"mask_head.fc", i + 1}), width_, width_);
    }
    for (Index i = 0; i < head_.enlargements; ++i) {
      layers.enlargements.push_back(enlargement(message({"upscale_block.block.", i, "."})));
    }
    return std::make_shared<const EomtHead<Scalar>>(head_, std::move(layers));
  }

 private:
  EomtEnlargement<Scalar> enlargement(const std::string& name) {
    constexpr Index kernel = 3;
    const AlignedBuffer<Scalar> rows =
        file_.values(name + "conv2.weight", {width_, 1, kernel, kernel});
    AlignedBuffer<Scalar> places;
    places.reserve(rows.size());
    for (Index place = 0; place < kernel * kernel; ++place) {
      for (Index c = 0; c < width_; ++c) {
        places.push_back(rows[static_cast<std::size_t>(c * kernel * kernel + place)]);
      }
    }
    const std::string norm = name + "layernorm2d";
    // Not the epsilon of the configuration.
    constexpr Scalar eps = static_cast<Scalar>(1e-6);
    return {read_transposed_convolution(file_, name + "conv1", width_, 2),
            DepthwiseConvolution<Scalar>(std::move(places), kernel, width_),
            LayerNorm<Scalar>(file_.values(file_.weight_of(norm), {width_}),
                              file_.values(file_.bias_of(norm), {width_}), eps)};
  }

  const EomtConfig& head_;
  Index width_;
  LayerReader<Scalar>& file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
