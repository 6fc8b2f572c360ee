#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>

namespace portable = eigenvit::detail::jpeg_portable;
using Block = std::array<std::int16_t, eigenvit::detail::jpeg_block_size>;

namespace {

using Samples = std::array<std::uint8_t, 64>;

Samples transformed(const Block& coefficients, const Block& steps) {
  Samples samples{};
  portable::inverse_dct(coefficients.data(), steps.data(), samples.data(), 8);
  return samples;
}

// ITU-T T.81, section A.3.3, in floating point.
double exact(const Block& coefficients, const Block& steps, int x, int y) {
  constexpr double pi = 3.14159265358979323846;
  double sum = 0;
  for (int v = 0; v < 8; ++v) {
    for (int u = 0; u < 8; ++u) {
      const auto at = static_cast<std::size_t>(8 * v + u);
      const double scale = (u == 0 ? std::sqrt(0.5) : 1) * (v == 0 ? std::sqrt(0.5) : 1) / 4;
      sum += scale * coefficients[at] * steps[at] * std::cos((2 * x + 1) * u * pi / 16) *
             std::cos((2 * y + 1) * v * pi / 16);
    }
  }
  return std::min(255.0, std::max(0.0, sum + 128));
}

}  // namespace

TEST_CASE("the inverse DCT is within a level of the exact one") {
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round) {
    Block coefficients{}, steps{};
    for (std::size_t i = 0; i < 64; ++i) {
      steps[i] = static_cast<std::int16_t>(1 + random() % 20);
      if (round % 4 != 0 && random() % 4 != 0) continue;
      coefficients[i] = static_cast<std::int16_t>(static_cast<int>(random() % 9) - 4);
      if (round % 3 == 0 && i >= 8) coefficients[i] = 0;
    }
    const Samples samples = transformed(coefficients, steps);
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 8; ++x) {
        CHECK(std::abs(samples[static_cast<std::size_t>(8 * y + x)] -
                       exact(coefficients, steps, x, y)) < 1.01);
      }
    }
  }
}

TEST_CASE("a block of a DC coefficient alone is flat, also where it overflows") {
  for (int step : {1, 16, 255, 32767, -1}) {
    for (int dc = -32768; dc <= 32767; dc += 37) {
      Block coefficients{}, steps{};
      coefficients[0] = static_cast<std::int16_t>(dc);
      steps[0] = static_cast<std::int16_t>(step);
      const Samples samples = transformed(coefficients, steps);
      const std::uint8_t flat = portable::flat_block(coefficients[0], steps[0]);
      CHECK(std::count(samples.begin(), samples.end(), flat) == 64);
    }
  }
  CHECK(portable::flat_block(8, 10) == 138);
  CHECK(portable::flat_block(2000, 10) == 255);
  CHECK(portable::flat_block(4096, 2) == 0);  // Four times 8192 leaves 16 bits.
}

TEST_CASE("sums wrap at 32 bits and saturate at 16") {
  portable::EightSums sums;
  sums.lane = {0x80000005, 3, 0xfffffffd, 0x7ffffffe, 0x18000, 0xffff7fff, 5, 0};
  CHECK(sums.rounded(1).lane ==
        std::array<std::uint32_t, 8>{0xffff8000, 2, 0xffffffff, 0x7fff, 0x7fff, 0xffffc000, 3, 0});
  CHECK(sums.wrapped().lane ==
        std::array<std::uint32_t, 8>{5, 3, 0xfffffffd, 0xfffffffe, 0xffff8000, 0x7fff, 5, 0});
  CHECK((sums + sums).lane[0] == 10);
  CHECK((sums - sums).lane[3] == 0);
  CHECK((sums * -2).lane[1] == 0xfffffffa);
  CHECK(portable::wrap16(0x18000) == -32768);
  CHECK(portable::wrap16(-32769) == 32767);
}

TEST_CASE("samples between samples lie a quarter of the way, rounded up and down alternately") {
  const std::vector<std::uint8_t> in = {10, 10, 20, 31, 31};
  std::array<std::uint8_t, 6> out{};
  portable::upsample_across(in.data() + 1, 3, out.data());
  CHECK(out == std::array<std::uint8_t, 6>{10, 13, 17, 23, 28, 31});
  portable::upsample_down(in.data() + 1, in.data() + 2, 2, 1, out.data());
  CHECK(out[0] == (3 * 10 + 20 + 1) / 4);
  CHECK(out[1] == (3 * 20 + 31 + 1) / 4);
  std::array<std::uint16_t, 5> sums{};
  portable::weighted_rows(in.data(), in.data(), 5, sums.data());
  CHECK(sums == std::array<std::uint16_t, 5>{40, 40, 80, 124, 124});
  portable::upsample_sums(sums.data() + 1, 3, out.data());
  CHECK(out == std::array<std::uint8_t, 6>{10, 12, 18, 23, 28, 31});
}

TEST_CASE("YCbCr becomes RGB as rounded sums") {
  for (int cb = 0; cb < 256; cb += 5) {
    for (int cr = 0; cr < 256; cr += 5) {
      const std::uint8_t y = 120, blue = static_cast<std::uint8_t>(cb),
                         red = static_cast<std::uint8_t>(cr);
      std::array<std::uint8_t, 3> out{};
      portable::ycc_to_rgb(&y, &blue, &red, 1, out.data());
      const auto near = [](int found, double exact) {
        return std::abs(found - std::min(255.0, std::max(0.0, exact))) <= 0.51;
      };
      CHECK(near(out[0], y + 1.402 * (cr - 128)));
      CHECK(near(out[1], y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)));
      CHECK(near(out[2], y + 1.772 * (cb - 128)));
    }
  }
}
