/// The map of characters that a SentencePiece model carries.
#ifndef EIGENVIT_TEXT_CHARACTER_MAP_HPP
#define EIGENVIT_TEXT_CHARACTER_MAP_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/text_budget.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Replacements of texts, kept in a double array trie: `precompiled_charsmap`, which is the bytes
/// of the trie in 32 bits, the trie, and the replacements, each ended by a zero byte.
class CharacterMap {
 public:
  /// Throws FormatError, which names the map by `place`, when its parts do not fit together. No map
  /// at all replaces nothing.
  CharacterMap(std::string_view bytes, std::string_view place);

  struct Replacement {
    std::size_t length;     ///< bytes of the text that are replaced
    std::string_view text;  ///< what by
  };

  /// The replacement of the shortest text that `text` begins with, or of the longest one.
  std::optional<Replacement> shortest(std::string_view text) const noexcept {
    return find(text, true);
  }
  std::optional<Replacement> longest(std::string_view text) const noexcept {
    return find(text, false);
  }

  /// The text as `tokenizers` maps it: a user-perceived character of less than six bytes by the
  /// shortest replacement that it begins with, which takes the place of all of it; else character
  /// by character. Throws UnsupportedError when it grows by more than the budget has.
  std::string apply(std::string_view text, const TextBudget& budget) const;

 private:
  std::optional<Replacement> find(std::string_view text, bool shortest) const noexcept;

  std::vector<std::uint32_t> trie_;
  std::string replacements_;
};

/// The bytes of a text in base64. Nothing where it is none.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/character_map.inl>
#endif

#endif
