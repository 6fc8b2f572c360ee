/// Hashes for tables whose keys a file chooses.
#ifndef EIGENVIT_TEXT_SEEDED_HASH_HPP
#define EIGENVIT_TEXT_SEEDED_HASH_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A hash with random keys, so that no file can hold keys that all fall on one place. Every bit of
/// the result depends on all of the input: `(x xor k0) (y xor k1)` in 128 bits, whose halves are
/// folded.
class SeededHash {
 public:
  SeededHash() {
    std::random_device source;
    for (std::uint64_t& key : keys_) {
      key = std::uint64_t{source()} << 32;
      key ^= source();
    }
  }

  std::uint64_t operator()(std::uint64_t number) const noexcept {
    // Of a factor that does not change, numbers in equal steps would give places in equal steps.
    return folded_product(number ^ keys_[0], (number << 32 | number >> 32) ^ keys_[1]);
  }

  std::uint64_t operator()(std::string_view text) const noexcept {
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t hash = keys_[0] ^ left;
    for (; left > 16; left -= 16, at += 16) {
      hash = folded_product(word<8>(at) ^ hash, word<8>(at + 8) ^ keys_[1]);
    }
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    // The two words may overlap.
    if (left >= 8) {
      first = word<8>(at);
      last = word<8>(at + left - 8);
    } else if (left >= 4) {
      first = word<4>(at);
      last = word<4>(at + left - 4);
    } else if (left > 0) {
      first = word<1>(at) | word<1>(at + left / 2) << 8;
      last = word<1>(at + left - 1);
    }
    return folded_product(folded_product(first ^ hash, last ^ keys_[1]) ^ keys_[2], keys_[3]);
  }

 private:
  template <std::size_t bytes>
  static std::uint64_t word(const char* at) noexcept {
    unsigned char read[8] = {};
    std::memcpy(read, at, bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, read, sizeof value);
    return value;
  }

  static std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
#ifdef __SIZEOF_INT128__
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
    const std::uint64_t low = (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
    const std::uint64_t cross = (a >> 32) * (b & 0xFFFFFFFF) + (low >> 32);
    const std::uint64_t other = (a & 0xFFFFFFFF) * (b >> 32) + (cross & 0xFFFFFFFF);
    const std::uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
    return (other << 32 | (low & 0xFFFFFFFF)) ^ high;
#endif
  }

  std::uint64_t keys_[4];
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
