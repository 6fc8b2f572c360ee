/// From the tensors of a checkpoint to the layers of ZoeDepth's head.
#ifndef EIGENVIT_IO_ZOE_DEPTH_HEAD_READER_HPP
#define EIGENVIT_IO_ZOE_DEPTH_HEAD_READER_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/dpt_reader.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/model/heads/zoe_depth_head.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the layers of a `ZoeDepthHead`, as transformers names them.
template <class Scalar>
class ZoeDepthHeadReader {
 public:
  /// Keeps references: the three must outlive the reader.
  ZoeDepthHeadReader(const ZoeDepthConfig& head, const VitConfig& encoder,
                     LayerReader<Scalar>& file)
      : head_(head), encoder_(encoder), file_(file) {}

  /// Throws as `CheckpointReader::read`.
  std::shared_ptr<const DenseHead<Scalar>> read() {
    const Index channels = head_.neck.channels;
    const std::string relative = "relative_head.";
    const std::string metric = "metric_head.";
    DptReader<Scalar> reader(head_.neck, encoder_, file_, "depth_head.");
    ZoeDepthLayers<Scalar> layers;
    layers.levels = reader.levels();
    if (head_.add_projection) {
      layers.projection =
          reader.convolution(relative + "projection", "projection", channels, channels, {3, 1, 1});
    }
    layers.conv1 =
        reader.convolution(relative + "conv1", "conv1", channels / 2, channels, {3, 1, 1});
    layers.conv2 = reader.convolution(relative + "conv2", "conv2", head_.relative_channels,
                                      channels / 2, {3, 1, 1});
    if (!head_.has_router()) {
      layers.relative_depth = file_.pointwise(relative + "conv3", 1, head_.relative_channels);
    }
    layers.bottleneck = file_.pointwise(metric + "conv2", channels, channels);
    layers.seed_projector = projector(metric + "seed_projector");
    for (std::size_t i = 0; i < layers.projectors.size(); ++i) {
      layers.projectors[i] = projector(message({metric, "projectors.", i}));
    }
    for (Index i = 0; i < head_.domain_count; ++i) {
      layers.domains.push_back(domain(metric, head_.domains[static_cast<std::size_t>(i)]));
    }
    if (head_.has_router()) layers.router = router(metric);
    return std::make_shared<const ZoeDepthHead<Scalar>>(head_, std::move(layers));
  }

 private:
  PixelMlp<Scalar> pixels(const std::string& name, Index in, Index hidden, Index out) {
    auto first = file_.pointwise(name + ".conv1", hidden, in);
    return {std::move(first), file_.pointwise(name + ".conv2", out, hidden)};
  }

  PixelMlp<Scalar> projector(const std::string& name) {
    return pixels(name, head_.neck.channels, head_.projector_hidden(), head_.embedding);
  }

  /// Where there are several domains, their lists begin with their names.
  ZoeDomainLayers<Scalar> domain(const std::string& metric, const ZoeDomain& domain) {
    const std::string named = domain.name.empty() ? "" : "." + domain.name;
    const Index embedding = head_.embedding;
    ZoeDomainLayers<Scalar> layers;
    layers.seed =
        pixels(metric + (named.empty() ? "seed_bin_regressor" : "seed_bin_regressors") + named,
               head_.neck.channels, head_.seed_hidden(), domain.bins);
    for (std::size_t i = 0; i < layers.attractors.size(); ++i) {
      layers.attractors[i] = pixels(message({metric, "attractors", named, ".", i}), embedding,
                                    embedding, head_.attractors[i] * (head_.bounded_bins ? 2 : 1));
    }
    const std::string last = metric + "conditional_log_binomial" + named + ".mlp.";
    const Index features = head_.last_features();
    const Index hidden = head_.last_hidden();
    const Index inputs = features + embedding;
    const TensorInfo& tensor = file_.checked(file_.weight_of(last + "0"), {hidden, inputs, 1, 1});
    const auto part = [&](Index first, Index count) {
      return file_.packed({&tensor}, hidden, count, hidden, TensorSlice{0, first, inputs});
    };
    layers.last_features =
        Linear<Scalar>(part(0, features), file_.values(file_.bias_of(last + "0"), {hidden}));
    layers.last_embedding = Linear<Scalar>(part(features, embedding), AlignedBuffer<Scalar>());
    layers.last = file_.pointwise(last + "2", 4, hidden);
    return layers;
  }

  ZoeRouterLayers<Scalar> router(const std::string& metric) {
    constexpr Index width = ZoeDepthConfig::router_width;
    const std::string encoder = metric + "patch_transformer.";
    const std::string classifier = metric + "mlp_classifier.linear";
    ZoeRouterLayers<Scalar> layers;
    layers.embed = file_.pointwise(encoder + "embedding_convPxP", width, head_.neck.channels);
    for (Index i = 0; i < ZoeDepthConfig::router_blocks; ++i) {
      layers.blocks.push_back(block(message({encoder, "transformer_encoder.", i, "."})));
    }
    layers.classifier.first = file_.linear(classifier + "1", width, width);
    layers.classifier.second =
        file_.linear(classifier + "2", static_cast<Index>(ZoeDepthConfig::most_domains), width);
    return layers;
  }

  EncoderBlock<Scalar> block(const std::string& name) {
    constexpr Index width = ZoeDepthConfig::router_width;
    std::vector<const TensorInfo*> weights;
    AlignedBuffer<Scalar> bias;
    for (const char* const part : {"query", "key", "value"}) {
      const std::string layer = message({name, "self_attn.", part});
      weights.push_back(&file_.checked(file_.weight_of(layer), {width, width}));
      const AlignedBuffer<Scalar> own = file_.values(file_.bias_of(layer), {width});
      bias.insert(bias.end(), own.begin(), own.end());
    }
    Linear<Scalar> qkv(file_.packed(weights, 3 * width, width, width / head_.router_heads), bias);
    auto proj = file_.linear(name + "self_attn.out_proj", width, width);
    auto norm1 = norm(name + "norm1");
    auto fc1 = file_.linear(name + "linear1", head_.router_hidden, width);
    auto fc2 = file_.linear(name + "linear2", width, head_.router_hidden);
    auto norm2 = norm(name + "norm2");
    return EncoderBlock<Scalar>(
        std::move(norm1),
        MultiHeadSelfAttention<Scalar>(std::move(qkv), std::move(proj), head_.router_heads), {},
        std::move(norm2), Mlp<Scalar>(std::move(fc1), std::move(fc2), Activation::relu), {},
        BlockForm::sum_norm);
  }

  /// Not with the epsilon of the encoder.
  LayerNorm<Scalar> norm(const std::string& name) {
    constexpr Index width = ZoeDepthConfig::router_width;
    auto gamma = file_.values(file_.weight_of(name), {width});
    return {std::move(gamma), file_.values(file_.bias_of(name), {width}),
            static_cast<Scalar>(1e-5)};
  }

  const ZoeDepthConfig& head_;
  const VitConfig& encoder_;
  LayerReader<Scalar>& file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
