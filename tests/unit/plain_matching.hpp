/// The slow twin of `TokenMatching`.
#ifndef EIGENVIT_TESTS_UNIT_PLAIN_MATCHING_HPP
#define EIGENVIT_TESTS_UNIT_PLAIN_MATCHING_HPP

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <eigenvit/core/types.hpp>

namespace plain {

using eigenvit::Index;

/// The groups of `merged` merges of tokens with the keys `[T, d]`: each a list of tokens.
inline std::vector<std::vector<Index>> token_groups(const eigenvit::Matrix<double>& keys,
                                                    Index prefix, Index merged) {
  struct Edge {
    double similarity;
    Index from;
    Index to;
  };
  std::vector<Edge> edges;
  const auto length = [&](Index t) { return std::max(keys.row(t).norm(), 1e-300); };
  for (Index a = 0; a < keys.rows(); a += 2) {
    if (a < prefix) continue;
    Edge best{-2, a, -1};
    for (Index b = 1; b < keys.rows(); b += 2) {
      if (b < prefix) continue;
      const double similarity = keys.row(a).dot(keys.row(b)) / length(a) / length(b);
      if (similarity > best.similarity) best = {similarity, a, b};
    }
    edges.push_back(best);
  }
  std::stable_sort(edges.begin(), edges.end(),
                   [](const Edge& x, const Edge& y) { return x.similarity > y.similarity; });
  edges.resize(static_cast<std::size_t>(merged));
  const auto merged_into = [&](Index b) {
    std::vector<Index> tokens;
    for (const Edge& edge : edges) {
      if (edge.to == b) tokens.push_back(edge.from);
    }
    std::sort(tokens.begin(), tokens.end());
    return tokens;
  };
  const auto goes = [&](Index a) {
    return std::any_of(edges.begin(), edges.end(), [&](const Edge& e) { return e.from == a; });
  };

  std::vector<std::vector<Index>> groups;
  for (Index t = 0; t < prefix; ++t) groups.push_back({t});
  for (Index a = 0; a < keys.rows(); a += 2) {
    if (a >= prefix && !goes(a)) groups.push_back({a});
  }
  for (Index b = 1; b < keys.rows(); b += 2) {
    if (b < prefix) continue;
    groups.push_back({b});
    for (const Index a : merged_into(b)) groups.back().push_back(a);
  }
  return groups;
}

}  // namespace plain

#endif
