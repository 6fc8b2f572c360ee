#include <array>
#include <cstddef>
#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/block_smoothing.hpp>

namespace detail = eigenvit::detail;
using Block = std::array<std::int16_t, detail::jpeg_block_size>;

namespace {

detail::JpegKnownBits nothing_known() {
  detail::JpegKnownBits known;
  known.fill(-1);
  known[0] = 0;
  return known;
}

Block steps(std::int16_t step) {
  Block all;
  all.fill(step);
  return all;
}

// DC values that rise by `across` from column to column and by `down` from row to row.
detail::JpegNeighbours slope(int centre, int across, int down) {
  detail::JpegNeighbours dc{};
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 5; ++x) {
      dc[static_cast<std::size_t>(5 * y + x)] =
          static_cast<std::int16_t>(centre + across * (x - 2) + down * (y - 2));
    }
  }
  return dc;
}

}  // namespace

TEST_CASE("a flat neighbourhood stays flat") {
  Block block{};
  block[0] = 40;
  detail::smooth_block(slope(40, 0, 0), nothing_known(), steps(3), block.data());
  Block expected{};
  expected[0] = 40;
  CHECK(block == expected);
}

TEST_CASE("a slope becomes the first coefficient along it") {
  Block block{};
  block[0] = 100;
  detail::smooth_block(slope(100, 20, 0), nothing_known(), steps(1), block.data());
  // The weights of the rows times the columns are 6, -14, -64, -14 and 6; 80 * 20 / 256 rounds
  // to 6.
  CHECK(block[0] == 100);
  CHECK(block[1] == -6);
  CHECK(block[8] == 0);
  Block turned{};
  turned[0] = 100;
  detail::smooth_block(slope(100, 0, 20), nothing_known(), steps(1), turned.data());
  CHECK(turned[8] == -6);
  CHECK(turned[1] == 0);
}

TEST_CASE("what is known is kept, and bounds the estimate") {
  detail::JpegKnownBits known = nothing_known();
  known[1] = 2;  // Bits from the second on are known to be zero.
  known[2] = 0;
  Block block{};
  block[0] = 100;
  block[16] = 5;
  detail::smooth_block(slope(100, 20, 20), known, steps(1), block.data());
  CHECK(block[0] == 100);
  CHECK(block[1] == -3);
  CHECK(block[8] == 0);
  CHECK(block[16] == 5);
}
