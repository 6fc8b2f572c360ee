/// One block of the encoder.
#ifndef EIGENVIT_LAYERS_ENCODER_BLOCK_HPP
#define EIGENVIT_LAYERS_ENCODER_BLOCK_HPP

#include <algorithm>
#include <string>
#include <utility>

#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/mlp.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Pre-norm transformer block on the residual stream:
/// `x += γ1 ⊙ attn(norm1(x))`, then `x += γ2 ⊙ mlp(norm2(x))`.
///
/// Shapes: `x [T, D]`; `γ1, γ2 [D]`, the LayerScale vectors, or empty for none.
/// Cost: `8 T D² + 4 T² D + 4 T D F` flops.
/// Source: Dosovitskiy et al., arXiv:2010.11929; LayerScale: Touvron et al., arXiv:2103.17239;
/// timm's `Block`.
template <class Scalar>
class EncoderBlock {
 public:
  EncoderBlock() = default;

  /// Throws `ShapeError` when the parts differ in width.
  EncoderBlock(LayerNorm<Scalar> norm1, MultiHeadSelfAttention<Scalar> attn,
               AlignedBuffer<Scalar> ls1, LayerNorm<Scalar> norm2, Mlp<Scalar> mlp,
               AlignedBuffer<Scalar> ls2)
      : norm1_(std::move(norm1)),
        attn_(std::move(attn)),
        ls1_(std::move(ls1)),
        norm2_(std::move(norm2)),
        mlp_(std::move(mlp)),
        ls2_(std::move(ls2)) {
    for (const Index found :
         {attn_.in_features(), attn_.out_features(), norm2_.features(), mlp_.in_features(),
          mlp_.out_features(), ls1_.empty() ? width() : static_cast<Index>(ls1_.size()),
          ls2_.empty() ? width() : static_cast<Index>(ls2_.size())}) {
      if (found != width()) {
        throw ShapeError("encoder block: expected every part to have the width " +
                         std::to_string(width()) + " of norm1, found " + std::to_string(found));
      }
    }
  }

  Index width() const noexcept { return norm1_.features(); }
  Index parameters() const noexcept {
    return norm1_.parameters() + attn_.parameters() + norm2_.parameters() + mlp_.parameters() +
           static_cast<Index>(ls1_.size() + ls2_.size());
  }
  const MultiHeadSelfAttention<Scalar>& attn() const noexcept { return attn_; }
  const Mlp<Scalar>& mlp() const noexcept { return mlp_; }

  /// The residual stream after the block, for one sequence; where `probabilities` is given it
  /// becomes the attention `[H*T, T]`. Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x,
                            Matrix<Scalar>* probabilities = nullptr) const {
    if (x.cols() != width()) {
      throw ShapeError("encoder block: expected an input of " + std::to_string(width()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    Matrix<Scalar> y = x;
    const Index tokens = x.rows();
    if (probabilities) probabilities->resize(attn_.heads() * tokens, tokens);
    AlignedBuffer<Scalar> normed(static_cast<std::size_t>(tokens * normed_width()));
    AlignedBuffer<Scalar> wide(static_cast<std::size_t>(tokens * wide_width()));
    AlignedBuffer<Scalar> scores(MultiHeadSelfAttention<Scalar>::scores_size(tokens));
    SerialExecutor serial;
    forward(BatchView<Scalar>::of(y), {normed.data(), wide.data(), scores.data()}, serial,
            probabilities ? probabilities->data() : nullptr);
    return y;
  }

  /// Scratch of a forward pass: `normed [B*T, normed_width]`, `wide [B*T, wide_width]`, and
  /// `scores`, what the attention needs for each strand.
  struct Scratch {
    Scalar* normed;
    Scalar* wide;
    Scalar* scores;
  };

  Index normed_width() const noexcept { return std::max(width(), attn_.inner_features()); }
  Index wide_width() const noexcept {
    return std::max(3 * attn_.inner_features(), mlp_.hidden_features());
  }

  /// As above for a batch, in place. `probabilities`, if not null, becomes `[B, H, T, T]`.
  void forward(const BatchView<Scalar>& x, const Scratch& scratch, Executor& executor,
               Scalar* probabilities = nullptr) const {
    const BatchView<Scalar> normed(scratch.normed, x.images, x.rows, width());
    norm1_.forward(x, normed, executor);
    attn_.forward(normed, x, {scratch.wide, scratch.normed, scratch.scores}, executor,
                  ls1_.empty() ? nullptr : ls1_.data(), true, probabilities);
    norm2_.forward(x, normed, executor);
    mlp_.forward(normed, x, scratch.wide, executor, ls2_.empty() ? nullptr : ls2_.data(), true);
  }

 private:
  LayerNorm<Scalar> norm1_;
  MultiHeadSelfAttention<Scalar> attn_;
  AlignedBuffer<Scalar> ls1_;
  LayerNorm<Scalar> norm2_;
  Mlp<Scalar> mlp_;
  AlignedBuffer<Scalar> ls2_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
