/// What an EoMT head is made of.
#ifndef EIGENVIT_MODEL_HEADS_EOMT_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_EOMT_CONFIG_HPP

#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A head that gives each query of the encoder a class and a mask. All maps have the width of the
/// encoder.
struct EomtConfig {
  Index classes = 0;       ///< without "no object", which comes after them
  Index block = 0;         ///< whose tokens are read, from 0: the last one
  Index enlargements = 2;  ///< how often the patch grid is doubled
  Activation act = Activation::gelu;
  /// Whether images are taken in square windows, which overlap, side by side along their longer
  /// side: of a model that gives each pixel its class.
  bool takes_windows = false;
};

namespace detail {

/// Throws `ConfigError` unless the numbers make sense and fit the encoder.
inline void validate(const EomtConfig& head, const VitConfig& encoder, const ConfigCheck& check) {
  check.within("classes of a segmentation head", head.classes, 1, 1 << 16);
  check.within("block of a segmentation head", head.block, encoder.depth - 1, encoder.depth - 1);
  check.within("enlargements of the patch grid", head.enlargements, 0, 6);
  check.require(encoder.query_tokens > 0, "queries for the masks", "none");
  check.require(encoder.final_norm, "a final norm before the masks", "none");
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
