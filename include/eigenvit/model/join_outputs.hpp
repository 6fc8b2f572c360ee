/// Several results as one.
#ifndef EIGENVIT_MODEL_JOIN_OUTPUTS_HPP
#define EIGENVIT_MODEL_JOIN_OUTPUTS_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/taps.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Where the result of an image is.
struct OutputPlace {
  std::size_t part = 0;
  Index image = 0;
};

/// Whether all that is asked for can be joined: tokens, and what has as many values for each image.
inline bool can_be_joined(const Taps& taps) {
  Taps rest = taps;
  rest.logits = rest.pred_boxes = rest.pooler_output = rest.image_embeds = false;
  const auto projections = projections_of(rest);
  return rest.hidden.empty() && rest.attention.empty() &&
         std::all_of(projections.begin(), projections.end(),
                     [](const auto* blocks) { return blocks->empty(); }) &&
         !rest.merge_source && !rest.dense && !Heads::are_wanted(rest);
}

/// Makes `joined` the result of the images in the order of `places`, of passes of the same model
/// with the same taps over images of different grids. Cost: one copy.
template <class Scalar>
void join_outputs(const std::vector<VitOutput<Scalar>>& parts,
                  const std::vector<OutputPlace>& places, VitOutput<Scalar>& joined) {
  const VitOutput<Scalar>& any = parts.front();
  // What heads gave before, and cannot be joined, does not stay.
  static_cast<Heads::Output<Scalar>&>(joined) = {};
  joined.dense = {};
  joined.images = static_cast<Index>(places.size());
  joined.tokens_per_image = joined.grid_height = joined.grid_width = joined.merged_tokens = 0;
  joined.prefix_tokens = any.prefix_tokens;
  joined.width = any.width;
  joined.pooled_width = any.pooled_width;
  joined.heads = any.heads;
  joined.projection_width = any.projection_width;
  joined.classes = any.classes;
  joined.detections = any.detections;
  joined.embeds_width = any.embeds_width;
  joined.hidden.clear();
  joined.attention.clear();
  for (auto* const projection : projections_of(joined)) projection->clear();
  joined.merge_source.clear();
  joined.grids.clear();
  for (const OutputPlace& place : places) {
    joined.grids.push_back(parts[place.part].grid_of(place.image));
  }
  const auto join = [&](const auto& buffer_of) {
    const auto values = [&](const OutputPlace& place) {
      const VitOutput<Scalar>& part = parts[place.part];
      return buffer_of(part).size() / static_cast<std::size_t>(part.images);
    };
    std::size_t size = 0;
    for (const OutputPlace& place : places) size += values(place);
    buffer_of(joined).resize(size);
    Scalar* next = buffer_of(joined).data();
    for (const OutputPlace& place : places) {
      const std::size_t count = values(place);
      next = std::copy_n(
          buffer_of(parts[place.part]).data() + static_cast<std::size_t>(place.image) * count,
          count, next);
    }
  };
  join([](auto& output) -> auto& { return output.tokens; });
  join([](auto& output) -> auto& { return output.pooled; });
  join([](auto& output) -> auto& { return output.logits; });
  join([](auto& output) -> auto& { return output.pred_boxes; });
  join([](auto& output) -> auto& { return output.pooler_output; });
  join([](auto& output) -> auto& { return output.image_embeds; });
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
