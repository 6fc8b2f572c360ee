/// The list of families. A new one is a file beside this one and a line in the list below.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_FAMILIES_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_FAMILIES_INL

#include <eigenvit/io/checkpoint_families/timm.inl>
#include <eigenvit/io/checkpoint_families/transformers_deit.inl>
#include <eigenvit/io/checkpoint_families/transformers_vit.inl>
#include <eigenvit/io/checkpoint_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE const std::vector<CheckpointFamily>& checkpoint_families() {
  static const std::vector<CheckpointFamily> families = {
      detail::timm_family(),
      detail::transformers_vit_family(),
      detail::transformers_deit_family(),
  };
  return families;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
