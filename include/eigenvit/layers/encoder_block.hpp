/// One block of the encoder.
#ifndef EIGENVIT_LAYERS_ENCODER_BLOCK_HPP
#define EIGENVIT_LAYERS_ENCODER_BLOCK_HPP

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
  const LayerNorm<Scalar>& norm1() const noexcept { return norm1_; }
  const MultiHeadSelfAttention<Scalar>& attn() const noexcept { return attn_; }
  const LayerNorm<Scalar>& norm2() const noexcept { return norm2_; }
  const Mlp<Scalar>& mlp() const noexcept { return mlp_; }
  /// LayerScale of the two branches, `[D]`; null for none.
  const Scalar* ls1() const noexcept { return ls1_.empty() ? nullptr : ls1_.data(); }
  const Scalar* ls2() const noexcept { return ls2_.empty() ? nullptr : ls2_.data(); }

  /// The residual stream after the block, for one sequence; where `probabilities` is given it
  /// becomes the attention `[H*T, T]`. Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x,
                            Matrix<Scalar>* probabilities = nullptr) const {
    if (x.cols() != width()) {
      throw ShapeError("encoder block: expected an input of " + std::to_string(width()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    Matrix<Scalar> y = x;
    attn_.add_to(norm1_(y), y, ls1(), true, probabilities);
    mlp_.add_to(norm2_(y), y, ls2(), true);
    return y;
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
