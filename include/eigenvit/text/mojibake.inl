#ifndef EIGENVIT_TEXT_MOJIBAKE_INL
#define EIGENVIT_TEXT_MOJIBAKE_INL

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include <eigenvit/text/damaged_utf8.hpp>
#include <eigenvit/text/latin_characters.hpp>
#include <eigenvit/text/mojibake.hpp>
#include <eigenvit/text/mojibake_characters.hpp>
#include <eigenvit/text/mojibake_signs.hpp>
#include <eigenvit/text/single_byte_encodings.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The text whose UTF-8 the characters are in the first encoding that makes UTF-8 of them, which
/// may lack some bytes; none where there is no such encoding.
inline std::optional<std::string> decode_again(std::string_view text) {
  MojibakeSets encodings = mojibake::in_all_encodings;
  for_each_character(text, [&](CodePoint code) { encodings &= mojibake_characters[code]; });
  for (std::size_t i = 0; i < byte_encoding_count; ++i) {
    const auto encoding = static_cast<ByteEncoding>(i);
    if ((encodings & mojibake::in_encoding(encoding)) == 0) continue;
    std::string bytes = encode_bytes(text, encoding);
    // An en dash of Mac Roman is the first byte of a letter, and often before a space.
    if (encoding != ByteEncoding::mac_roman) bytes = with_restored_a0(bytes);
    if (is_of_windows(encoding)) bytes = with_lost_characters(bytes);
    if (std::optional<std::string> decoded = decode_utf8_variants(bytes)) return decoded;
  }
  return std::nullopt;
}

/// How many bytes at the beginning of a text are characters that would be UTF-8 in Latin-1 or an
/// encoding of Windows.
inline std::size_t length_of_mojibake(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size()) {
    const Utf8Character first = first_character(text.substr(length));
    const MojibakeSets sets = mojibake_characters[first.code];
    std::size_t following = 0;
    if ((sets & mojibake::first_of_2) != 0) following = 1;
    if ((sets & mojibake::first_of_3) != 0) following = 2;
    if ((sets & mojibake::first_of_4) != 0) following = 3;
    if (following == 0) break;
    std::size_t end = length + first.bytes;
    for (; following > 0 && end < text.size(); --following) {
      const Utf8Character next = first_character(text.substr(end));
      if ((mojibake_characters[next.code] & mojibake::following) == 0) break;
      end += next.bytes;
    }
    if (following > 0) break;
    length = end;
  }
  return length;
}

/// Repairs the parts of a text that look like UTF-8, each on its own: the encodings of one text may
/// differ. A part is shorter than its text, and decoding halves what it is made of, so that parts
/// of parts have an end after some dozens.
inline std::string repair_parts(std::string_view text, TextBudget& budget) {
  std::string repaired;
  repaired.reserve(text.size());
  bool inside = false;  // of something larger, of which a part alone would make things worse
  for (std::string_view rest = text; !rest.empty();) {
    std::size_t size = inside ? 0 : length_of_mojibake(rest);
    if (size > 0 && size < text.size()) {
      repaired += repair_mojibake(std::string(rest.substr(0, size)), budget);
    } else {
      if (size == 0) size = first_character(rest).bytes;
      repaired += rest.substr(0, size);
    }
    const std::size_t last = last_character(rest.substr(0, size));
    const MojibakeSets sets = mojibake_characters[first_character(rest.substr(last)).code];
    inside = (sets & mojibake::following_only) != 0;
    rest.remove_prefix(size);
  }
  return repaired;
}

inline std::string with_windows_controls(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for_each_character(text, [&](CodePoint code) {
    append_utf8(repaired, code >= 0x80 && code < 0xA0 ? windows_1252(code) : code);
  });
  return repaired;
}

EIGENVIT_INLINE std::string repair_mojibake(std::string text, TextBudget& budget) {
  while (looks_like_mojibake(text)) {
    budget.take_repair(text.size());
    std::string repaired;
    if (std::optional<std::string> decoded = decode_again(text)) {
      repaired = std::move(*decoded);
    } else {
      repaired = repair_parts(text, budget);
      if (repaired == text) repaired = with_windows_controls(text);
    }
    if (repaired == text) break;
    text = std::move(repaired);
  }
  return text;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
