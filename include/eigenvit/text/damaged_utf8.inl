#ifndef EIGENVIT_TEXT_DAMAGED_UTF8_INL
#define EIGENVIT_TEXT_DAMAGED_UTF8_INL

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <eigenvit/text/damaged_utf8.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Bytes by their distance from a first one; beyond the last one zeros, of which no sequence has
/// any.
struct BytesAhead {
  std::string_view bytes;

  unsigned operator[](std::size_t i) const noexcept {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  }
  bool within(std::size_t i, unsigned first, unsigned last) const noexcept {
    return (*this)[i] >= first && (*this)[i] <= last;
  }
  /// Whether UTF-8 goes on there.
  bool continues(std::size_t i) const noexcept { return within(i, 0x80, 0xBF); }
  /// Whether the byte is lost.
  bool lost(std::size_t i) const noexcept { return (*this)[i] == 0x1A || (*this)[i] == '?'; }
};

/// The length of a sequence at the beginning that is UTF-8 with 0xA0 in place of its one space; 0
/// where there is none that is likely.
inline std::size_t sequence_with_space(BytesAhead at) noexcept {
  const auto likely = [&](std::size_t i) {
    return at.continues(i) && at[i] != 0x85 && at[i] != 0xA0;
  };
  const bool space_ends = likely(1) && at[2] == ' ';
  switch (at[0]) {
    case 0xC2:
    case 0xC3:
    case 0xC5:
    case 0xCE:
    case 0xD0:
    case 0xD9:
      return at[1] == ' ' ? 2 : 0;
    case 0xE2:
    case 0xE3:
      return space_ends || (at[1] == ' ' && likely(2)) ? 3 : 0;
    case 0xE0:
    case 0xE1:
      return space_ends ? 3 : 0;
    case 0xF0: {
      std::size_t spaces = 0;
      for (std::size_t i = 1; i < 4; ++i) {
        if (at[i] == ' ') {
          ++spaces;
        } else if (!at.continues(i)) {
          return 0;
        }
      }
      return spaces == 1 ? 4 : 0;
    }
    default:
      return 0;
  }
}

/// Whether an a with a grave and a space are one letter of a word that goes on so.
inline bool begins_without_space(std::string_view word) noexcept {
  constexpr std::string_view words[] = {" ", "quele", "quela", "quilo", "s "};
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view w) { return word.substr(0, w.size()) == w; });
}

EIGENVIT_INLINE std::string with_restored_a0(std::string_view bytes) {
  std::string restored;
  restored.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t size = sequence_with_space({bytes});
    for (std::size_t i = 0; i < std::max<std::size_t>(size, 1); ++i) {
      restored += size > 0 && bytes[i] == ' ' ? '\xA0' : bytes[i];
    }
    const bool a_grave = size == 2 && bytes[0] == '\xC3';
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
    if (a_grave && !begins_without_space(bytes)) restored += ' ';
  }
  return restored;
}

/// The length of a character at the beginning of which at least one byte is lost, one of them at
/// most as a question mark; 0 where there is none.
inline std::size_t lost_character(BytesAhead at) noexcept {
  if (at[0] == 0x1A) return 1;
  if (at.within(0, 0xC2, 0xDF)) {
    return at[1] == 0x1A || (at[1] == '?' && at[0] <= 0xC3) ? 2 : 0;
  }
  const auto continues_or_lost = [&](std::size_t i) { return at.continues(i) || at.lost(i); };
  if (at[0] == 0xED && at.within(1, 0xA0, 0xAF) && at[3] == 0xED && at.within(4, 0xB0, 0xBF) &&
      continues_or_lost(2) && continues_or_lost(5) && (at.lost(2) || at.lost(5))) {
    return 6;
  }
  const std::size_t size = at.within(0, 0xE0, 0xEF) ? 3 : at.within(0, 0xF0, 0xF4) ? 4 : 0;
  std::size_t lost = 0;
  std::size_t questions = 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues_or_lost(i)) return 0;
    if (at.lost(i)) ++lost;
    if (at[i] == '?') ++questions;
  }
  return lost > 0 && questions <= 1 ? size : 0;
}

EIGENVIT_INLINE std::string with_lost_characters(std::string_view bytes) {
  std::string marked;
  marked.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t size = lost_character({bytes});
    if (size > 0) {
      append_utf8(marked, 0xFFFD);
    } else {
      marked += bytes.front();
    }
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return marked;
}

EIGENVIT_INLINE std::optional<std::string> decode_utf8_variants(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (true) {
    const std::size_t valid = invalid_utf8(bytes).value_or(bytes.size());
    text += bytes.substr(0, valid);
    bytes.remove_prefix(valid);
    if (bytes.empty()) return text;
    const BytesAhead at{bytes};
    const auto continues_or_ends = [&](std::size_t i) {
      return at.continues(i) || (at[i] == '\n' && i + 1 == bytes.size());
    };
    if (at[0] == 0xC0 && (at[1] == 0x80 || (at[1] == '\n' && bytes.size() == 2))) {
      text += '\0';
      bytes.remove_prefix(2);
    } else if (at[0] == 0xED && at.within(1, 0xA0, 0xAF) && at.continues(2) && at[3] == 0xED &&
               at.within(4, 0xB0, 0xBF) && continues_or_ends(5)) {
      append_utf8(text, 0x10000 + ((at[1] & 0xFU) << 16 | (at[2] & 0x3FU) << 10 |
                                   (at[4] & 0xFU) << 6 | (at[5] & 0x3FU)));
      bytes.remove_prefix(6);
    } else {
      return std::nullopt;
    }
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
