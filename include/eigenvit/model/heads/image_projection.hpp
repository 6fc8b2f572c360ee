/// The vector of an image that is compared with those of texts.
#ifndef EIGENVIT_MODEL_HEADS_IMAGE_PROJECTION_HPP
#define EIGENVIT_MODEL_HEADS_IMAGE_PROJECTION_HPP

#include <algorithm>
#include <optional>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/heads/head_list.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/unit_length.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `image_embeds = projection(pooled)`, or the pooled vector itself, of length 1 where the model
/// class scales it: `e / |e|`. Cost: `2 D E` flops for each image. Source: Radford et al.,
/// arXiv:2103.00020; transformers' `CLIPModel`.
struct ImageProjection {
  struct Config {
    bool image_embeds = false;      ///< whether the model class has `image_embeds`
    Index projection_dim = 0;       ///< E; 0: there is no projection
    bool projection_bias = false;   ///< whether the projection has a bias
    bool normalize_embeds = false;  ///< whether `image_embeds` are scaled to length 1
  };
  struct Taps {
    bool image_embeds = false;  ///< of a model class that has them `[B, E]`
  };
  template <class Scalar>
  struct Layers {
    std::optional<Linear<Scalar>> projection;
  };
  template <class Scalar>
  struct Output {
    Index embeds_width = 0;  ///< of `image_embeds`
    AlignedBuffer<Scalar> image_embeds;

    /// The vector of one image that is compared with those of texts.
    ConstVectorView<Scalar> image_embeds_of(Index image) const {
      return ConstVectorView<Scalar>(image_embeds.data() + image * embeds_width, embeds_width);
    }
  };

  template <class ModelConfig>
  static void validate(const ModelConfig& config, const ConfigCheck& check) {
    check.within("projection width", config.projection_dim, 0, 1 << 16);
  }

  template <class ModelConfig, class ModelLayers>
  static void check_layers(const ModelConfig& config, const ModelLayers& layers) {
    require_part("projection", config.projection_dim > 0, layers.projection.has_value());
    if (!layers.projection) return;
    require_size("head inputs", config.head_inputs(), layers.projection->in_features());
    require_size("head outputs", config.projection_dim, layers.projection->out_features());
  }

  template <class ModelConfig>
  static void check_taps(const ModelConfig& config, const Taps& taps) {
    if (taps.image_embeds && !config.image_embeds) {
      raise<UnsupportedError>({"taps: expected a model with image_embeds, found none"});
    }
  }

  template <class Scalar>
  static Index parameters(const Layers<Scalar>& layers) noexcept {
    return layers.projection ? layers.projection->parameters() : 0;
  }
  template <class ModelConfig>
  static Index flops(const ModelConfig& config, Index, Index) noexcept {
    return 2 * config.head_inputs() * config.projection_dim;
  }
  static bool is_wanted(const Taps& taps) noexcept { return taps.image_embeds; }

  template <class ModelConfig, class ModelOutput>
  static void prepare(const ModelConfig& config, const Taps& taps, Index images,
                      ModelOutput& output) {
    const Index width = config.image_embeds_width();
    output.image_embeds.resize(static_cast<std::size_t>(taps.image_embeds ? images * width : 0));
    output.embeds_width = width;
  }

  /// One task for all images.
  template <class Context>
  static void add_stages(TaskGraph& graph, const Context& context, const HeadInputs& inputs) {
    if (!context.taps.image_embeds) return;
    graph.add({}, {all_of(inputs.pooled)}, [&context](const Task&) {
      project(context, context.place(context.output.image_embeds), context.output.embeds_width);
    });
  }

 private:
  template <class Context, class Scalar>
  static void project(const Context& context, Scalar* embeds, Index size) {
    const Index images = context.plan.images;
    if (context.layers.projection) {
      multiply(*context.layers.projection, 1, 0, context.pooled(0), images,
               context.config.head_inputs(), embeds, size);
    } else {
      std::copy_n(context.pooled(0), images * size, embeds);
    }
    if (context.config.normalize_embeds) scale_to_unit_length(embeds, images, size);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
