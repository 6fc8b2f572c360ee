/// Messages put together from parts.
#ifndef EIGENVIT_CORE_MESSAGE_HPP
#define EIGENVIT_CORE_MESSAGE_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Text of unknown origin, which a message shows as `in_quotes` does.
struct Quoted {
  std::string_view text;
};

/// One part of a message: text, or a whole number, which is written in digits. Refers to its text.
class MessagePart {
 public:
  MessagePart(std::string_view text) noexcept
      : kind_(Kind::text), text_(text.data()), value_(text.size()) {}
  MessagePart(const std::string& text) noexcept : MessagePart(std::string_view(text)) {}
  MessagePart(const char* text) noexcept : MessagePart(std::string_view(text)) {}
  MessagePart(Quoted quoted) noexcept : MessagePart(quoted.text) { kind_ = Kind::quoted; }
  template <class Integer, std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
  MessagePart(Integer number) noexcept
      : kind_(number < 0 ? Kind::negative : Kind::number),
        value_(static_cast<std::uint64_t>(number)) {}

  void append_to(std::string& message) const;

 private:
  enum class Kind { text, quoted, number, negative };

  Kind kind_;
  const char* text_ = nullptr;
  std::uint64_t value_;  // of text its length, of a negative number its two's complement
};

/// The parts, one after the other. This and `raise` are what messages are made with, rather than
/// with sums of strings: a sum is compiled into its function with the release of every intermediate
/// string, and the many messages would take most of a program's compile time.
std::string message(std::initializer_list<MessagePart> parts);

/// Throws an `Exception`, one of core/error.hpp's, whose message is made of the parts. Like all
/// that throws or catches, it is defined in a .inl file: programs that are compiled without
/// exceptions can so include every header of EigenViT::compiled.
template <class Exception>
[[noreturn]] void raise(std::initializer_list<MessagePart> parts);

/// Throws `std::bad_alloc`.
[[noreturn]] void raise_bad_alloc();

/// Control characters written as the bytes of their UTF-8, `\x0A` or `\xC2\x9B`: what a terminal
/// could take for a command, what ends a line, and what changes the direction of text.
std::string one_line(std::string_view text);

/// `text` in single quotes: control characters written as `\x0A`, and cut after 160 bytes.
std::string in_quotes(std::string_view text);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/message.inl>
#endif

#endif
