/// The tokens after a block as a map of their own.
#ifndef EIGENVIT_MODEL_PASS_TOKEN_MAP_HPP
#define EIGENVIT_MODEL_PASS_TOKEN_MAP_HPP

#include <algorithm>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/model/pass/map_buffer.hpp>
#include <eigenvit/model/pass/sequence.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Copies the tokens of each image from `first` on, as many as `map` has pixels, through `norm`
/// where there is one, and through a ReLU where that is asked for. `stage` gives the tokens;
/// returns the stage that gives the map, after which the tokens may change.
template <class Scalar>
Stage add_token_map(TaskGraph& graph, const Sequence<Scalar>& x, Stage stage, Index first,
                    const LayerNorm<Scalar>* norm, const MapBuffer<Scalar>& map,
                    bool relu = false) {
  return graph.add(x.cut(), {part_of(stage)}, [x, first, norm, map, relu](const Task& task) {
    const Rows r = x.rows(task);
    const Index begin = std::max(r.first, first);
    const Index end = std::min(r.first + r.count, first + map.size.pixels());
    if (begin >= end) return;
    const Scalar* const from = x.stream_row(r.row + begin - r.first);
    Scalar* const to = map.row(task.image, 0) + (begin - first) * map.pixel_stride;
    if (norm) norm->forward(from, end - begin, x.width, to, map.pixel_stride);
    for (Index i = 0; i < end - begin; ++i) {
      Scalar* const pixel = to + i * map.pixel_stride;
      if (!norm) std::copy_n(from + i * x.width, x.width, pixel);
      if (relu) ops::activate(Activation::relu, pixel, x.width, pixel);
    }
  });
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
