#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/block_decoder.hpp>

namespace detail = eigenvit::detail;
using detail::JpegBitReader;
using detail::JpegHuffmanTable;
using Block = std::array<std::int16_t, detail::jpeg_block_size>;

namespace {

// Puts bits together as a file holds them, stuffed zeros included.
class BitWriter {
 public:
  BitWriter& put(std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) {
      byte_ = byte_ << 1 | (value >> i & 1);
      if (++held_ == 8) flush();
    }
    return *this;
  }
  std::vector<std::uint8_t> end() {
    while (held_ > 0) put(1, 1);
    std::vector<std::uint8_t> bytes = bytes_;
    bytes.push_back(0xff);
    bytes.push_back(0xd9);
    return bytes;
  }

 private:
  void flush() {
    bytes_.push_back(static_cast<std::uint8_t>(byte_));
    if (byte_ == 0xff) bytes_.push_back(0);
    byte_ = 0;
    held_ = 0;
  }
  std::vector<std::uint8_t> bytes_;
  std::uint32_t byte_ = 0;
  int held_ = 0;
};

JpegBitReader reader(const std::vector<std::uint8_t>& bytes) {
  return {bytes.data(), bytes.data() + bytes.size()};
}

JpegHuffmanTable standard(bool dc) {
  JpegHuffmanTable table;
  REQUIRE(table.build(detail::jpeg_standard_table(dc, true), dc));
  return table;
}

// One code of two bits, 00, 01 or 10, for each of three symbols.
JpegHuffmanTable three(std::uint8_t a, std::uint8_t b, std::uint8_t c) {
  detail::JpegHuffmanSpec spec;
  spec.counts[2] = 3;
  spec.symbols[0] = a;
  spec.symbols[1] = b;
  spec.symbols[2] = c;
  JpegHuffmanTable table;
  REQUIRE(table.build(spec, false));
  return table;
}

}  // namespace

TEST_CASE("a sequential block holds the DC sum, runs and values") {
  // The chrominance tables: DC size 2 is 10, AC 0/1 is 01, 2/1 is 11010, the end 00.
  BitWriter writer;
  writer.put(0b10, 2).put(0b11, 2).put(0b01, 2).put(0, 1).put(0b11010, 5).put(1, 1).put(0b00, 2);
  const auto bytes = writer.end();
  JpegBitReader bits = reader(bytes);
  std::int32_t predictor = 5;
  Block block{};
  detail::decode_block(bits, standard(true), standard(false), predictor, block.data());
  CHECK(predictor == 8);
  Block expected{};
  expected[0] = 8;
  expected[1] = -1;
  expected[detail::jpeg_natural_order[4]] = 1;
  CHECK(block == expected);
}

TEST_CASE("runs beyond the last coefficient end there, and sums wrap") {
  const JpegHuffmanTable ac = three(0xf0, 0xf1, 0x00);
  BitWriter writer;
  writer.put(0b00, 2);
  for (int i = 0; i < 3; ++i) writer.put(0b00, 2);
  writer.put(0b01, 2).put(1, 1);
  const auto bytes = writer.end();
  JpegBitReader bits = reader(bytes);
  std::int32_t predictor = 0;
  Block block{};
  detail::decode_block(bits, standard(true), ac, predictor, block.data());
  CHECK(block[63] == 1);
  CHECK(bits.get(5) == 0x1f);  // The block is complete.

  CHECK(detail::add_difference(INT32_MAX, 1) == INT32_MIN);
  CHECK(detail::shifted_coefficient(0x12345, 0) == 0x2345);
  CHECK(detail::shifted_coefficient(3, 14) == -0x4000);
}

