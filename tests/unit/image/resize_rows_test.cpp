#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/resize.hpp>
#include <eigenvit/image/resize_rows.hpp>

#include "image_golden.hpp"

using eigenvit::Filter;
using eigenvit::Image;
using eigenvit::Index;
using eigenvit::Window;

TEST_CASE("every pixel of the window is given once, its rows in order") {
  const Image image = image_golden::noise(40, 30);
  const Window window{3, 2, 20, 15};
  for (const auto& [width, height] :
       {std::pair<Index, Index>{25, 17}, {50, 17}, {40, 17}, {40, 30}, {25, 30}}) {
    for (const Filter filter : {Filter::nearest, Filter::bilinear, Filter::lanczos}) {
      Image rows(window.width, window.height);
      std::vector<int> seen(static_cast<std::size_t>(window.width * window.height));
      Index last = 0;
      eigenvit::detail::resize_rows(image, width, height, filter, window,
                                    [&](Index x, Index y, Index count, const std::uint8_t* rgb) {
                                      CHECK(y >= last);
                                      last = y;
                                      REQUIRE(x + count <= window.width);
                                      std::memcpy(rows.row(y) + 3 * x, rgb,
                                                  static_cast<std::size_t>(3 * count));
                                      for (Index i = 0; i < count; ++i) {
                                        ++seen[static_cast<std::size_t>(y * window.width + x + i)];
                                      }
                                    });
      CHECK(seen == std::vector<int>(seen.size(), 1));
      CHECK(image_golden::equal(rows, eigenvit::resize(image, width, height, filter, window)));
    }
  }
}

TEST_CASE("two rows at once are what each is alone") {
  const eigenvit::detail::ResizeAxis axis(200, 31, Filter::lanczos);
  eigenvit::Workspace workspace;
  workspace.reset(1 << 16);
  const eigenvit::detail::HorizontalPass pass(axis, 4, 20, workspace);
  pass.fill();
  const Image image = image_golden::noise(200, 2);
  const std::uint8_t* const a = image.row(0) + 3 * pass.first_column();
  const std::uint8_t* const b = image.row(1) + 3 * pass.first_column();
  std::vector<std::uint8_t> pair_a(60), pair_b(60), alone(60), twin(60);
  pass(a, b, pair_a.data(), pair_b.data());
  pass(a, a, alone.data(), twin.data());
  CHECK(pair_a == alone);
  CHECK(twin == alone);
  pass(b, b, alone.data(), twin.data());
  CHECK(pair_b == alone);
}

TEST_CASE("as much memory is used as is counted, whatever it held") {
  const Image pixels = image_golden::noise(60, 50);
  for (const auto format : {eigenvit::PixelFormat::rgb, eigenvit::PixelFormat::grey}) {
    const eigenvit::ImageView image{pixels.data(), 40, 30, 180, format};
    for (const auto& [width, height] :
         {std::pair<Index, Index>{25, 17}, {50, 17}, {40, 17}, {40, 30}, {25, 30}, {38, 10}}) {
      for (const Filter filter : {Filter::nearest, Filter::bicubic}) {
        const Window window{1, 2, width - 2, height - 3};
        const eigenvit::detail::ResizeRows rows(image, width, height, filter, window);
        Image whole(window.width, window.height);
        const std::size_t bytes = rows.scratch_bytes();
        eigenvit::AlignedBuffer<std::byte> scratch(bytes + 1, std::byte{0xA5});
        const auto sink = [&](Index x, Index y, Index count, const std::uint8_t* rgb) {
          std::memcpy(whole.row(y) + 3 * x, rgb, static_cast<std::size_t>(3 * count));
        };
        for (int repeat = 0; repeat < 2; ++repeat) rows(scratch.data(), sink);
        CHECK(scratch.back() == std::byte{0xA5});
        CHECK(image_golden::equal(whole, eigenvit::resize(image, width, height, filter, window)));
      }
    }
  }
}

TEST_CASE("sums are rounded and cut off to 0..255") {
  using eigenvit::detail::half_unit;
  using eigenvit::detail::to_sample;
  constexpr std::int32_t unit = 1 << 22;
  CHECK(to_sample(half_unit) == 0);
  CHECK(to_sample(half_unit + unit - half_unit) == 1);
  CHECK(to_sample(-unit) == 0);
  CHECK(to_sample(255 * unit) == 255);
  CHECK(to_sample(300 * unit) == 255);
}
