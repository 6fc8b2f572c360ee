#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/bit_reader.hpp>

namespace detail = eigenvit::detail;
using detail::JpegBitReader;

namespace {

JpegBitReader reader(const std::vector<std::uint8_t>& bytes) {
  return {bytes.data(), bytes.data() + bytes.size()};
}

}  // namespace

TEST_CASE("bits come with the most significant first, stuffed zeros left out") {
  const std::vector<std::uint8_t> bytes = {0xa5, 0xff, 0x00, 0x3c, 0xff, 0xd9};
  JpegBitReader bits = reader(bytes);
  CHECK(bits.get(4) == 0xa);
  CHECK(bits.get(8) == 0x5f);
  CHECK(bits.get(12) == 0xf3c);
  CHECK(bits.marker() == 0xd9);
  CHECK(bits.bytes_left() == 0);
  CHECK_FALSE(bits.ran_dry());
  CHECK_FALSE(bits.truncated());
}

TEST_CASE("zeros follow before a marker, and it is told") {
  const std::vector<std::uint8_t> bytes = {0xff, 0xff, 0x00, 0x80, 0xff, 0xff, 0xd3, 0x12};
  JpegBitReader bits = reader(bytes);
  CHECK(bits.get(12) == 0xff8);
  CHECK(bits.marker() == 0xd3);
  CHECK_FALSE(bits.ran_dry());
  CHECK(bits.get(16) == 0);
  CHECK(bits.ran_dry());
  CHECK_FALSE(bits.truncated());
  bits.restart(bytes.data() + 7);
  bits.set_marker(0);
  CHECK(bits.get(8) == 0x12);
}

TEST_CASE("the end of the file is told once bytes are wanted that it does not have") {
  for (const std::vector<std::uint8_t>& bytes :
       {std::vector<std::uint8_t>{0x12, 0x34}, std::vector<std::uint8_t>{0x12, 0x34, 0xff}}) {
    JpegBitReader bits = reader(bytes);
    CHECK(bits.get(16) == 0x1234);
    CHECK(bits.truncated());
  }
  // Eight bytes fill the buffer, and nothing more is looked for.
  const std::vector<std::uint8_t> enough(8, 0x11);
  JpegBitReader bits = reader(enough);
  for (int i = 0; i < 4; ++i) CHECK(bits.get(16) == 0x1111);
  CHECK_FALSE(bits.truncated());
  bits.get(1);
  CHECK(bits.truncated());
}

TEST_CASE("the fast way gives the same bits, zeros from a marker on, and stops before the end") {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 300; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
    if (bytes.back() == 0xff) bytes.push_back(0);
  }
  JpegBitReader slow = reader(bytes), fast = reader(bytes);
  int taken = 0;
  while (fast.fill_fast()) {
    const int count = 1 + taken % 16;
    CHECK(fast.take(count) == slow.get(count));
    taken += count;
  }
  CHECK(taken > 8 * 280);
  CHECK_FALSE(fast.met_marker());

  bytes[160] = 0xff;
  bytes[161] = 0xd0;
  slow = reader(bytes);
  fast = reader(bytes);
  for (int i = 0; i < 2 * 80; ++i) {
    REQUIRE(fast.fill_fast());
    CHECK(fast.take(16) == slow.get(16));
  }
  CHECK(fast.met_marker());
  CHECK(slow.ran_dry());
}

TEST_CASE("symbols are read bit by bit near a marker; what is no code is zero") {
  detail::JpegHuffmanSpec spec;
  spec.counts[2] = 1;   // 00
  spec.counts[12] = 1;  // 010000000000
  spec.symbols[0] = 7;
  spec.symbols[1] = 9;
  detail::JpegHuffmanTable table;
  REQUIRE(table.build(spec, false));
  const std::vector<std::uint8_t> bytes = {0x10, 0x03, 0xff, 0x00, 0xc0, 0xff, 0xd9};
  JpegBitReader bits = reader(bytes);
  CHECK(bits.symbol(table) == 7);
  CHECK(bits.symbol(table) == 9);
  CHECK(bits.symbol(table) == 0);  // Seventeen bits beginning with 1.
  CHECK(bits.get(1) == 0);
  CHECK_FALSE(bits.ran_dry());
  CHECK(bits.get(1) == 0);
  CHECK(bits.ran_dry());

  const std::vector<std::uint8_t> many = {0x40, 0x0c, 0x00, 0x00, 0x00,
                                          0x00, 0x00, 0x00, 0x00, 0x00};
  bits = reader(many);
  REQUIRE(bits.fill_fast());
  CHECK(table.short_code(bits.peek_fast()) == 0);
  CHECK(bits.long_symbol_fast(table) == 9);
  CHECK(bits.long_symbol_fast(table) == 0);
}
