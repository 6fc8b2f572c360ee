/// Bytes that were UTF-8 before something changed or lost some of them.
#ifndef EIGENVIT_TEXT_DAMAGED_UTF8_HPP
#define EIGENVIT_TEXT_DAMAGED_UTF8_HPP

#include <optional>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The bytes with 0xA0 for spaces that stand where UTF-8 goes on, as programs leave them that take
/// 0xA0 for a space. An a with a grave, whose second byte it is, keeps the space after it unless it
/// begins one of the Portuguese words with such a letter. Cost: linear.
/// Source: ftfy 6.3.1 (Apache License 2.0), fixes.py (restore_byte_a0).
std::string with_restored_a0(std::string_view bytes);

/// The bytes with U+FFFD for each character some of whose bytes are lost: 0x1A, and where the rest
/// says enough, a question mark. Cost: linear. Source: the same (replace_lossy_sequences).
std::string with_lost_characters(std::string_view bytes);

/// The text of bytes that are valid UTF-8, apart from characters that are written as two surrogates
/// (CESU-8) and U+0000 that is written as two bytes (Java); none where they are not. Like there, a
/// newline at the end is taken for the last byte of either. Cost: linear.
/// Source: ftfy 6.3.1, bad_codecs/utf8_variants.py.
std::optional<std::string> decode_utf8_variants(std::string_view bytes);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/damaged_utf8.inl>
#endif

#endif
