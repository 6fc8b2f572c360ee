// pipeline/, the forward pass, and the fingerprint, which would make the piece of io/ slow, once.
#ifndef EIGENVIT_IMPLEMENTATION_PIPELINE_INL
#define EIGENVIT_IMPLEMENTATION_PIPELINE_INL

#include <eigenvit/io/model_fingerprint.inl>
#include <eigenvit/model/pass/block_plan.inl>
#include <eigenvit/model/pass/forward_plan.inl>
#include <eigenvit/model/pass/pooled_block_stages.inl>
#include <eigenvit/pipeline/model.inl>
#include <eigenvit/pipeline/model_results.inl>
#include <eigenvit/pipeline/model_tiles.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {

template void VisionTransformer<float>::forward(const PixelBatch<float>&, const Taps&,
                                                VitOutput<float>&, Executor*, Workspace*) const;
template std::size_t VisionTransformer<float>::workspace_bytes(Index, Index, Index, int,
                                                               const Taps&) const;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
