/// Several heads as one.
#ifndef EIGENVIT_MODEL_HEADS_HEAD_LIST_HPP
#define EIGENVIT_MODEL_HEADS_HEAD_LIST_HPP

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What heads read: the stages that give the tokens after the final norm, and the pooled vectors.
struct HeadInputs {
  Stage tokens;
  Stage pooled;
};

/// The heads of a model. Each is a class with
///
///     Config, Taps, Layers<Scalar>, Output<Scalar>   members that it adds to those of the model
///     validate(config, check)                        whether its numbers make sense
///     check_layers(config, layers)                   whether its layers have those sizes
///     check_taps(config, taps)                       whether the model has what is asked for
///     parameters(layers), flops(config, height, width)
///     is_wanted(taps)                                whether it is asked for anything
///     prepare(config, taps, images, output)          makes room for results, then states shapes
///     add_stages(graph, context, inputs)             its part of a `ForwardPass`
///
/// in which `config`, `taps`, `layers` and `output` are those of the whole model.
template <class... Heads>
struct HeadList {
  struct Config : Heads::Config... {};
  struct Taps : Heads::Taps... {};
  template <class Scalar>
  struct Layers : Heads::template Layers<Scalar>... {};
  template <class Scalar>
  struct Output : Heads::template Output<Scalar>... {};

  template <class ModelConfig>
  static void validate(const ModelConfig& config, const ConfigCheck& check) {
    (Heads::validate(config, check), ...);
  }
  template <class ModelConfig, class ModelLayers>
  static void check_layers(const ModelConfig& config, const ModelLayers& layers) {
    (Heads::check_layers(config, layers), ...);
  }
  template <class ModelConfig>
  static void check_taps(const ModelConfig& config, const Taps& taps) {
    (Heads::check_taps(config, taps), ...);
  }
  template <class Scalar>
  static Index parameters(const Layers<Scalar>& layers) noexcept {
    return (Heads::parameters(layers) + ...);
  }
  template <class ModelConfig>
  static Index flops(const ModelConfig& config, Index height, Index width) noexcept {
    return (Heads::flops(config, height, width) + ...);
  }
  static bool are_wanted(const Taps& taps) noexcept { return (Heads::is_wanted(taps) || ...); }
  template <class ModelConfig, class ModelOutput>
  static void prepare(const ModelConfig& config, const Taps& taps, Index images,
                      ModelOutput& output) {
    (Heads::prepare(config, taps, images, output), ...);
  }
  template <class Context>
  static void add_stages(TaskGraph& graph, const Context& context, const HeadInputs& inputs) {
    (Heads::add_stages(graph, context, inputs), ...);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
