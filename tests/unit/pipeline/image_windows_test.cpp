#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/pipeline/image_windows.hpp>

using eigenvit::Index;
using eigenvit::detail::ImageWindows;

TEST_CASE("windows are as few as cover an image, and overlap alike") {
  const auto starts = [](Index height, Index width) {
    return ImageWindows({height, width}).starts;
  };
  CHECK(starts(640, 640) == std::vector<Index>{0});
  CHECK(starts(640, 641) == std::vector<Index>{0, 1});
  CHECK(starts(640, 1280) == std::vector<Index>{0, 640});
  CHECK(starts(640, 1500) == std::vector<Index>{0, 430, 860});
  CHECK(starts(1500, 640) == std::vector<Index>{0, 430, 860});
  CHECK(starts(250, 100) == std::vector<Index>{0, 75, 150});
  // Rounded down: half a pixel, and quarters.
  CHECK(starts(7, 20) == std::vector<Index>{0, 6, 13});
  CHECK(starts(41, 10) == std::vector<Index>{0, 7, 15, 23, 31});
}

TEST_CASE("three windows show their parts of the image, side by side and one below the other") {
  for (const bool down : {false, true}) {
    const Index length = 20, side = 7, channels = 2;
    const ImageWindows windows(down ? eigenvit::detail::MapSize{length, side}
                                    : eigenvit::detail::MapSize{side, length});
    CHECK(windows.down == down);
    CHECK(windows.side == side);
    REQUIRE(windows.starts.size() == 3);
    std::vector<int> planes(std::size_t(channels * side * length));
    for (std::size_t i = 0; i < planes.size(); ++i) planes[i] = int(i);
    for (const Index start : windows.starts) {
      const auto part = windows.cut(planes.data(), channels, start);
      REQUIRE(part.size() == std::size_t(channels * side * side));
      for (Index c = 0; c < channels; ++c) {
        for (Index y = 0; y < side; ++y) {
          for (Index x = 0; x < side; ++x) {
            const Index row = down ? y + start : y;
            const Index column = down ? x : x + start;
            const Index place = (c * windows.image.height + row) * windows.image.width + column;
            CHECK(part[std::size_t((c * side + y) * side + x)] == int(place));
          }
        }
      }
    }
  }
}
