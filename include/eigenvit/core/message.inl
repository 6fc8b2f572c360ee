#ifndef EIGENVIT_CORE_MESSAGE_INL
#define EIGENVIT_CORE_MESSAGE_INL

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
