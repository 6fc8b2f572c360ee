/// From tokens to one vector for the image, by attention.
#ifndef EIGENVIT_LAYERS_ATTENTION_POOL_HPP
#define EIGENVIT_LAYERS_ATTENTION_POOL_HPP

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/mlp.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Multi-head attention of one learned query over the tokens, and an MLP:
/// `q = Wq latent + bq`; `k, v = split(kv(x))`; for each head `o = softmax(k q / sqrt(d)) v`;
/// `z = proj(concat of the heads)`, `z += mlp(norm(z))`.
///
/// The query does not depend on the image, so a head's scores are `x u` with
/// `u = W_kᵀ q / sqrt(d)` (the keys' bias adds the same to all of them), and its output is
/// `W_v (pᵀ x) + b_v`: no token goes through kv.
///
/// Shapes: `x [T, D]`, `kv [2E, D]`, `proj [E, E]`, `z [E]`; E is D in most models. Cost: `4 T D H`
/// flops and `2 E (D + E) + 4 E F` for each image. Source: Lee et al., arXiv:1810.00825; timm's
/// `AttentionPoolLatent`.
template <class Scalar>
class AttentionPool {
 public:
  AttentionPool() = default;

  /// Throws `ShapeError` when the parts do not fit together or `heads` does not divide `E`.
  AttentionPool(const AlignedBuffer<Scalar>& latent, const Linear<Scalar>& q,
                const Linear<Scalar>& kv, Linear<Scalar> proj, LayerNorm<Scalar> norm,
                Mlp<Scalar> mlp, Index heads)
      : proj_(std::move(proj)), norm_(std::move(norm)), mlp_(std::move(mlp)), heads_(heads) {
    const Index dim = proj_.in_features();
    require("a latent", q.in_features(), static_cast<Index>(latent.size()));
    require("queries", dim, q.out_features());
    require("a norm", dim, norm_.features());
    require("an mlp of a width", dim, mlp_.in_features());
    require("an mlp to a width", dim, mlp_.out_features());
    parameters_ = q.parameters() + static_cast<Index>(latent.size());
    attend_with(q(ConstMatrixView<Scalar>(latent.data(), 1, q.in_features())), kv);
  }

  /// `z = proj(concat of the heads)` of a query `[D]` that is given itself, without an MLP (AIMv2,
  /// arXiv:2411.14402). Throws as above.
  AttentionPool(const AlignedBuffer<Scalar>& query, const Linear<Scalar>& kv, Linear<Scalar> proj,
                Index heads)
      : proj_(std::move(proj)), heads_(heads), parameters_(static_cast<Index>(query.size())) {
    require("a query", proj_.in_features(), static_cast<Index>(query.size()));
    attend_with(ConstMatrixView<Scalar>(query.data(), 1, proj_.in_features()), kv);
  }

  /// `z = proj(concat of the heads)` of a latent that is normed before it becomes the query,
  /// without an MLP (OpenCLIP's `AttentionalPooler`; Yu et al., arXiv:2205.01917). Throws as above.
  AttentionPool(const AlignedBuffer<Scalar>& latent, const LayerNorm<Scalar>& latent_norm,
                const Linear<Scalar>& q, const Linear<Scalar>& kv, Linear<Scalar> proj, Index heads)
      : proj_(std::move(proj)), heads_(heads) {
    const auto size = static_cast<Index>(latent.size());
    require("a latent", q.in_features(), size);
    require("a norm of the latent", size, latent_norm.features());
    require("queries", proj_.in_features(), q.out_features());
    parameters_ = q.parameters() + latent_norm.parameters() + size;
    attend_with(q(latent_norm(ConstMatrixView<Scalar>(latent.data(), 1, size))), kv);
  }

  Index in_features() const noexcept { return kv_.in_features(); }  ///< D
  Index width() const noexcept { return proj_.out_features(); }     ///< E
  Index heads() const noexcept { return heads_; }
  Index head_dim() const noexcept { return width() / heads_; }
  Index parameters() const noexcept {
    return parameters_ + proj_.parameters() + norm_.parameters() + mlp_.parameters();
  }
  const Linear<Scalar>& proj() const noexcept { return proj_; }
  const LayerNorm<Scalar>& norm() const noexcept { return norm_; }
  const Mlp<Scalar>& mlp() const noexcept { return mlp_; }
  bool has_mlp() const noexcept { return mlp_.hidden_features() > 0; }

  /// `D`, filled up to a multiple of 16.
  Index padded_width() const noexcept { return kernels::padded_width(in_features()); }
  /// Values of scratch that `gather` needs for tokens of a width.
  static constexpr std::size_t scratch_size(Index width) noexcept {
    return static_cast<std::size_t>(kernels::attention_scratch(kernels::padded_width(width)));
  }

