/// The pooler of a model class that has one.
#ifndef EIGENVIT_MODEL_HEADS_POOLER_HPP
#define EIGENVIT_MODEL_HEADS_POOLER_HPP

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

/// `pooler_output = act(dense(pooled))`, or the pooled vector itself, as the model class has it.
/// Of a model without a head it is what the model gives as the pooled vector too. Source:
/// transformers' `ViTPooler`.
struct Pooler {
  struct Config {
    Index pooler_hidden = 0;  ///< width of the pooler; 0: none
    Activation pooler_act = Activation::tanh;
    /// Whether the model class calls the pooled vector itself its `pooler_output`.
    bool pooled_is_pooler_output = false;
  };
  struct Taps {
    bool pooler_output = false;  ///< of a model class that has one `[B, D]`
  };
  template <class Scalar>
  struct Layers {
    std::optional<Linear<Scalar>> pooler;
  };
  template <class Scalar>
  struct Output {
    AlignedBuffer<Scalar> pooler_output;
  };

  template <class ModelConfig>
  static void validate(const ModelConfig& config, const ConfigCheck& check) {
    check.within("pooler width", config.pooler_hidden, 0, 1 << 16);
  }

  template <class ModelConfig, class ModelLayers>
  static void check_layers(const ModelConfig& config, const ModelLayers& layers) {
    require_part("pooler", config.pooler_hidden > 0, layers.pooler.has_value());
    if (!layers.pooler) return;
    require_size("head inputs", config.head_inputs(), layers.pooler->in_features());
    require_size("head outputs", config.pooler_hidden, layers.pooler->out_features());
  }

  template <class ModelConfig>
  static void check_taps(const ModelConfig& config, const Taps& taps) {
    if (taps.pooler_output && !config.has_pooler_output()) {
      raise<UnsupportedError>(
          {"taps: expected a model with a pooler for pooler_output, found none"});
    }
  }

  template <class Scalar>
  static Index parameters(const Layers<Scalar>& layers) noexcept {
    return layers.pooler ? layers.pooler->parameters() : 0;
  }
  template <class ModelConfig>
  static Index flops(const ModelConfig&, Index, Index) noexcept {
    return 0;
  }
  static bool is_wanted(const Taps& taps) noexcept { return taps.pooler_output; }

  template <class ModelConfig, class ModelOutput>
  static void prepare(const ModelConfig& config, const Taps& taps, Index images,
                      ModelOutput& output) {
    output.pooler_output.resize(
        static_cast<std::size_t>(taps.pooler_output ? images * config.pooler_output_width() : 0));
  }

  /// One task for all images.
  template <class Context>
  static void add_stages(TaskGraph& graph, const Context& context, const HeadInputs& inputs) {
    const bool is_pooled = context.layers.pooler && !context.layers.head && context.taps.pooled;
    if (!context.taps.pooler_output && !is_pooled) return;
    graph.add({}, {all_of(inputs.pooled)}, [&context, is_pooled](const Task&) {
      auto& output = context.output;
      if (context.taps.pooler_output) run(context, context.place(output.pooler_output));
      if (is_pooled) run(context, context.place(output.pooled));
    });
  }

 private:
  template <class Context, class Scalar>
  static void run(const Context& context, Scalar* result) {
    const Index inputs = context.config.head_inputs();
    if (!context.layers.pooler) {
      std::copy_n(context.pooled(0), context.plan.images * inputs, result);
      return;
    }
    multiply(*context.layers.pooler, 1, 0, context.pooled(0), context.plan.images, inputs, result,
             context.config.pooler_hidden,
             Finish<Scalar>{context.config.pooler_act, nullptr, false});
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
