#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/grid_resampler.hpp>

#include "../support.hpp"

using eigenvit::GridInterpolation;
using eigenvit::Index;

namespace {

GridInterpolation rule_of(bool bicubic, bool antialias, float offset = 0) {
  GridInterpolation rule;
  rule.kernel = bicubic ? GridInterpolation::Kernel::bicubic : GridInterpolation::Kernel::bilinear;
  rule.antialias = antialias;
  rule.scale_offset = offset;
  return rule;
}

template <class Scalar>
std::vector<double> first_row(const GridInterpolation& rule, Index size) {
  const Scalar grid[] = {0, 1, 4, 9, 1, 0, 2, 5, 3, 1, 7, 2, 2, 2, 0, 1};
  std::vector<Scalar> result(static_cast<std::size_t>(size * size));
  eigenvit::resample_grid(rule, grid, 4, 4, 1, size, size, result.data());
  return std::vector<double>(result.begin(), result.begin() + size);
}

/// A golden file and what its name says.
struct Golden {
  std::string name;
  GridInterpolation rule;
  int in_height = 0, in_width = 0, out_height = 0, out_width = 0;
  std::vector<float> grid;
  std::vector<float> result;
};

std::vector<Golden> goldens() {
  std::vector<Golden> all;
  const std::filesystem::path folder =
      std::filesystem::path(EIGENVIT_SOURCE_DIR) / "tests/golden/resample";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Golden golden;
    golden.name = entry.path().stem().string();
    const bool offset = golden.name.find("-offset-") != std::string::npos;
    golden.rule =
        rule_of(golden.name.find("bicubic-") == 0,
                golden.name.find("-antialias-") != std::string::npos, offset ? 0.1f : 0.0f);
    const std::size_t sizes = golden.name.find('-', golden.name.find('-') + 1);
    REQUIRE(std::sscanf(golden.name.c_str() + sizes, "-%dx%d-to-%dx%d", &golden.in_height,
                        &golden.in_width, &golden.out_height, &golden.out_width) == 4);
    golden.grid.resize(static_cast<std::size_t>(golden.in_height * golden.in_width * 2));
    golden.result.resize(static_cast<std::size_t>(golden.out_height * golden.out_width * 2));
    std::ifstream file(entry.path());
    for (float& value : golden.grid) file >> value;
    for (float& value : golden.result) file >> value;
    REQUIRE(file);
    all.push_back(golden);
  }
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("resample_grid gives PyTorch's first rows of a known grid", Scalar, float,
                   double) {
  const struct {
    GridInterpolation rule;
    std::vector<double> to_three, to_six;
  } rows[] = {
      {rule_of(true, false),
       {0.165225, 1.846246, 7.830068},
       {-0.188682, 0.210612, 1.541875, 3.301875, 7.049807, 9.796323}},
      {rule_of(true, true),
       {0.127450, 1.802765, 7.100812},
       {-0.140235, 0.286378, 1.440911, 3.478679, 7.028638, 9.600762}},
      {rule_of(false, false), {0.277778, 2.25, 7.555556}, {0, 0.5, 1.5, 3.5, 6.5, 9}},
      {rule_of(false, true), {0.42, 2.05, 6.48}, {0, 0.5, 1.5, 3.5, 6.5, 9}},
      {rule_of(true, false, 0.1f),
       {0.152470, 1.759737, 7.439642},
       {-0.192617, 0.198546, 1.478275, 3.144821, 6.794265, 9.684173}},
      {[] {
         GridInterpolation rule;
         rule.align_corners = true;
         return rule;
       }(),
       {0, 2.125, 9},
       {0, 0.288, 1.504003, 3.016003, 6.264003, 9}},
  };
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.rule.kernel));
    CAPTURE(row.rule.antialias);
    // Six digits are given, in float32. Measured: 2.5e-6.
    CHECK(support::worst_error(first_row<Scalar>(row.rule, 3).data(), row.to_three.data(), 3) <
          6e-6);
    CHECK(support::worst_error(first_row<Scalar>(row.rule, 6).data(), row.to_six.data(), 6) < 6e-6);
  }
}

