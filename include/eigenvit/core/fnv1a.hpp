/// A hash that tells files and records apart.
#ifndef EIGENVIT_CORE_FNV1A_HPP
#define EIGENVIT_CORE_FNV1A_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// FNV-1a of 64 bits, `h = (h xor byte) * 0x100000001b3` for each byte: the same on every machine.
/// It finds accidents, not forgeries. Cost: about four cycles a byte. Source: Fowler, Noll, Vo, and
/// Eastlake, draft-eastlake-fnv.
class Fnv1a {
 public:
  void add(const void* bytes, std::size_t count) noexcept {
    const auto* const begin = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) state_ = (state_ ^ begin[i]) * 0x100000001b3U;
  }

  /// Eight bytes, the lowest first.
  void add(std::uint64_t number) noexcept {
    for (int i = 0; i < 8; ++i) state_ = (state_ ^ (number >> 8 * i & 0xff)) * 0x100000001b3U;
  }

  /// Length and bytes, so that texts in a row cannot be cut differently.
  void add(std::string_view text) noexcept {
    add(static_cast<std::uint64_t>(text.size()));
    add(text.data(), text.size());
  }

  std::uint64_t value() const noexcept { return state_; }

  /// The value in sixteen hexadecimal digits.
  std::string digits() const {
    std::string text(16, '0');
    for (std::size_t i = 0; i < 16; ++i) {
      text[i] = "0123456789abcdef"[state_ >> (60 - 4 * i) & 15];
    }
    return text;
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325U;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
