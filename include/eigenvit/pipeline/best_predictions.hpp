/// The classes of the greatest scores.
#ifndef EIGENVIT_PIPELINE_BEST_PREDICTIONS_HPP
#define EIGENVIT_PIPELINE_BEST_PREDICTIONS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/order_key.hpp>
#include <eigenvit/io/class_scores.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Makes `best` the `k` classes of the greatest logits, or all where there are fewer, the best one
/// first and of equal ones the first one; `kind` says what their scores are. Labels stay as they
/// are. The logits are finite. Allocates nothing where `best` has the room. Cost: `C log k`.
inline void best_predictions(const ConstVectorView<float>& logits, ClassScores kind, std::size_t k,
                             std::vector<Prediction>& best) {
  best.resize(std::min(k, static_cast<std::size_t>(logits.size())));
  if (best.empty()) return;
  const auto before = [&logits](const Prediction& a, const Prediction& b) {
    const auto key_a = order_key(logits[a.index]);
    const auto key_b = order_key(logits[b.index]);
    return key_a != key_b ? key_a > key_b : a.index < b.index;
  };
  // A heap of the best classes so far, the last of them in front.
  Prediction next;
  for (Prediction& prediction : best) prediction.index = next.index++;
  std::make_heap(best.begin(), best.end(), before);
  for (; next.index < logits.size(); ++next.index) {
    if (!before(next, best.front())) continue;
    std::pop_heap(best.begin(), best.end(), before);
    best.back().index = next.index;
    std::push_heap(best.begin(), best.end(), before);
  }
  std::sort_heap(best.begin(), best.end(), before);

  const double max = logits[best.front().index];
  double total = 0;
  if (kind == ClassScores::softmax) {
    for (const float logit : logits) total += std::exp(logit - max);
  }
  for (Prediction& prediction : best) {
    double score = logits[prediction.index];
    if (kind == ClassScores::softmax) {
      score = std::exp(score - max) / total;
    } else if (kind == ClassScores::sigmoid) {
      score = 1 / (1 + std::exp(-score));
    }
    prediction.score = static_cast<float>(score);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
