/// The head that classifies images.
#ifndef EIGENVIT_MODEL_HEADS_CLASSIFICATION_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_CLASSIFICATION_HEAD_HPP

#include <algorithm>
#include <optional>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/heads/head_list.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/linear_share.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `logits = head(pooled)`; with a distillation token's head
/// `logits = (head(x_cls) + head_dist(x_dist)) / 2`. Of a detector, logits are those of
/// `DetectionHeads`. Cost: `2 D C` flops for each image and head. Source: timm's
/// `VisionTransformer` and `VisionTransformerDistilled`.
struct ClassificationHead {
  struct Config {
    Index num_classes = 1000;  ///< C; 0 for a model without a head
    bool dist_head = false;    ///< a second head on the distillation token
  };
  struct Taps {
    bool logits = false;  ///< `[B, C]`; of a detector `[B*Q, C]`
  };
  template <class Scalar>
  struct Layers {
    std::optional<Linear<Scalar>> head;
    std::optional<Linear<Scalar>> head_dist;
  };
  template <class Scalar>
  struct Output {
    Index classes = 0;  ///< C
    AlignedBuffer<Scalar> logits;

    /// Logits of one image, `[C]`.
    ConstVectorView<Scalar> logits_of(Index image) const {
      return ConstVectorView<Scalar>(logits.data() + image * classes, classes);
    }
  };

  template <class ModelConfig>
  static void validate(const ModelConfig& config, const ConfigCheck& check) {
    check.within("num_classes", config.num_classes, 0, 1 << 24);
    check.require(!config.dist_head || config.dist_token, "a distillation token for its head",
                  "none");
  }

  template <class ModelConfig, class ModelLayers>
  static void check_layers(const ModelConfig& config, const ModelLayers& layers) {
    require_part("head", config.num_classes > 0 && !config.detects(), layers.head.has_value());
    require_part("distillation head", config.dist_head, layers.head_dist.has_value());
    for (const auto* const head : {&layers.head, &layers.head_dist}) {
      if (!*head) continue;
      require_size("head inputs", config.head_inputs(), (*head)->in_features());
      require_size("head outputs", config.num_classes, (*head)->out_features());
    }
  }

  template <class ModelConfig>
  static void check_taps(const ModelConfig& config, const Taps& taps) {
    if (taps.logits && config.num_classes == 0) {
      raise<UnsupportedError>({"taps: expected a model with a head for logits, found none"});
    }
  }

  template <class Scalar>
  static Index parameters(const Layers<Scalar>& layers) noexcept {
    return (layers.head ? layers.head->parameters() : 0) +
           (layers.head_dist ? layers.head_dist->parameters() : 0);
  }
  template <class ModelConfig>
  static Index flops(const ModelConfig& config, Index, Index) noexcept {
    return config.detects()
               ? 0
               : 2 * config.head_inputs() * config.num_classes * (config.dist_head ? 2 : 1);
  }
  static bool is_wanted(const Taps& taps) noexcept { return taps.logits; }

  template <class ModelConfig, class ModelOutput>
  static void prepare(const ModelConfig& config, const Taps& taps, Index images,
                      ModelOutput& output) {
    const Index classes = config.num_classes;
    if (!config.detects()) {
      output.logits.resize(static_cast<std::size_t>(taps.logits ? images * classes : 0));
    }
    output.classes = classes;
  }

  /// A task for each share of the classes, of all images together.
  template <class Context>
  static void add_stages(TaskGraph& graph, const Context& context, const HeadInputs& inputs) {
    if (!context.taps.logits || context.config.detects()) return;
    const Index shares = std::clamp<Index>(context.layers.head->weight().panels() / 8, 1, 16);
    graph.add(Cut{}.in_shares(shares), {all_of(inputs.pooled)},
              [&context, shares](const Task& task) { classify(context, shares, task.share); });
  }

 private:
  template <class Context>
  static void classify(const Context& context, Index shares, Index index) {
    const auto& layers = context.layers;
    const Index images = context.plan.images;
    const Index classes = context.output.classes;
    auto* const logits = context.place(context.output.logits);
    if (!layers.head_dist) {
      multiply(*layers.head, shares, index, context.pooled(0), images, context.config.head_inputs(),
               logits, classes);
      return;
    }
    const auto* const tokens = context.normed_tokens(0);
    const Index stride = context.normed_image_stride();
    using Scalar = std::decay_t<decltype(*logits)>;
    multiply(*layers.head, shares, index, tokens, images, stride, logits, classes);
    multiply(*layers.head_dist, shares, index, tokens + context.width(), images, stride, logits,
             classes, Finish<Scalar>{Activation::none, nullptr, true});
    const auto part = PanelShare::of(*layers.head, shares, index);
    const Index last = std::min(part.column + part.count * kernels::panel_width, classes);
    for (Index image = 0; image < images; ++image) {
      for (Index c = part.column; c < last; ++c) logits[image * classes + c] *= Scalar(0.5);
    }
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
