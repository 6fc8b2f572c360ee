/// The list of families. A new one is a file beside this one and a line in the list below.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_FAMILIES_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_FAMILIES_INL

#include <eigenvit/io/checkpoint_families/open_clip.inl>
#include <eigenvit/io/checkpoint_families/original_vit.inl>
#include <eigenvit/io/checkpoint_families/timm.inl>
#include <eigenvit/io/checkpoint_families/timm_naflex.inl>
#include <eigenvit/io/checkpoint_families/torchvision.inl>
#include <eigenvit/io/checkpoint_families/transformers_aimv2.inl>
#include <eigenvit/io/checkpoint_families/transformers_altclip.inl>
#include <eigenvit/io/checkpoint_families/transformers_beit.inl>
#include <eigenvit/io/checkpoint_families/transformers_blip.inl>
#include <eigenvit/io/checkpoint_families/transformers_chinese_clip.inl>
#include <eigenvit/io/checkpoint_families/transformers_clip.inl>
#include <eigenvit/io/checkpoint_families/transformers_deit.inl>
#include <eigenvit/io/checkpoint_families/transformers_depth_anything.inl>
#include <eigenvit/io/checkpoint_families/transformers_dinov2.inl>
#include <eigenvit/io/checkpoint_families/transformers_dinov3.inl>
#include <eigenvit/io/checkpoint_families/transformers_dpt.inl>
#include <eigenvit/io/checkpoint_families/transformers_eomt.inl>
#include <eigenvit/io/checkpoint_families/transformers_ijepa.inl>
#include <eigenvit/io/checkpoint_families/transformers_metaclip_2.inl>
#include <eigenvit/io/checkpoint_families/transformers_mlcd.inl>
#include <eigenvit/io/checkpoint_families/transformers_owlvit.inl>
#include <eigenvit/io/checkpoint_families/transformers_pixio.inl>
#include <eigenvit/io/checkpoint_families/transformers_radio.inl>
#include <eigenvit/io/checkpoint_families/transformers_sapiens2.inl>
#include <eigenvit/io/checkpoint_families/transformers_siglip.inl>
#include <eigenvit/io/checkpoint_families/transformers_tipsv2.inl>
#include <eigenvit/io/checkpoint_families/transformers_vit.inl>
#include <eigenvit/io/checkpoint_families/transformers_vit_mae.inl>
#include <eigenvit/io/checkpoint_families/transformers_vit_msn.inl>
#include <eigenvit/io/checkpoint_families/transformers_vitpose.inl>
#include <eigenvit/io/checkpoint_families/transformers_yolos.inl>
#include <eigenvit/io/checkpoint_families/transformers_zoedepth.inl>
#include <eigenvit/io/checkpoint_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE const std::vector<CheckpointFamily>& checkpoint_families() {
  static const std::vector<CheckpointFamily> families = {
      timm_naflex_family(),
      timm_family(),
      transformers_vit_family(),
      transformers_deit_family(),
      transformers_dinov2_family(),
      transformers_dinov2_with_registers_family(),
      transformers_depth_anything_family(),
      transformers_dpt_family(),
      transformers_zoedepth_family(),
      transformers_dinov3_family(),
      transformers_beit_family(),
      transformers_data2vec_vision_family(),
      transformers_clip_family(),
      transformers_metaclip_2_family(),
      transformers_chinese_clip_family(),
      transformers_altclip_family(),
      transformers_owlvit_family(),
      transformers_blip_family(),
      transformers_aimv2_family(),
      transformers_mlcd_family(),
      transformers_tipsv2_family(),
      transformers_pixio_family(),
      transformers_sapiens2_family(),
      transformers_radio_family(),
      transformers_siglip_family(),
      transformers_vit_mae_family(),
      transformers_vit_msn_family(),
      transformers_ijepa_family(),
      transformers_yolos_family(),
      transformers_vitpose_family(),
      transformers_eomt_family(),
      open_clip_family(),
      torchvision_family(),
      original_vit_family(),
  };
  return families;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
