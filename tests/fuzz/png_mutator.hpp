/// Mutations of PNG files that still get past the checksums.
#ifndef EIGENVIT_TESTS_FUZZ_PNG_MUTATOR_HPP
#define EIGENVIT_TESTS_FUZZ_PNG_MUTATOR_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace fuzz {

inline std::uint32_t big32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

inline void put_big32(std::uint8_t* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

inline std::uint32_t crc32(const std::uint8_t* bytes, std::size_t count) {
  std::uint32_t crc = 0xffffffffU;
  for (std::size_t i = 0; i < count; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
  }
  return ~crc;
}

/// Puts the checksum after a zlib stream of stored blocks; leaves other streams as they are.
inline void put_adler32(std::uint8_t* stream, std::size_t size) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (std::size_t at = 2; at + 5 <= size;) {
    const bool last = (stream[at] & 1) != 0;
    const std::size_t length = stream[at + 1] | std::size_t{stream[at + 2]} << 8;
    if ((stream[at] & 6) != 0 || length > size - at - 5) return;
    stream[at + 3] = static_cast<std::uint8_t>(~stream[at + 1]);
    stream[at + 4] = static_cast<std::uint8_t>(~stream[at + 2]);
    at += 5;
    for (const std::size_t end = at + length; at < end; ++at) {
      a = (a + stream[at]) % 65521;
      b = (b + a) % 65521;
    }
    if (!last) continue;
    if (size - at >= 4) put_big32(stream + at, b << 16 | a);
    return;
  }
}

/// Puts the right checksums into a PNG file.
inline void put_png_checksums(std::uint8_t* data, std::size_t size) {
  for (std::size_t at = 8; at + 12 <= size;) {
    const std::size_t length = big32(data + at);
    if (length > size - at - 12) return;
    if (std::memcmp(data + at + 4, "IDAT", 4) == 0) put_adler32(data + at + 8, length);
    put_big32(data + at + 8 + length, crc32(data + at + 4, length + 4));
    at += 12 + length;
  }
}

}  // namespace fuzz

/// One of eight PNG files keeps the checksums that the mutation left.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  const std::size_t mutated = LLVMFuzzerMutate(data, size, max_size);
  const bool png = mutated >= 8 && std::memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
  if (png && seed % 8 != 0) fuzz::put_png_checksums(data, mutated);
  return mutated;
}

#endif