TEST_CASE("the fast way decodes the same blocks") {
  // Bits at random are codes and values of all kinds.
  std::mt19937 random(7);
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 60000; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(random() & 0xff));
    if (bytes.back() == 0xff) bytes.push_back(0);
  }
  const JpegHuffmanTable dc = standard(true), ac = standard(false);
  JpegBitReader slow = reader(bytes), fast = reader(bytes);
  std::int32_t slow_sum = 0, fast_sum = 0;
  int blocks = 0;
  while (fast.bytes_left() >= 512) {
    Block expected{}, found{};
    bool has_ac = false;
    detail::decode_block(slow, dc, ac, slow_sum, expected.data());
    REQUIRE(detail::decode_block_fast(fast, dc, ac, fast_sum, found.data(), has_ac));
    CHECK(expected == found);
    for (std::size_t i = 1; i < found.size(); ++i) CHECK((found[i] == 0 || has_ac));
    ++blocks;
  }
  CHECK(blocks > 1000);
}

TEST_CASE("progressive scans give bits from the top, and runs of blocks without any") {
  detail::JpegScan scan;
  scan.first = 1;
  scan.last = 5;
  scan.low = 2;
  // EOB2 (run of 4 to 7 blocks), a value after one zero, the end of one block.
  const JpegHuffmanTable ac = three(0x20, 0x11, 0x00);
  BitWriter writer;
  writer.put(0b01, 2).put(1, 1).put(0b00, 2).put(0b01, 2).put(0b01, 2).put(0, 1).put(0b10, 2);
  const auto bytes = writer.end();
  JpegBitReader bits = reader(bytes);
  detail::ProgressiveBlockDecoder decoder(scan, ac);
  std::array<Block, 6> blocks{};
  for (Block& block : blocks) {
    if (!decoder.skips_block()) decoder.ac_first(bits, block.data());
  }
  Block expected{};
  expected[detail::jpeg_natural_order[2]] = 4;
  CHECK(blocks[0] == expected);
  for (std::size_t i = 1; i < 5; ++i) CHECK(blocks[i] == Block{});
  expected[detail::jpeg_natural_order[2]] = -4;
  CHECK(blocks[5] == expected);

  // Refinement: a bit for each value that is there, in its own direction, and one new value after
  // it.
  scan.high = 2;
  scan.low = 1;
  BitWriter more;
  more.put(0b01, 2).put(1, 1).put(1, 1).put(0b10, 2).put(0b00, 2).put(0b00, 2).put(1, 1);
  const auto refinement = more.end();
  bits = reader(refinement);
  detail::ProgressiveBlockDecoder refiner(scan, ac);
  refiner.ac_refined(bits, blocks[5].data());
  Block refined{};
  refined[detail::jpeg_natural_order[2]] = -6;
  refined[detail::jpeg_natural_order[3]] = 2;
  CHECK(blocks[5] == refined);
  // The run of four blocks refines what is there.
  CHECK_FALSE(refiner.skips_block());
  refiner.ac_refined(bits, blocks[0].data());
  CHECK(blocks[0][detail::jpeg_natural_order[2]] == 6);
}

TEST_CASE("the DC coefficient comes first with its upper bits") {
  detail::JpegScan scan;
  scan.first = scan.last = 0;
  scan.low = 1;
  const JpegHuffmanTable none;
  BitWriter writer;
  writer.put(0b10, 2).put(0b11, 2).put(1, 1);
  const auto bytes = writer.end();
  JpegBitReader bits = reader(bytes);
  std::int32_t predictor = -8;
  Block block{};
  CHECK(detail::ProgressiveBlockDecoder(scan, none)
            .dc_first(bits, standard(true), predictor, block.data()));
  CHECK(block[0] == -10);
  scan.high = 1;
  scan.low = 0;
  detail::ProgressiveBlockDecoder(scan, none).dc_refined(bits, block.data());
  CHECK(block[0] == -9);
  predictor = INT32_MAX;
  const std::vector<std::uint8_t> three_more = {0b10110000, 0xff, 0xd9};
  bits = reader(three_more);
  CHECK_FALSE(detail::ProgressiveBlockDecoder(scan, none)
                  .dc_first(bits, standard(true), predictor, block.data()));
}
