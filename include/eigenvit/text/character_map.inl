#ifndef EIGENVIT_TEXT_CHARACTER_MAP_INL
#define EIGENVIT_TEXT_CHARACTER_MAP_INL

#include <algorithm>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/character_map.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE CharacterMap::CharacterMap(std::string_view bytes, std::string_view place) {
  if (bytes.empty()) return;
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
    }
    return value;
  };
  const std::size_t trie_bytes = bytes.size() < 4 ? 0 : number(0);
  if (trie_bytes < 4 || trie_bytes % 4 != 0 || trie_bytes > bytes.size() - 4) {
    raise<FormatError>({place, ": expected the bytes of a trie and a trie of so many, found ",
                        trie_bytes, " in a map of ", bytes.size(), " bytes"});
  }
  trie_.resize(trie_bytes / 4);
  for (std::size_t i = 0; i < trie_.size(); ++i) trie_[i] = number(4 + 4 * i);
  replacements_ = bytes.substr(4 + trie_bytes);
  if (invalid_utf8(replacements_)) {
    raise<FormatError>({place, ": expected replacements in valid UTF-8"});
  }
}

EIGENVIT_INLINE std::optional<CharacterMap::Replacement> CharacterMap::find(
    std::string_view text, bool shortest) const noexcept {
  // The units of Darts-clone's double arrays: a label of eight bits, whether a key ends there, and
  // the distance to the children; the unit of a value is marked by its highest bit.
  const auto offset = [](std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); };
  if (trie_.empty()) return std::nullopt;
  constexpr std::size_t longest_key = 256;  // a damaged trie has circles
  std::size_t length = 0;
  std::size_t found = 0;
  std::size_t place = offset(trie_[0]);
  for (std::size_t i = 0; i < std::min(text.size(), longest_key); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) break;
    place ^= byte;
    if (place >= trie_.size()) break;
    const std::uint32_t unit = trie_[place];
    if ((unit & 0x800000FF) != byte) break;
    place ^= offset(unit);
    if ((unit >> 8 & 1) == 0) continue;
    if (place >= trie_.size()) break;
    const std::size_t begin = trie_[place] & 0x7FFFFFFF;
    // A value may point into a character, where its text would be no UTF-8.
    if (begin > replacements_.size() ||
        (begin < replacements_.size() &&
         (static_cast<unsigned char>(replacements_[begin]) & 0xC0) == 0x80)) {
      break;
    }
    length = i + 1;
    found = begin;
    if (shortest) break;
  }
  if (length == 0) return std::nullopt;
  const std::string_view rest = std::string_view(replacements_).substr(found);
  return Replacement{length, rest.substr(0, rest.find('\0'))};
}

EIGENVIT_INLINE std::string CharacterMap::apply(std::string_view text,
                                                const TextBudget& budget) const {
  const std::size_t before = text.size();
  std::string mapped;
  mapped.reserve(text.size());
  while (!text.empty()) {
    Utf8Character first = first_character(text);
    // Where the grapheme ends. Two characters of ASCII belong together only at the end of a line.
    std::size_t end = first.bytes;
    GraphemeBreaks breaks;
    for (CodePoint left = first.code; end < text.size();) {
      const Utf8Character next = first_character(text.substr(end));
      const bool plain = left < 0x80 && next.code < 0x80 && left != '\r';
      if (plain || breaks.between(left, next.code)) break;
      left = next.code;
      end += next.bytes;
    }
    const std::string_view grapheme = text.substr(0, end);
    constexpr std::size_t short_enough = 6;
    const auto whole = end < short_enough ? shortest(grapheme) : std::nullopt;
    if (whole) {
      mapped += whole->text;
    } else {
      for (std::string_view rest = grapheme; !rest.empty();) {
        const std::string_view character = rest.substr(0, first_character(rest).bytes);
        const auto part = shortest(character);
        mapped += part ? part->text : character;
        budget.check_growth(before, mapped.size());
        rest.remove_prefix(character.size());
      }
    }
    text.remove_prefix(end);
    budget.check_growth(before, mapped.size());
  }
  return mapped;
}

EIGENVIT_INLINE std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  int bits = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else {
      return std::nullopt;
    }
    group = (group << 6 | value) & 0xFFFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 0xFF);
    }
  }
  return bytes;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