TEST_CASE("resample_grid gives PyTorch's grids") {
  const auto all = goldens();
  CHECK(all.size() == 48);
  for (const Golden& golden : all) {
    CAPTURE(golden.name);
    std::vector<float> result(golden.result.size());
    eigenvit::resample_grid(golden.rule, golden.grid.data(), Index{golden.in_height},
                            Index{golden.in_width}, Index{2}, Index{golden.out_height},
                            Index{golden.out_width}, result.data());
    // Measured: 1.7e-6, of values up to 3 out of 16 products each.
    CHECK(support::worst_error(result.data(), golden.result.data(),
                               static_cast<Index>(result.size())) < 4e-6);
  }
}

TEST_CASE_TEMPLATE("resample_grid copies a grid of the same size", Scalar, float, double) {
  const auto grid = support::random_values<Scalar>(3 * 4 * 5, 1);
  for (const bool bicubic : {false, true}) {
    for (const bool antialias : {false, true}) {
      std::vector<Scalar> result(grid.size());
      eigenvit::resample_grid(rule_of(bicubic, antialias), grid.data(), 3, 4, 5, 3, 4,
                              result.data());
      CHECK(support::same_bits(result.data(), grid.data(), 60));
    }
  }
}

TEST_CASE("resample_grid keeps a constant grid and leaves the memory around it alone") {
  const std::vector<float> grid(5 * 7 * 3, 0.75f);
  for (const float offset : {0.0f, 0.1f}) {
    for (const bool bicubic : {false, true}) {
      for (const bool antialias : {false, true}) {
        std::vector<float> result(9 * 2 * 3 + 2, -9.0f);
        eigenvit::resample_grid(rule_of(bicubic, antialias, offset), grid.data(), 5, 7, 3, 9, 2,
                                result.data() + 1);
        CHECK(result.front() == -9);
        CHECK(result.back() == -9);
        for (std::size_t i = 1; i + 1 < result.size(); ++i) {
          CHECK(result[i] == doctest::Approx(0.75).epsilon(1e-6));
        }
      }
    }
  }
}

TEST_CASE("Interpolation reads positions inside the grid, whose weights are 1 together") {
  for (const bool bicubic : {false, true}) {
    for (const bool antialias : {false, true}) {
      for (const Index in : {1, 2, 5, 37}) {
        for (const Index out : {1, 3, 16, 64}) {
          for (Index i = 0; i < out; ++i) {
            int count = 0;
            double total = 0;
            eigenvit::detail::for_each_tap(rule_of(bicubic, antialias), in, out, i,
                                           [&](Index source, float weight) {
                                             REQUIRE(source >= 0);
                                             REQUIRE(source < in);
                                             ++count;
                                             total += static_cast<double>(weight);
                                           });
            REQUIRE(count > 0);
            REQUIRE(total == doctest::Approx(1).epsilon(1e-6));
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("a crop of a square is its upper left part", Scalar, float, double) {
  const std::vector<Scalar> grid = {0, 1, 4, 9, 1, 0, 2, 5, 3, 1, 7, 2, 2, 2, 0, 1};
  GridInterpolation rule = rule_of(false, false);
  std::vector<Scalar> square(36), wide(12), high(18), own(8);
  eigenvit::resample_grid(rule, grid.data(), 4, 4, 1, 6, 6, square.data());
  rule.crops_square = true;
  eigenvit::resample_grid(rule, grid.data(), 4, 4, 1, 2, 6, wide.data());
  eigenvit::resample_grid(rule, grid.data(), 4, 4, 1, 6, 3, high.data());
  CHECK(wide == std::vector<Scalar>(square.begin(), square.begin() + 12));
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t col = 0; col < 3; ++col) CHECK(high[3 * row + col] == square[6 * row + col]);
  }
  eigenvit::resample_grid(rule, grid.data(), 4, 4, 1, 4, 2, own.data());
  CHECK(own == std::vector<Scalar>{0, 1, 1, 0, 3, 1, 2, 2});
}
