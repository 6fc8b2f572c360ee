/// Which tokens of a sequence are alike enough to become one.
#ifndef EIGENVIT_LAYERS_TOKEN_MATCHING_HPP
#define EIGENVIT_LAYERS_TOKEN_MATCHING_HPP

#include <algorithm>
#include <cstddef>
#include <limits>

#include <eigenvit/core/order_key.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Bipartite soft matching. Tokens at even places of the sequence are set A, those at odd places
/// set B; the prefix takes no part. Each token of A is tied to the token of B with the most similar
/// key, and the tokens of A with the `r` strongest ties are merged into theirs:
///
///     k = mean over the heads of the keys                    [T, d]
///     s(a, b) = k_a · k_b / (|k_a| |k_b|)                    of a in A, b in B
///     b(a) = argmax over b of s(a, b)                        the r greatest s(a, b(a)) are kept
///
/// The shorter sequence is the prefix, what is left of A, then B, each in the order in which it
/// was. Of equals the first wins, in both choices, so that the result is the same everywhere; a
/// key of zeros is similar to nothing (0).
///
/// Shapes: keys `[H, T, head_width]` as attention holds them. Cost: `T² d / 2` flops and `H T d`
/// sums. Source: Bolya et al., "Token Merging: Your ViT But Faster", arXiv:2210.09461, whose
/// implementation sorts what is left of A for models with a class token only.
template <class Scalar>
class TokenMatching {
 public:
  /// Works in memory of `values(tokens, head_dim)` and `indices(tokens)` for sequences of at most
  /// `tokens` tokens.
  TokenMatching(Index tokens, Index head_dim, Scalar* values, Index* indices) noexcept
      : head_dim_(head_dim),
        keys_(values),
        panels_(keys_ + tokens * kernels::padded_width(head_dim)),
        similarities_(panels_ + kernels::padded_width(half(tokens)) * head_dim),
        strongest_(similarities_ + chunk * kernels::padded_width(half(tokens))),
        ones_(strongest_ + kernels::padded_width(half(tokens))),
        rows_(indices),
        first_(rows_ + tokens),
        partner_(first_ + tokens + 1),
        order_(partner_ + half(tokens)),
        joined_(order_ + half(tokens)) {}

  static std::size_t values(Index tokens, Index head_dim) noexcept {
    const Index columns = kernels::padded_width(half(tokens));
    return static_cast<std::size_t>((tokens + 1) * kernels::padded_width(head_dim) +
                                    columns * (head_dim + chunk + 1));
  }
  static std::size_t indices(Index tokens) noexcept {
    return static_cast<std::size_t>(2 * tokens + 1 + 3 * half(tokens));
  }

  /// Tokens that go when `r` are to be merged: at most half of those that are not in the prefix.
  static Index merged(Index tokens, Index prefix, Index r) noexcept {
    return std::clamp<Index>((tokens - prefix) / 2, 0, r);
  }

  /// Finds the groups for `count` merges, from 1 to `merged(tokens, prefix, count)`.
  void match(const Scalar* keys, Index heads, Index tokens, Index prefix, Index count) const {
    add_heads(keys, heads, tokens, prefix);
    const Set a = set_of(tokens, prefix, 0);
    const Set b = set_of(tokens, prefix, 1);
    pack(b);
    find_partners(a, b);
    keep_strongest(a, count);
    form_groups(a, b, prefix, count);
  }

  /// The tokens of the longer sequence that are merged into token `j` of the shorter one are
  /// `rows()[first()[j]]` to `rows()[first()[j + 1] - 1]`: of merged tokens that of B, then those
  /// of A in their order.
  const Index* rows() const noexcept { return rows_; }
  const Index* first() const noexcept { return first_; }

 private:
  /// Rows of A whose similarities are formed at a time: they stay in the L1 cache.
  static constexpr Index chunk = 32;
  /// Most tokens of a set.
  static constexpr Index half(Index tokens) noexcept { return (tokens + 1) / 2; }

  /// Every second row from the first on.
  struct Set {
    Index first;
    Index size;
    Index row(Index i) const noexcept { return first + 2 * i; }
  };

  static Set set_of(Index tokens, Index prefix, Index parity) noexcept {
    const Index first = prefix + (prefix + parity) % 2;
    return {first, (tokens - first + 1) / 2};
  }

  Index width() const noexcept { return kernels::padded_width(head_dim_); }

