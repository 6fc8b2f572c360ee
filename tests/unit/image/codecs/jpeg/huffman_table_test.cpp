#include <cstddef>
#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/huffman_table.hpp>

namespace detail = eigenvit::detail;
using detail::JpegHuffmanSpec;
using detail::JpegHuffmanTable;

namespace {

// Codes 0, 10, 110 and 111111111 0.
JpegHuffmanSpec four_codes() {
  JpegHuffmanSpec spec;
  spec.counts[1] = spec.counts[2] = spec.counts[3] = spec.counts[10] = 1;
  spec.symbols[0] = 0x00;
  spec.symbols[1] = 0x12;
  spec.symbols[2] = 0x05;
  spec.symbols[3] = 0x31;
  return spec;
}

}  // namespace

TEST_CASE("short codes are found by the bits that follow, long ones by their length") {
  JpegHuffmanTable table;
  REQUIRE(table.build(four_codes(), false));
  CHECK(table.short_code(0) == (1U << 8 | 0x00));
  CHECK(table.short_code(0b011111111) == (1U << 8 | 0x00));
  CHECK(table.short_code(0b100000000) == (2U << 8 | 0x12));
  CHECK(table.short_code(0b110000000) == (3U << 8 | 0x05));
  CHECK(table.short_code(0b111111111) == 0);
  CHECK(table.last(1) == 0);
  CHECK(table.last(3) == 0b110);
  CHECK(table.last(4) == -1);
  CHECK(table.last(10) == 0b1110000000);
  CHECK(table.symbol(0b1110000000, 10) == 0x31);
  CHECK(table.symbol(0x1ffff, 17) == 0);
}

TEST_CASE("a code and its value are found together where the bits hold both") {
  JpegHuffmanTable table;
  REQUIRE(table.build(four_codes(), false));
  // 0x12: run 1, size 2; the bits 11 are the value 3, 00 are -3.
  CHECK(table.whole_value(0b101100000) == 3 * 65536 + 1 * 256 + 4);
  CHECK(table.whole_value(0b100000000) == -3 * 65536 + 1 * 256 + 4);
  // 0x05: size 5, of which the nine bits hold all.
  CHECK(table.whole_value(0b110100000) == 16 * 65536 + 0 * 256 + 8);
  // The end of a block has no value.
  CHECK(table.whole_value(0) == 0);
}

TEST_CASE("values are negative where their first bit is zero") {
  CHECK(detail::jpeg_extend(0, 1) == -1);
  CHECK(detail::jpeg_extend(1, 1) == 1);
  CHECK(detail::jpeg_extend(0, 4) == -15);
  CHECK(detail::jpeg_extend(7, 4) == -8);
  CHECK(detail::jpeg_extend(8, 4) == 8);
  CHECK(detail::jpeg_extend(0x7fff, 15) == 0x7fff);
}

TEST_CASE("counts that are no prefix code are refused") {
  JpegHuffmanTable table;
  JpegHuffmanSpec spec;
  CHECK(table.build(spec, true));  // No code at all: every bit pattern is then corrupt.
  spec.counts[1] = 2;              // The second code would consist of ones.
  CHECK_FALSE(table.build(spec, true));
  spec.counts[1] = 1;
  spec.counts[2] = 2;
  CHECK_FALSE(table.build(spec, true));
  spec.counts[2] = 0;
  spec.counts[16] = 255;
  spec.symbols[0] = 16;
  CHECK(table.build(spec, false));
  CHECK_FALSE(table.build(spec, true));  // DC values have 15 bits at most.
  spec.counts[15] = 1;
  CHECK_FALSE(table.build(spec, false));  // 257 codes.
}

TEST_CASE("the standard tables hold every run and size once") {
  for (const bool chrominance : {false, true}) {
    JpegHuffmanTable table;
    const JpegHuffmanSpec dc = detail::jpeg_standard_table(true, chrominance);
    CHECK(dc.codes() == 12);
    CHECK(table.build(dc, true));
    const JpegHuffmanSpec ac = detail::jpeg_standard_table(false, chrominance);
    REQUIRE(ac.codes() == 162);
    CHECK(table.build(ac, false));
    const std::set<int> symbols(ac.symbols.begin(), ac.symbols.begin() + 162);
    CHECK(symbols.size() == 162);
    CHECK(symbols.count(0x00) == 1);
    CHECK(symbols.count(0xf0) == 1);
    // ITU-T T.81, tables K.5 and K.6: the end of a block is 1010 and 00.
    CHECK(table.short_code(chrominance ? 0b000000000 : 0b101000000) ==
          (chrominance ? 2U << 8 : 4U << 8));
  }
}
