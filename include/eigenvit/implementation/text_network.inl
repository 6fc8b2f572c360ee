// Networks of texts, and the parts of io/ and pipeline/ that they alone use, once.
#ifndef EIGENVIT_IMPLEMENTATION_TEXT_NETWORK_INL
#define EIGENVIT_IMPLEMENTATION_TEXT_NETWORK_INL

#include <eigenvit/io/text_families/families.inl>
#include <eigenvit/io/text_folder.inl>
#include <eigenvit/pipeline/text_encoder.inl>

#if EIGENVIT_HEADER_ONLY
#error "EigenViT: this file defines what others declare: define EIGENVIT_COMPILED in each of them"
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {

template TextTransformer<float> TextFolder::read_network() const;
template void TextTransformer<float>::forward(const TextTokens&, const TextTaps&,
                                              TextOutput<float>&, Executor*, Workspace*) const;
template std::size_t TextTransformer<float>::workspace_bytes(Index, Index, int,
                                                             const TextTaps&) const;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