  /// Keys of all heads together, scaled to one length: a sum has the direction of the mean.
  void add_heads(const Scalar* keys, Index heads, Index tokens, Index prefix) const {
    const Index size = tokens * width();
    std::copy_n(keys, size, keys_);
    for (Index head = 1; head < heads; ++head) ops::add_row(keys + head * size, size, keys_);
    std::fill_n(ones_, head_dim_, Scalar(1));
    kernels::LayerNormArguments<Scalar> norm;
    norm.x = norm.y = keys_ + prefix * width();
    norm.rows = tokens - prefix;
    norm.x_stride = norm.y_stride = width();
    norm.size = head_dim_;
    norm.gamma = ones_;
    norm.eps = std::numeric_limits<Scalar>::min();
    norm.centered = false;
    ops::layer_norm(norm);
  }

  /// B as the weights of a product, whose outputs are its tokens.
  void pack(const Set& b) const {
    constexpr Index lanes = kernels::panel_width;
    for (Index i = 0; i < kernels::padded_width(b.size); ++i) {
      Scalar* const to = panels_ + i / lanes * lanes * head_dim_ + i % lanes;
      const Scalar* const from = keys_ + b.row(std::min(i, b.size - 1)) * width();
      for (Index c = 0; c < head_dim_; ++c) to[c * lanes] = i < b.size ? from[c] : Scalar(0);
    }
  }

  void find_partners(const Set& a, const Set& b) const {
    const Index columns = kernels::padded_width(b.size);
    for (Index first = 0; first < a.size; first += chunk) {
      kernels::GemmArguments<Scalar> product;
      product.x = keys_ + a.row(first) * width();
      product.rows = std::min(chunk, a.size - first);
      product.x_stride = 2 * width();
      product.depth = head_dim_;
      product.panels = panels_;
      product.outputs = b.size;
      product.y = similarities_;
      product.y_stride = columns;
      ops::gemm(product);
      for (Index i = 0; i < product.rows; ++i) {
        const Scalar* const row = similarities_ + i * columns;
        Index best = 0;
        auto best_key = order_key(row[0]);
        for (Index j = 1; j < b.size; ++j) {
          const auto key = order_key(row[j]);
          if (key <= best_key) continue;
          best_key = key;
          best = j;
        }
        partner_[first + i] = best;
        strongest_[first + i] = row[best];
      }
    }
  }

  /// Leaves their partners to `count` tokens of A.
  void keep_strongest(const Set& a, Index count) const {
    for (Index i = 0; i < a.size; ++i) order_[i] = i;
    std::nth_element(order_, order_ + count - 1, order_ + a.size, [&](Index left, Index right) {
      const auto left_key = order_key(strongest_[left]);
      const auto right_key = order_key(strongest_[right]);
      return left_key != right_key ? left_key > right_key : left < right;
    });
    for (Index i = count; i < a.size; ++i) partner_[order_[i]] = none;
  }

  void form_groups(const Set& a, const Set& b, Index prefix, Index count) const {
    Index row = 0;
    for (; row < prefix; ++row) rows_[row] = row;
    for (Index i = 0; i < a.size; ++i) {
      if (partner_[i] == none) rows_[row++] = a.row(i);
    }
    for (Index j = 0; j <= row; ++j) first_[j] = j;
    std::fill_n(joined_, b.size, Index{1});
    for (Index i = 0; i < a.size; ++i) {
      if (partner_[i] != none) ++joined_[partner_[i]];
    }
    for (Index j = 0; j < b.size; ++j) {
      first_[row + j + 1] = first_[row + j] + joined_[j];
      rows_[first_[row + j]] = b.row(j);
      joined_[j] = 1;
    }
    for (Index i = 0; i < a.size; ++i) {
      const Index j = partner_[i];
      if (j != none) rows_[first_[row + j] + joined_[j]++] = a.row(i);
    }
    eigen_assert(row == prefix + a.size - count);
    static_cast<void>(count);
  }

  static constexpr Index none = -1;

  Index head_dim_;
  Scalar* keys_;          ///< `[T, head_width]`
  Scalar* panels_;        ///< B, packed
  Scalar* similarities_;  ///< of some rows of A
  Scalar* strongest_;     ///< similarity to its partner of each token of A
  Scalar* ones_;          ///< `[d]`
  Index* rows_;
  Index* first_;
  Index* partner_;  ///< in B, of each token of A
  Index* order_;
  Index* joined_;  ///< tokens of each group of B
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
