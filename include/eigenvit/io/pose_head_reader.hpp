/// From the tensors of a checkpoint to the layers of a pose head.
#ifndef EIGENVIT_IO_POSE_HEAD_READER_HPP
#define EIGENVIT_IO_POSE_HEAD_READER_HPP

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/batch_norm.hpp>
#include <eigenvit/io/doubling_rows.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/model/heads/pose_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the layers of a `PoseHead`, as transformers names them.
template <class Scalar>
class PoseHeadReader {
 public:
  /// Keeps references: the three must outlive the reader.
  PoseHeadReader(const PoseConfig& head, const VitConfig& encoder, LayerReader<Scalar>& file)
      : head_(head), encoder_(encoder), file_(file) {}

  /// Throws as `CheckpointReader::read`.
  std::shared_ptr<const DenseHead<Scalar>> read() {
    PoseLayers<Scalar> layers;
    if (head_.factor > 0) {
      layers.places = places();
      layers.bias = file_.values("head.conv.bias", {head_.keypoints});
    } else {
      layers.doubling.push_back(doubling(1, encoder_.embed_dim));
      layers.doubling.push_back(doubling(2, head_.channels));
      layers.last = file_.pointwise("head.conv", head_.keypoints, head_.channels);
    }
    return std::make_shared<const PoseHead<Scalar>>(head_, std::move(layers));
  }

 private:
  /// The tensor is `[K, D, 3, 3]`, the layer `[9 K, D]`.
  Linear<Scalar> places() {
    const Index keypoints = head_.keypoints, width = encoder_.embed_dim;
    const AlignedBuffer<Scalar> from = file_.values("head.conv.weight", {keypoints, width, 3, 3});
    AlignedBuffer<Scalar> rows;
    rows.reserve(from.size());
    for (Index place = 0; place < 9; ++place) {
      for (Index i = 0; i < keypoints * width; ++i) {
        rows.push_back(from[static_cast<std::size_t>(i * 9 + place)]);
      }
    }
    return Linear<Scalar>(PackedMatrix<Scalar>(rows, 9 * keypoints, width));
  }

  /// A transposed convolution with the batch norm after it, of which it keeps the scale in its
  /// weights and the rest in its bias.
  DoublingConvolution<Scalar> doubling(Index number, Index inputs) {
    const Index outputs = head_.channels;
    const std::string name = message({"deconv", number});
    const TensorInfo& tensor =
        file_.checked(message({"head.", name, ".weight"}), {inputs, outputs, 4, 4});
    file_.tensors().check_readable(tensor);
    const BatchNorm<Scalar> norm =
        read_batch_norm(file_, message({"head.batchnorm", number}), outputs);
    typename LayerReader<Scalar>::BlockLayer layer;
    layer.name = message({"pose_head.", name});
    std::array<Linear<Scalar>, DoublingConvolution<Scalar>::quarters> quarters;
    Index quarter = 0;
    for (Linear<Scalar>& weights : quarters) {
      weights =
          Linear<Scalar>(file_.packed(std::make_unique<DoublingRows<Scalar>>(
                                          file_.store(), tensor, inputs, quarter++, norm.scale),
                                      {}, outputs, 4 * inputs, outputs, layer),
                         norm.shift);
    }
    return {std::move(quarters), inputs};
  }

  const PoseConfig& head_;
  const VitConfig& encoder_;
  LayerReader<Scalar>& file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
