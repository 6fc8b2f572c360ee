/// The list of families with dense heads. A new one is a file beside this one and a line in the
/// list below.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_FAMILIES_INL
#define EIGENVIT_IO_DENSE_FAMILIES_FAMILIES_INL

#include <array>

#include <eigenvit/io/dense_families/transformers_depth_anything.inl>
#include <eigenvit/io/dense_families/transformers_dpt.inl>
#include <eigenvit/io/dense_families/transformers_eomt.inl>
#include <eigenvit/io/dense_families/transformers_uper.inl>
#include <eigenvit/io/dense_families/transformers_vitpose.inl>
#include <eigenvit/io/dense_families/transformers_zoedepth.inl>
#include <eigenvit/io/dense_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline const auto& dense_families() {
  static constexpr std::array<DenseFamily, 7> families = {{
      {"transformers depth_anything", read_transformers_depth_anything_head},
      {"transformers beit", read_transformers_uper},
      {"transformers data2vec-vision", read_transformers_uper},
      {"transformers dpt", read_transformers_dpt_head},
      {"transformers eomt", read_transformers_eomt_head},
      {"transformers vitpose", read_transformers_vitpose_head},
      {"transformers zoedepth", read_transformers_zoedepth_head},
  }};
  return families;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
