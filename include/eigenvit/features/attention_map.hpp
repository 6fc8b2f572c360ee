/// Attention as pictures over the patches.
#ifndef EIGENVIT_FEATURES_ATTENTION_MAP_HPP
#define EIGENVIT_FEATURES_ATTENTION_MAP_HPP

#include <cstddef>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/taps.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Whose attention a map shows.
enum class AttentionQuery {
  cls,      ///< that of the CLS token
  patches,  ///< the mean of all patches, for models without a CLS token
};

/// The CLS token's where the model has one, else the mean of the patches.
inline AttentionQuery attention_query(const VitConfig& config) noexcept {
  return config.class_token ? AttentionQuery::cls : AttentionQuery::patches;
}

/// How much a query attends to each patch, `[h, w]`, in one head of a block that was tapped:
///
///     eigenvit::Taps taps;
///     taps.attention = {11};
///     const auto output = model.run({image}, taps);
///     const auto query = eigenvit::attention_query(model.network().config());
///     const auto map = eigenvit::attention_map(output, 0, 0, 3, query);  // head 3
///
/// The weights are as they come out of the softmax: with those of prefix and detection tokens,
/// which are left out, they add up to 1. `tap` counts the blocks in the order of the request.
/// Throws `ShapeError` where there is no such tap, image or head.
Matrix<float> attention_map(const VitOutput<float>& output, std::size_t tap, Index image,
                            Index head, AttentionQuery query);

/// The mean of the maps of all heads, `[h, w]`. Throws as `attention_map` does.
Matrix<float> mean_attention_map(const VitOutput<float>& output, std::size_t tap, Index image,
                                 AttentionQuery query);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/attention_map.inl>
#endif

#endif
