#ifndef EIGENVIT_FEATURES_PASSED_OVER_INL
#define EIGENVIT_FEATURES_PASSED_OVER_INL

#include <string_view>

#include <eigenvit/core/message.hpp>
#include <eigenvit/features/passed_over.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Adds "2 movies" to a list; nothing for none.
inline void add_count(std::string& list, std::size_t count, std::string_view one,
                      std::string_view more) {
  if (count == 0) return;
  list += message({list.empty() ? "" : ", ", count, " ", count == 1 ? one : more});
}

/// Adds a count and the first names of it.
inline void add_names(std::string& list, const PassedOver::Names& names, std::string_view one,
                      std::string_view more) {
  constexpr std::size_t most = 5;
  std::size_t count = 0;
  std::size_t shown = 0;
  std::string text;
  for (const auto& [name, times] : names) {
    count += times;
    if (++shown <= most) text += message({text.empty() ? " (" : ", ", one_line(name)});
  }
  add_count(list, count, one, more);
  if (count > 0) list += text + (shown > most ? ", ...)" : ")");
}

inline void merge(PassedOver::Names& into, const PassedOver::Names& names) {
  for (const auto& [name, times] : names) into[name] += times;
}

}  // namespace detail

EIGENVIT_INLINE bool PassedOver::empty() const noexcept {
  return formats.empty() && movies == 0 && other_files == 0 && hidden == 0 && systems.empty() &&
         known_links.empty() && broken_links.empty();
}

EIGENVIT_INLINE std::string PassedOver::text() const {
  std::string list;
  std::size_t pictures = 0;
  for (const auto& [name, format] : formats) {
    pictures += format.files;
    detail::add_count(list, format.files, name, name);
    if (!format.advice.empty()) list += detail::message({" (", format.advice, ")"});
  }
  if (formats.size() > 1) list = detail::message({pictures, " pictures (", list, ")"});
  detail::add_count(list, movies, "movie", "movies");
  detail::add_count(list, other_files, "other file", "other files");
  detail::add_count(list, hidden, "hidden file or folder", "hidden files or folders");
  detail::add_names(list, systems, "folder or file of a system", "folders or files of systems");
  detail::add_names(list, known_links, "linked folder that is looked through already",
                    "linked folders that are looked through already");
  detail::add_names(list, broken_links, "link that leads nowhere", "links that lead nowhere");
  return list;
}

EIGENVIT_INLINE PassedOver& PassedOver::operator+=(const PassedOver& other) {
  for (const auto& [name, format] : other.formats) {
    formats[name].files += format.files;
    formats[name].advice = format.advice;
  }
  movies += other.movies;
  other_files += other.other_files;
  hidden += other.hidden;
  detail::merge(systems, other.systems);
  detail::merge(known_links, other.known_links);
  detail::merge(broken_links, other.broken_links);
  return *this;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
