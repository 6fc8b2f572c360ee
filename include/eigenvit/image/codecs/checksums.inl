/// The checksums of PNG and of the zlib streams in it.
#ifndef EIGENVIT_IMAGE_CODECS_CHECKSUMS_INL
#define EIGENVIT_IMAGE_CODECS_CHECKSUMS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The CRC-32 of PNG: polynomial 0xedb88320, reflected, inverted before and after.
class Crc32 {
 public:
  Crc32() noexcept {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320U : value >> 1;
      table_[0][i] = value;
    }
    for (std::size_t k = 1; k < 4; ++k) {
      for (std::size_t i = 0; i < 256; ++i) {
        table_[k][i] = table_[k - 1][i] >> 8 ^ table_[0][table_[k - 1][i] & 0xff];
      }
    }
  }
  std::uint32_t operator()(const std::uint8_t* bytes, std::size_t count) const noexcept {
    std::uint32_t crc = 0xffffffffU;
    // Four bytes a step: one lookup after the other is what takes the time.
    for (; count >= 4; count -= 4, bytes += 4) {
      crc ^= bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 |
             static_cast<std::uint32_t>(bytes[2]) << 16 |
             static_cast<std::uint32_t>(bytes[3]) << 24;
      crc = table_[3][crc & 0xff] ^ table_[2][crc >> 8 & 0xff] ^ table_[1][crc >> 16 & 0xff] ^
            table_[0][crc >> 24];
    }
    for (; count > 0; --count, ++bytes) crc = crc >> 8 ^ table_[0][(crc ^ *bytes) & 0xff];
    return ~crc;
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> table_{};
};

/// Adler-32 of bytes that come in parts.
class Adler32 {
 public:
  void add(const std::uint8_t* bytes, std::size_t count) noexcept {
    constexpr std::uint32_t prime = 65521;
    // The most bytes before the sums could overflow.
    constexpr std::size_t most = 5552;
    while (count > 0) {
      const std::uint8_t* const end = bytes + std::min(most, count);
      count -= static_cast<std::size_t>(end - bytes);
      for (; bytes < end; ++bytes) {
        low_ += *bytes;
        high_ += low_;
      }
      low_ %= prime;
      high_ %= prime;
    }
  }
  std::uint32_t value() const noexcept { return high_ << 16 | low_; }

 private:
  std::uint32_t low_ = 1;
  std::uint32_t high_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
