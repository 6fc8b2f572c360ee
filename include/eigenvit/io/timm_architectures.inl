#ifndef EIGENVIT_IO_TIMM_ARCHITECTURES_INL
#define EIGENVIT_IO_TIMM_ARCHITECTURES_INL

#include <algorithm>
#include <iterator>

#include <eigenvit/io/text.hpp>
#include <eigenvit/io/timm_architecture_rows.inl>
#include <eigenvit/io/timm_architecture_table.inl>
#include <eigenvit/io/timm_architectures.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE TimmArchitectureList timm_architectures() noexcept {
  return {std::begin(timm_rows::table), std::size(timm_rows::table)};
}

EIGENVIT_INLINE const TimmArchitecture* find_timm_architecture(std::string_view name) noexcept {
  name = name.substr(0, name.find('.'));
  for (const timm_rows::TimmAlias& alias : timm_rows::aliases) {
    if (alias.deprecated == name) name = alias.name;
  }
  const TimmArchitectureList all = timm_architectures();
  const TimmArchitecture* const found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const TimmArchitecture& row, std::string_view key) { return row.name < key; });
  return found != all.end() && found->name == name ? found : nullptr;
}

EIGENVIT_INLINE std::vector<std::string> closest_timm_architectures(std::string_view name,
                                                                    std::size_t count) {
  std::vector<std::string_view> known;
  known.reserve(timm_architectures().size());
  for (const TimmArchitecture& row : timm_architectures()) known.push_back(row.name);
  return closest_names(name.substr(0, name.find('.')), known, count);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
