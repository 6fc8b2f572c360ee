#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/deflater.inl>
#include <eigenvit/image/codecs/inflater.inl>

namespace {

using eigenvit::detail::Deflater;
using eigenvit::detail::Inflater;
using Bytes = std::vector<std::uint8_t>;

Bytes deflate(const Bytes& bytes) {
  Bytes out;
  Deflater(out).compress(bytes.data(), bytes.size());
  return out;
}

/// Whether what is decompressed is what was compressed, checksum included.
bool comes_back(const Bytes& bytes, const Bytes& stream) {
  Inflater inflater({{stream.data(), stream.size()}}, std::numeric_limits<std::uint64_t>::max());
  Bytes found(bytes.size() + 1);
  const std::size_t size = inflater.read(found.data(), found.size());
  found.resize(size);
  return found == bytes && inflater.end() == Inflater::State::ended;
}

Bytes noise(std::size_t size, unsigned most = 255) {
  std::mt19937 random(static_cast<unsigned>(size));
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % (most + 1));
  return bytes;
}

}  // namespace

TEST_CASE("deflate: what is compressed comes back, of any size and kind") {
  for (std::size_t size = 0; size < 300; ++size) {
    for (const unsigned most : {0U, 1U, 3U, 255U}) {
      const Bytes bytes = noise(size, most);
      CHECK(comes_back(bytes, deflate(bytes)));
    }
  }
  for (const std::size_t size : {32767, 32768, 32769, 65535, 65536, 200000}) {
    for (const unsigned most : {0U, 1U, 40U, 255U}) {
      CAPTURE(size);
      CAPTURE(most);
      const Bytes bytes = noise(size, most);
      CHECK(comes_back(bytes, deflate(bytes)));
    }
  }
}

TEST_CASE("deflate: matches of every length and distance") {
  // A marked piece again, `distance` bytes later, between bytes that match nothing.
  for (const std::size_t distance : {1, 2, 4, 5, 6, 257, 4096, 24577, 32767, 32768, 32769}) {
    for (const std::size_t length : {4, 5, 10, 11, 18, 66, 130, 131, 227, 257, 258, 259, 600}) {
      Bytes bytes = noise(distance + length);
      for (std::size_t i = distance; i < bytes.size(); ++i) bytes[i] = bytes[i - distance];
      const Bytes stream = deflate(bytes);
      CAPTURE(distance);
      CAPTURE(length);
      CHECK(comes_back(bytes, stream));
      // Within the window the copy takes a few bytes, and one place beyond it is taken as it is.
      if (length == 600 && distance >= 257) {
        const bool copied = stream.size() < distance + 100;
        CHECK(copied == (distance <= 32768));
      }
    }
  }
}

TEST_CASE("deflate: sizes") {
  CHECK(deflate(Bytes(100000)).size() < 200);           // 388 copies of 258 bytes, in few bits each
  CHECK(deflate(noise(100000, 3)).size() < 31000);      // at least 25,000: two bits a byte
  CHECK(deflate(noise(100000)).size() < 100000 + 100);  // stored
  CHECK(deflate({7}).size() == 9);                      // the fixed code: two header bytes, 3 and 4
  // Each block has the code of its own bytes: half of them 0 to 3, half 128 to 131.
  Bytes halves = noise(200000, 3);
  for (std::size_t i = 100000; i < halves.size(); ++i) halves[i] |= 128;
  CHECK(deflate(halves).size() < 62500);
}
