/// From tokens to one vector for the image.
#ifndef EIGENVIT_LAYERS_POOLING_HPP
#define EIGENVIT_LAYERS_POOLING_HPP

#include <algorithm>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How the tokens become one vector; timm's `global_pool`.
enum class Pool {
  token,       ///< the first token, CLS
  avg,         ///< the mean of the patch tokens; prefix tokens do not count
  max,         ///< the greatest of the patch tokens, value by value
  avgmax,      ///< half the sum of the two
  map,         ///< attention with a learned query (`AttentionPool`)
  token_pair,  ///< the mean of CLS and distillation token (DeiT, arXiv:2012.12877)
  prefix_avg,  ///< the mean of all prefix tokens (Pixio, which has several CLS tokens)
  first_two,   ///< the first two tokens, one after the other: `[2D]` (RADIO's summary)
  token_avg,   ///< CLS, then the mean of the patch tokens: `[2D]` (DINOv2's linear heads)
};

/// Values of the pooled vector of tokens `[T, D]`.
constexpr Index pooled_size(Pool pool, Index width) noexcept {
  return pool == Pool::token_avg || pool == Pool::first_two ? 2 * width : width;
}

/// Whether only prefix tokens are pooled.
constexpr bool pools_prefix(Pool pool) noexcept {
  return pool == Pool::token || pool == Pool::token_pair || pool == Pool::first_two ||
         pool == Pool::prefix_avg;
}

/// `pooled [pooled_size]` of `tokens [T, D]`, of which the first `prefix` are no patches. Cost:
/// `2 T D` operations at most. Throws `ShapeError` when there is no token to pool, and
/// `ConfigError` for `map`, which is a layer of its own.
template <class Scalar>
void pool_tokens(Pool pool, const Scalar* tokens, Index count, Index prefix, Index width,
                 Scalar* pooled) {
  if (pool == Pool::map)
    detail::raise<ConfigError>({"pooling: expected a pooling without weights, found map"});
  if (pool == Pool::token_avg) {
    pool_tokens(Pool::token, tokens, count, prefix, width, pooled);
    pool_tokens(Pool::avg, tokens, count, prefix, width, pooled + width);
    return;
  }
  const bool of_prefix = pools_prefix(pool);
  const Index first = of_prefix ? 0 : prefix;
  const Index last = !of_prefix                 ? count
                     : pool == Pool::token      ? 1
                     : pool == Pool::prefix_avg ? prefix
                                                : 2;
  if (last > count || first >= last) {
    detail::raise<ShapeError>({"pooling: expected tokens ", first, " to ",
                               std::max(last, first + 1), ", found ", count, " tokens"});
  }
  if (pool == Pool::first_two) {
    std::copy_n(tokens, 2 * width, pooled);
    return;
  }
  if (pool != Pool::max) {
    const Scalar scale = Scalar(1) / static_cast<Scalar>(last - first);
    ops::sum_rows(tokens + first * width, last - first, width, width, scale, pooled);
  }
  if (pool != Pool::max && pool != Pool::avgmax) return;
  for (Index i = 0; i < width; ++i) {
    Scalar greatest = tokens[first * width + i];
    for (Index t = first + 1; t < last; ++t) {
      greatest = detail::greater(greatest, tokens[t * width + i]);
    }
    pooled[i] = pool == Pool::max ? greatest : Scalar(0.5) * (greatest + pooled[i]);
  }
}

/// As above, on Eigen matrices.
template <class Scalar>
Vector<Scalar> pool_tokens(Pool pool, const Matrix<Scalar>& tokens, Index prefix) {
  Vector<Scalar> pooled(pooled_size(pool, tokens.cols()));
  pool_tokens(pool, tokens.data(), tokens.rows(), prefix, tokens.cols(), pooled.data());
  return pooled;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
