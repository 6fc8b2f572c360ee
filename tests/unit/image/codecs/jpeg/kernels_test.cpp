#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/kernels.hpp>

namespace detail = eigenvit::detail;
namespace portable = detail::jpeg_portable;
namespace kernels = detail::jpeg_kernels;

// On processors without kernels of their own these tests compare the portable ones with themselves.

namespace {

std::vector<std::uint8_t> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) {
    // Often an extreme.
    const unsigned value = static_cast<unsigned>(random());
    byte = static_cast<std::uint8_t>(value % 4 == 0 ? 255 * (value >> 8 & 1) : value >> 16);
  }
  return bytes;
}

}  // namespace

TEST_CASE("the inverse DCT has the bits of its portable twin, for corrupt coefficients too") {
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::array<std::int16_t, 64> coefficients{}, steps{};
    const auto bits = static_cast<unsigned>(1 + random() % 16);
    const std::size_t last = round % 5 == 0 ? 8 : 64;
    for (std::size_t i = 0; i < 64; ++i) {
      steps[i] = static_cast<std::int16_t>(round % 2 == 0 ? 1 + random() % 255 : random() & 0xffff);
      if (i >= last || random() % 3 == 0) continue;
      const auto value = static_cast<std::int32_t>(random() & ((1U << bits) - 1));
      coefficients[i] = portable::wrap16(random() % 2 == 0 ? value : -value);
    }
    std::array<std::uint8_t, 8 * 11> expected{}, found{};
    portable::inverse_dct(coefficients.data(), steps.data(), expected.data(), 11);
    kernels::inverse_dct(coefficients.data(), steps.data(), found.data(), 11);
    CHECK(expected == found);
  }
}

TEST_CASE("upsampling has the bits of its portable twin at every width") {
  for (std::size_t width = 1; width < 70; ++width) {
    const auto near = noise(width + 2, static_cast<unsigned>(width));
    const auto far = noise(width + 2, static_cast<unsigned>(width + 100));
    std::vector<std::uint8_t> expected(2 * width), found(2 * width);
    portable::upsample_across(near.data() + 1, width, expected.data());
    kernels::upsample_across(near.data() + 1, width, found.data());
    CHECK(expected == found);
    for (const int bias : {1, 2}) {
      portable::upsample_down(near.data(), far.data(), width, bias, expected.data());
      kernels::upsample_down(near.data(), far.data(), width, bias, found.data());
      CHECK(expected == found);
    }
    std::vector<std::uint16_t> expected_sums(width + 2), found_sums(width + 2);
    portable::weighted_rows(near.data(), far.data(), width + 2, expected_sums.data());
    kernels::weighted_rows(near.data(), far.data(), width + 2, found_sums.data());
    CHECK(expected_sums == found_sums);
    portable::upsample_sums(found_sums.data() + 1, width, expected.data());
    kernels::upsample_sums(found_sums.data() + 1, width, found.data());
    CHECK(expected == found);
  }
}

TEST_CASE("every chroma gives the RGB of the portable twin") {
  std::vector<std::uint8_t> luma(256), blue(256), red(256), expected(768), found(768);
  for (std::size_t i = 0; i < 256; ++i) blue[i] = static_cast<std::uint8_t>(i);
  for (unsigned y : {0U, 1U, 77U, 128U, 254U, 255U}) {
    std::fill(luma.begin(), luma.end(), static_cast<std::uint8_t>(y));
    for (unsigned cr = 0; cr < 256; ++cr) {
      std::fill(red.begin(), red.end(), static_cast<std::uint8_t>(cr));
      portable::ycc_to_rgb(luma.data(), blue.data(), red.data(), 256, expected.data());
      kernels::ycc_to_rgb(luma.data(), blue.data(), red.data(), 256, found.data());
      CHECK(expected == found);
    }
  }
  for (std::size_t width = 1; width < 50; ++width) {
    const auto samples = noise(3 * width, static_cast<unsigned>(width));
    std::vector<std::uint8_t> row(3 * width), same(3 * width);
    portable::ycc_to_rgb(samples.data(), samples.data() + width, samples.data() + 2 * width, width,
                         row.data());
    kernels::ycc_to_rgb(samples.data(), samples.data() + width, samples.data() + 2 * width, width,
                        same.data());
    CHECK(row == same);
  }
}
