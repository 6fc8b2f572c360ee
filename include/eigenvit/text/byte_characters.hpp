/// Bytes as characters that can be seen, as byte-level vocabularies spell them.
#ifndef EIGENVIT_TEXT_BYTE_CHARACTERS_HPP
#define EIGENVIT_TEXT_BYTE_CHARACTERS_HPP

#include <array>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The code points of the bytes: those of printable Latin-1 stay, the others follow from U+0100 on.
constexpr std::array<CodePoint, 256> make_byte_characters() {
  std::array<CodePoint, 256> characters{};
  CodePoint next = 256;
  for (CodePoint byte = 0; byte < 256; ++byte) {
    const bool stays = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    characters[byte] = stays ? byte : next++;
  }
  return characters;
}

/// Appends the bytes of a text, spelled. Source: Radford et al., GPT-2.
inline void append_byte_characters(std::string& spelled, std::string_view text) {
  static constexpr std::array<CodePoint, 256> characters = make_byte_characters();
  for (const char c : text) append_utf8(spelled, characters[static_cast<unsigned char>(c)]);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
