#ifndef EIGENVIT_CORE_MESSAGE_INL
#define EIGENVIT_CORE_MESSAGE_INL

#include <algorithm>
#include <new>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE void MessagePart::append_to(std::string& message) const {
  switch (kind_) {
    case Kind::text:
      message.append(text_, static_cast<std::size_t>(value_));
      break;
    case Kind::quoted:
      message += in_quotes({text_, static_cast<std::size_t>(value_)});
      break;
    case Kind::negative:
      message += '-';
      message += std::to_string(0 - value_);
      break;
    case Kind::number:
      message += std::to_string(value_);
      break;
  }
}

EIGENVIT_INLINE std::string message(std::initializer_list<MessagePart> parts) {
  std::string text;
  for (const MessagePart& part : parts) part.append_to(text);
  return text;
}

template <class Exception>
[[noreturn]] void raise(std::initializer_list<MessagePart> parts) {
  throw Exception(message(parts));
}

#if !EIGENVIT_HEADER_ONLY
template void raise<ConfigError>(std::initializer_list<MessagePart> parts);
template void raise<FileError>(std::initializer_list<MessagePart> parts);
template void raise<FormatError>(std::initializer_list<MessagePart> parts);
template void raise<ShapeError>(std::initializer_list<MessagePart> parts);
template void raise<UnsupportedError>(std::initializer_list<MessagePart> parts);
#endif

EIGENVIT_INLINE void raise_bad_alloc() {
  throw std::bad_alloc();
}

/// Bytes of the control character that `text` begins with, 0 for another character: U+0000 to
/// U+001F and U+007F; U+0080 to U+009F (C2 80 to C2 9F), one of which begins escape sequences as
/// well; U+2028 and U+2029, which end a line, and those that change the direction of text, U+202A
/// to U+202E and U+2066 to U+2069 (E2 80 A8 to E2 80 AE, E2 81 A6 to E2 81 A9).
inline std::size_t control_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2) return byte(1) >= 0x80 && byte(1) < 0xA0 ? 2 : 0;
  if (byte(0) != 0xE2) return 0;
  const bool ends_or_turns = byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE;
  return ends_or_turns || (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) ? 3 : 0;
}

EIGENVIT_INLINE std::string one_line(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const std::size_t control = control_bytes(text);
    for (std::size_t i = 0; i < control; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      line += "\\x";
      line += digits[byte >> 4];
      line += digits[byte & 15];
    }
    if (control == 0) line += text.front();
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  return line;
}

EIGENVIT_INLINE std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 160;
  if (text.size() <= longest) return message({"'", one_line(text), "'"});
  // Not in the middle of a UTF-8 sequence.
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return message({"'", one_line(text.substr(0, cut)), "'..."});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
