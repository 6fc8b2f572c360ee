#include <array>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/colours.hpp>

namespace detail = eigenvit::detail;
using detail::JpegColours;

namespace {

std::vector<int> pixel(JpegColours colours, std::array<std::uint8_t, 4> samples) {
  const std::array<const std::uint8_t*, 4> rows = {&samples[0], &samples[1], &samples[2],
                                                   &samples[3]};
  std::array<std::uint8_t, 3> out{};
  detail::jpeg_row_to_rgb(colours, rows, 1, out.data());
  return {out[0], out[1], out[2]};
}

}  // namespace

TEST_CASE("each kind of components becomes RGB") {
  CHECK(pixel(JpegColours::grey, {77, 1, 2, 3}) == std::vector<int>{77, 77, 77});
  CHECK(pixel(JpegColours::rgb, {1, 2, 3, 9}) == std::vector<int>{1, 2, 3});
  CHECK(pixel(JpegColours::ycc, {100, 128, 128, 9}) == std::vector<int>{100, 100, 100});
  CHECK(pixel(JpegColours::ycc, {76, 85, 255, 9}) == std::vector<int>{254, 0, 0});
  // Inks are stored inverted: 255 is none.
  CHECK(pixel(JpegColours::cmyk, {255, 128, 0, 255}) == std::vector<int>{255, 128, 0});
  CHECK(pixel(JpegColours::cmyk, {255, 128, 0, 0}) == std::vector<int>{0, 0, 0});
  CHECK(pixel(JpegColours::ycck, {255, 128, 128, 255}) == std::vector<int>{0, 0, 0});
  CHECK(pixel(JpegColours::ycck, {0, 128, 128, 128}) == std::vector<int>{128, 128, 128});
}

TEST_CASE("light through inks is Pillow's") {
  for (unsigned ink = 0; ink < 256; ++ink) {
    for (unsigned black = 0; black < 256; ++black) {
      // Convert.c, cmyk2rgb, on the inverted samples.
      const unsigned product = (255 - ink) * black + 128;
      const unsigned covered = ((product >> 8) + product) >> 8;
      CHECK(detail::light_through_inks(ink, black) == black - covered);
    }
  }
}
