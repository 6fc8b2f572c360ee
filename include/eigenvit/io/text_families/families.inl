/// The list of families. A new one is a file beside this one and a line in the list below.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_FAMILIES_INL
#define EIGENVIT_IO_TEXT_FAMILIES_FAMILIES_INL

#include <eigenvit/io/text_families/open_clip_text.inl>
#include <eigenvit/io/text_families/transformers_aimv2_text.inl>
#include <eigenvit/io/text_families/transformers_bert_text.inl>
#include <eigenvit/io/text_families/transformers_clip_text.inl>
#include <eigenvit/io/text_families/transformers_siglip_text.inl>
#include <eigenvit/io/text_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE const std::vector<TextFamily>& text_families() {
  static const std::vector<TextFamily> families = {
      transformers_clip_text_family(),
      transformers_metaclip_2_text_family(),
      transformers_siglip_text_family(),
      transformers_siglip2_text_family(),
      transformers_owlvit_text_family(),
      transformers_aimv2_text_family(),
      transformers_chinese_clip_text_family(),
      transformers_altclip_text_family(),
      open_clip_text_family(),
  };
  return families;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
