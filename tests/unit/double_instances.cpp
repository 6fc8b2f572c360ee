// The templates of layers/ and model/, and the dense heads' readers, in double.
#include <eigenvit/io/dense_head_reader.hpp>
#include <eigenvit/io/dense_heads.hpp>
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

#include "instances.hpp"

namespace eigenvit {
inline namespace EIGENVIT_ABI {

template class detail::PackedMatrix<double>;
template class AttentionPool<double>;
template class EncoderBlock<double>;
template class LayerNorm<double>;
template class Linear<double>;
template class Mlp<double>;
template class MultiHeadSelfAttention<double>;
template class PatchEmbedding<double>;
template class PositionEmbedding<double>;
template class RelativePositionBias<double>;
template class RotaryEmbedding<double>;
template class detail::TokenMatching<double>;
template class detail::PositionTables<double>;
template class VisionTransformer<double>;

template void resample_grid(const GridInterpolation&, const double*, Index, Index, Index, Index,
                            Index, double*);
template Vector<double> pool_tokens(Pool, const Matrix<double>&, Index);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

eigenvit::ModelOptions instances::with_dense_heads(const eigenvit::ModelOptions& options) {
  using namespace eigenvit::detail;
  static const DenseReaders readers{dense_readers().configuration, dense_readers().in_float,
                                    read_dense_head<double>};
  eigenvit::ModelOptions result = options;
  result.dense = &readers;
  return result;
}
