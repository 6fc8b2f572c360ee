/// One block of the encoder.
#ifndef EIGENVIT_LAYERS_ENCODER_BLOCK_HPP
#define EIGENVIT_LAYERS_ENCODER_BLOCK_HPP

#include <string>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/mlp.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Where a block has its norms, and whether its halves follow each other.
enum class BlockForm {
  pre_norm,   ///< `x += γ1 ⊙ attn(norm1(x))`, then `x += γ2 ⊙ mlp(norm2(x))`
  post_norm,  ///< `x += norm1(attn(x))`, then `x += norm2(mlp(x))` (Liu et al., arXiv:2111.09883)
  sum_norm,   ///< `x = norm1(x + γ1 ⊙ attn(x))`, then `x = norm2(x + γ2 ⊙ mlp(x))`
              ///< (Vaswani et al., arXiv:1706.03762; BERT)
  parallel,   ///< `y = norm1(x)`, `x += γ1 ⊙ attn(y) + γ2 ⊙ mlp(y)` (arXiv:2302.05442)
};

/// Transformer block on the residual stream, in one of the forms of `BlockForm`.
///
/// Shapes: `x [T, D]`; `γ1, γ2 [D]`, the LayerScale vectors, or empty for none.
/// Cost: `8 T D² + 4 T² D + 4 T D F` flops.
/// Source: Dosovitskiy et al., arXiv:2010.11929; LayerScale: Touvron et al., arXiv:2103.17239;
/// timm's `Block`, `ResPostBlock` and `ParallelScalingBlock`.
template <class Scalar>
class EncoderBlock {
 public:
  EncoderBlock() = default;

  /// `norm2` is not used in the parallel form, nor are `ls1`, `ls2` in the post-norm form. Throws
  /// `ShapeError` when the parts differ in width.
  EncoderBlock(LayerNorm<Scalar> norm1, MultiHeadSelfAttention<Scalar> attn,
               AlignedBuffer<Scalar> ls1, LayerNorm<Scalar> norm2, Mlp<Scalar> mlp,
               AlignedBuffer<Scalar> ls2, BlockForm form = BlockForm::pre_norm)
      : norm1_(std::move(norm1)),
        attn_(std::move(attn)),
        ls1_(std::move(ls1)),
        norm2_(std::move(norm2)),
        mlp_(std::move(mlp)),
        ls2_(std::move(ls2)),
        form_(form) {
    for (const Index found :
         {attn_.in_features(), attn_.out_features(),
          form == BlockForm::parallel ? width() : norm2_.features(), mlp_.in_features(),
          mlp_.out_features(), ls1_.empty() ? width() : static_cast<Index>(ls1_.size()),
          ls2_.empty() ? width() : static_cast<Index>(ls2_.size())}) {
      if (found != width()) {
        detail::raise<ShapeError>({"encoder block: expected every part to have the width ", width(),
                                   " of norm1, found ", found});
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
  BlockForm form() const noexcept { return form_; }
  /// Whether it is `x += γ1 ⊙ attn(norm1(x))`, `x += γ2 ⊙ mlp(norm2(x))` with plain attention and
  /// MLP: none of the parts that only some models have.
  bool is_plain() const noexcept {
    return form_ == BlockForm::pre_norm && attn_.is_plain() && !mlp_.has_middle();
  }
  /// Whether a linear layer of it reads encoded rows.
  bool encodes_inputs() const noexcept {
    return attn_.qkv().encodes_inputs() || attn_.proj().encodes_inputs() ||
           mlp_.fc1().encodes_inputs() || mlp_.fc2().encodes_inputs();
  }
  /// LayerScale of the two branches, `[D]`; null for none.
  const Scalar* ls1() const noexcept { return ls1_.empty() ? nullptr : ls1_.data(); }
  const Scalar* ls2() const noexcept { return ls2_.empty() ? nullptr : ls2_.data(); }

  /// The residual stream after the block, for one sequence; where `probabilities` is given it
  /// becomes the attention `[H*T, T]`. Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x,
                            Matrix<Scalar>* probabilities = nullptr,
                            const AttentionPositions<Scalar>& positions = {}) const {
    if (x.cols() != width()) {
      detail::raise<ShapeError>(
          {"encoder block: expected an input of ", width(), " columns, found ", x.cols()});
    }
    Matrix<Scalar> y = x;
    if (form_ == BlockForm::post_norm) {
      y += norm1_(attn_(y, probabilities, positions));
      y += norm2_(mlp_(y));
      return y;
    }
    if (form_ == BlockForm::sum_norm) {
      attn_.add_to(Matrix<Scalar>(y), y, ls1(), true, probabilities, positions);
      y = norm1_(y);
      mlp_.add_to(Matrix<Scalar>(y), y, ls2(), true);
      return norm2_(y);
    }
    const Matrix<Scalar> normed = norm1_(y);
    attn_.add_to(normed, y, ls1(), true, probabilities, positions);
    if (form_ == BlockForm::parallel) {
      mlp_.add_to(normed, y, ls2(), true);
    } else {
      mlp_.add_to(norm2_(y), y, ls2(), true);
    }
    return y;
  }

 private:
  LayerNorm<Scalar> norm1_;
  MultiHeadSelfAttention<Scalar> attn_;
  AlignedBuffer<Scalar> ls1_;
  LayerNorm<Scalar> norm2_;
  Mlp<Scalar> mlp_;
  AlignedBuffer<Scalar> ls2_;
  BlockForm form_ = BlockForm::pre_norm;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