  /// `z` of one sequence. Throws `ShapeError` unless `x` has `D` columns and a row.
  Vector<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != in_features() || x.rows() < 1) {
      detail::raise<ShapeError>({"attention pool: expected tokens of ", in_features(),
                                 " values, found ", x.rows(), " of ", x.cols()});
    }
    Matrix<Scalar> padded = Matrix<Scalar>::Zero(x.rows(), padded_width());
    padded.leftCols(in_features()) = x;
    Matrix<Scalar> sums(heads_, padded_width());
    AlignedBuffer<Scalar> scratch(scratch_size(in_features()));
    gather(padded.data(), x.rows(), padded.cols(), sums.data(), scratch.data());
    Matrix<Scalar> values(1, width());
    for (Index head = 0; head < heads_; ++head) {
      project_values(head, sums.data(), 1, sums.size(), values.data(), values.cols());
    }
    Matrix<Scalar> z = proj_(values);
    if (has_mlp()) z += mlp_(norm_(z));
    return z.row(0);
  }

  /// `pᵀ x` of each head, `[H, padded_width]`, of the rows of `x [T, padded_width]`.
  void gather(const Scalar* x, Index tokens, Index x_stride, Scalar* sums, Scalar* scratch) const {
    for (Index first = 0; first < heads_; first += kernels::attention_queries) {
      kernels::AttentionArguments<Scalar> task;
      task.q = queries_.data() + first * padded_width();
      task.k = task.v = x;
      task.queries = std::min<Index>(heads_ - first, kernels::attention_queries);
      task.keys = tokens;
      task.width = task.q_stride = task.out_width = task.out_stride = padded_width();
      task.kv_stride = x_stride;
      task.out = sums + first * padded_width();
      task.scratch = scratch;
      ops::attention(task);
    }
  }

  /// `o` of one head for some images, the columns of the head in `values [B, E]`; `sums` of one
  /// image after the other, `sums_stride` apart.
  void project_values(Index head, const Scalar* sums, Index images, Index sums_stride,
                      Scalar* values, Index values_stride) const {
    auto task = kv_.share((heads_ + head) * head_panels(), head_panels());
    task.x = sums + head * padded_width();
    task.rows = images;
    task.x_stride = sums_stride;
    task.outputs = head_dim();
    task.y = values + head * head_dim();
    task.y_stride = values_stride;
    ops::gemm(task);
  }

 private:
  Index head_panels() const noexcept {
    return kernels::padded_width(head_dim()) / kernels::panel_width;
  }

  static void require(const char* part, Index expected, Index found) {
    if (expected != found) {
      detail::raise<ShapeError>(
          {"attention pool: expected ", part, " of ", expected, ", found ", found});
    }
  }

  /// Checks and keeps what all forms have, and makes the queries of `q [1, D]`.
  void attend_with(const Matrix<Scalar>& q, const Linear<Scalar>& kv) {
    const Index dim = proj_.in_features();
    require("keys and values", 2 * dim, kv.out_features());
    require("a projection to a width", dim, proj_.out_features());
    if (heads_ < 1 || dim % heads_ != 0) {
      detail::raise<ShapeError>(
          {"attention pool: expected a number of heads that divides the width ", dim, ", found ",
           heads_});
    }
    parameters_ += kv.parameters();
    kv_ = kv.grouped(head_dim());
    make_queries(q);
  }

  void make_queries(const Matrix<Scalar>& q) {
    queries_.assign(static_cast<std::size_t>(heads_ * padded_width()), Scalar(0));
    // In double: of float, -ffast-math makes an approximation.
    const double scale = 1 / std::sqrt(static_cast<double>(head_dim()));
    for (Index head = 0; head < heads_; ++head) {
      const AlignedBuffer<Scalar> keys = kv_.weight().unpacked(head * head_panels(), head_panels());
      Vector<double> sums = Vector<double>::Zero(in_features());
      for (Index o = head * head_dim(); o < (head + 1) * head_dim(); ++o) {
        const Scalar* const column = keys.data() +
                                     (kv_.weight().panel_of(o) - head * head_panels()) *
                                         kernels::panel_width * in_features() +
                                     kv_.weight().lane_of(o);
        for (Index i = 0; i < in_features(); ++i) {
          sums(i) +=
              static_cast<double>(q(0, o)) * static_cast<double>(column[i * kernels::panel_width]);
        }
      }
      for (Index i = 0; i < in_features(); ++i) {
        queries_[static_cast<std::size_t>(head * padded_width() + i)] =
            static_cast<Scalar>(sums(i) * scale);
      }
    }
  }

  AlignedBuffer<Scalar> queries_;  ///< u of each head, `[H, padded_width]`
  Linear<Scalar> kv_;
  Linear<Scalar> proj_;
  LayerNorm<Scalar> norm_;
  Mlp<Scalar> mlp_;
  Index heads_ = 1;
  Index parameters_ = 0;  ///< of the parts that queries were made of, and kv
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
