// The templates of layers/ and model/ in float with the options of the flavour alone: the tests,
// which may be compiled with others as well, are linked after them.
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/grid_resampler.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/mlp.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/layers/patch_embedding.hpp>
#include <eigenvit/layers/pooling.hpp>
#include <eigenvit/layers/position_embedding.hpp>
#include <eigenvit/layers/relative_position_bias.hpp>
#include <eigenvit/layers/rotary_embedding.hpp>
#include <eigenvit/layers/token_matching.hpp>
#include <eigenvit/model/vision_transformer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

template class detail::PackedMatrix<float>;
template class AttentionPool<float>;
template class EncoderBlock<float>;
template class LayerNorm<float>;
template class Linear<float>;
template class Mlp<float>;
template class MultiHeadSelfAttention<float>;
template class PatchEmbedding<float>;
template class PositionEmbedding<float>;
template class RelativePositionBias<float>;
template class RotaryEmbedding<float>;
template class detail::TokenMatching<float>;
template class detail::PositionTables<float>;

template void resample_grid(const GridInterpolation&, const float*, Index, Index, Index, Index,
                            Index, float*);
template Vector<float> pool_tokens(Pool, const Matrix<float>&, Index);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
