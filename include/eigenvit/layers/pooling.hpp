/// From tokens to one vector for the image.
#ifndef EIGENVIT_LAYERS_POOLING_HPP
#define EIGENVIT_LAYERS_POOLING_HPP

#include <algorithm>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How the tokens become one vector; timm's `global_pool`.
enum class Pool {
  token,       ///< the first token, CLS
  avg,         ///< the mean of the patch tokens; prefix tokens do not count
  token_pair,  ///< the mean of CLS and distillation token (DeiT, arXiv:2012.12877)
  token_avg,   ///< CLS, then the mean of the patch tokens: `[2D]` (DINOv2's linear heads)
};

/// Values of the pooled vector of tokens `[T, D]`.
constexpr Index pooled_size(Pool pool, Index width) noexcept {
  return pool == Pool::token_avg ? 2 * width : width;
}

/// `pooled [pooled_size]` of `tokens [T, D]`, of which the first `prefix` are no patches. Cost: `T
/// D` additions at most. Throws `ShapeError` when there is no token to pool.
template <class Scalar>
void pool_tokens(Pool pool, const Scalar* tokens, Index count, Index prefix, Index width,
                 Scalar* pooled) {
  if (pool == Pool::token_avg) {
    pool_tokens(Pool::token, tokens, count, prefix, width, pooled);
    pool_tokens(Pool::avg, tokens, count, prefix, width, pooled + width);
    return;
  }
  const Index first = pool == Pool::avg ? prefix : 0;
  const Index last = pool == Pool::avg ? count : pool == Pool::token ? 1 : 2;
  if (last > count || first >= last) {
    throw ShapeError("pooling: expected tokens " + std::to_string(first) + " to " +
                     std::to_string(std::max(last, first + 1)) + ", found " +
                     std::to_string(count) + " tokens");
  }
  const Scalar scale = Scalar(1) / static_cast<Scalar>(last - first);
  ops::sum_rows(tokens + first * width, last - first, width, width, scale, pooled);
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
