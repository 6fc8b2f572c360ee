/// Distances of tokens as a bias of their scores.
#ifndef EIGENVIT_LAYERS_DISTANCE_BIAS_HPP
#define EIGENVIT_LAYERS_DISTANCE_BIAS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/arguments.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Relative position bias of T5: to the score of a query at place q and a key at place k of a text
/// a head adds `table[bucket(k - q)]`. There are 32 buckets: sixteen of keys after the query, the
/// others of those before it; of each half eight have one distance each, 0 to 7, the others
/// distances that grow by a constant factor up to 128, and the last one all beyond.
///
/// Shape: table `[32, H]`. Source: Raffel et al., arXiv:1910.10683; transformers'
/// `T5Attention._relative_position_bucket`.
template <class Scalar>
class DistanceBias {
 public:
  static constexpr Index buckets = 32;
  static constexpr Index most_distance = 128;

  DistanceBias() = default;

  /// Throws `ShapeError` unless the table has the buckets of `heads` heads.
  DistanceBias(const AlignedBuffer<Scalar>& table, Index heads)
      : values_(static_cast<std::size_t>(heads * distances)), heads_(heads) {
    if (static_cast<Index>(table.size()) != buckets * heads) {
      detail::raise<ShapeError>(
          {"distance bias: expected ", buckets, " x ", heads, " values, found ", table.size()});
    }
    for (Index distance = -most_distance; distance <= most_distance; ++distance) {
      for (Index head = 0; head < heads; ++head) {
        values_[static_cast<std::size_t>(head * distances + most_distance + distance)] =
            table[static_cast<std::size_t>(bucket(distance) * heads + head)];
      }
    }
  }

  Index heads() const noexcept { return heads_; }  ///< H
  Index parameters() const noexcept { return buckets * heads_; }

  /// The bucket of a key that is `distance` places after its query.
  static Index bucket(Index distance) {
    constexpr Index half = buckets / 2;
    constexpr Index exact = half / 2;
    const Index side = distance > 0 ? half : 0;
    const Index magnitude = std::abs(distance);
    if (magnitude < exact) return side + magnitude;
    // In float32, as the reference has it: it decides where a bucket ends.
    const auto log_distance = static_cast<float>(
        std::log(static_cast<double>(static_cast<float>(magnitude) / static_cast<float>(exact))));
    const auto log_most = static_cast<float>(
        std::log(static_cast<double>(most_distance) / static_cast<double>(exact)));
    const float steps = log_distance / log_most * static_cast<float>(half - exact);
    return side + std::min(exact + static_cast<Index>(steps), half - 1);
  }

  /// Biases of the queries `[first, first + count)` of a head and the keys `[0, tokens)`, laid out
  /// as the attention kernel takes them, `[tokens, attention_queries]`; with `key_bias`, of that
  /// layout, added unless it is null.
  void fill(Index head, Index first, Index count, Index tokens, const Scalar* key_bias,
            Scalar* bias) const {
    const Scalar* const own = values_.data() + head * distances + most_distance;
    for (Index key = 0; key < tokens; ++key) {
      Scalar* const row = bias + key * kernels::attention_queries;
      const Scalar of_key = key_bias ? key_bias[key * kernels::attention_queries] : Scalar(0);
      for (Index i = 0; i < count; ++i) {
        const Index distance = std::clamp(key - first - i, -most_distance, most_distance);
        row[i] = own[distance] + of_key;
      }
      std::fill_n(row + count, kernels::attention_queries - count, Scalar(0));
    }
  }

 private:
  static constexpr Index distances = 2 * most_distance + 1;

  AlignedBuffer<Scalar> values_;  ///< of all distances `[H, distances]`
  Index heads_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
