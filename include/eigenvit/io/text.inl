#ifndef EIGENVIT_IO_TEXT_INL
#define EIGENVIT_IO_TEXT_INL

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::string one_line(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      line += "\\x";
      line += digits[byte >> 4];
      line += digits[byte & 15];
    } else {
      line += c;
    }
  }
  return line;
}

EIGENVIT_INLINE std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 160;
  if (text.size() <= longest) return "'" + one_line(text) + "'";
  // Not in the middle of a UTF-8 sequence.
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return "'" + one_line(text.substr(0, cut)) + "'...";
}

EIGENVIT_INLINE std::string path_text(const std::filesystem::path& path) {
  // u8string() is a std::u8string from C++20 on; string() would throw on Windows for names outside
  // the code page.
  const auto text = path.u8string();
  return one_line(std::string(text.begin(), text.end()));
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
  const std::size_t kept = std::min(count, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end());
  std::vector<std::string> names;
  names.reserve(kept);
  for (std::size_t i = 0; i < kept; ++i) names.emplace_back(candidates[found[i].second]);
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
