#ifndef EIGENVIT_IO_TEXT_INL
#define EIGENVIT_IO_TEXT_INL

#include <algorithm>
#include <cstddef>
#include <limits>
#include <system_error>
#include <utility>

#include <eigenvit/core/utf8_path.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::filesystem::path path_in(const std::filesystem::path& folder,
                                              std::string_view name) {
  return folder / utf8_path(name);
}

EIGENVIT_INLINE bool is_taken(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, error);
  return status.type() != std::filesystem::file_type::not_found;
}

EIGENVIT_INLINE std::vector<std::string> closest_names(
    std::string_view name, const std::vector<std::string_view>& candidates, std::size_t count) {
  // Names come from files that may hold millions of them: the table of distances is limited in all.
  constexpr std::size_t longest = 256;
  std::size_t budget = std::size_t{1} << 25;
  const std::string_view target = name.substr(0, longest);

  std::vector<std::pair<std::size_t, std::size_t>> found;  // distance, candidate
  std::vector<std::size_t> row(longest + 1);
  for (std::size_t index = 0; index < candidates.size(); ++index) {
    const std::string_view candidate = candidates[index].substr(0, longest);
    const std::size_t cells = (target.size() + 1) * (candidate.size() + 1);
    if (cells > budget) break;
    budget -= cells;
    for (std::size_t j = 0; j <= candidate.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= target.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (target[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      }
    }
    found.emplace_back(row[candidate.size()], index);
  }
  // One pass for each name that is wanted: they are few.
  std::vector<std::string> names;
  for (; count > 0 && !found.empty(); --count) {
    const auto closest = std::min_element(found.begin(), found.end());
    names.emplace_back(candidates[closest->second]);
    found.erase(closest);
  }
  return names;
}

EIGENVIT_INLINE std::string closest_name(std::string_view name,
                                         const std::vector<std::string_view>& candidates) {
  const std::vector<std::string> names = closest_names(name, candidates, 1);
  return names.empty() ? std::string() : names.front();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
