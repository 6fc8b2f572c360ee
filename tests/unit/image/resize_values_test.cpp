#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/resize_values.hpp>

using eigenvit::Filter;
using eigenvit::Index;
using eigenvit::detail::ValueAxis;
using eigenvit::detail::ValueResize;

namespace {

std::vector<float> resize_values(const std::vector<float>& plane, Index in_height, Index in_width,
                                 Index out_height, Index out_width, Filter filter) {
  const auto lay_out = [&](auto& memory) {
    const ValueAxis down(in_height, out_height, filter, memory);
    const ValueAxis across(in_width, out_width, filter, memory);
    return ValueResize<ValueAxis>(in_height, in_width, out_height, out_width, down, across, memory);
  };
  eigenvit::detail::WorkspaceSize size;
  lay_out(size);
  eigenvit::Workspace workspace;
  workspace.reset(size.bytes());
  const auto resize = lay_out(workspace);
  resize.fill();
  const float* const result = resize(plane.data());
  return std::vector<float>(result, result + out_height * out_width);
}

const std::vector<float> grid = {0, 1, 4, 9, 1, 0, 2, 5, 3, 1, 7, 2, 2, 2, 0, 1};

void check_row(const std::vector<float>& result, const std::vector<double>& expected) {
  REQUIRE(result.size() >= expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(static_cast<double>(result[i]) == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

}  // namespace

// torch.nn.functional.interpolate(grid, size, mode, antialias=True)
TEST_CASE("rows of PyTorch's antialiased interpolation") {
  check_row(resize_values(grid, 4, 4, 3, 3, Filter::bilinear), {0.42, 2.05, 6.48});
  check_row(resize_values(grid, 4, 4, 6, 6, Filter::bilinear), {0, 0.5, 1.5, 3.5, 6.5, 9});
  check_row(resize_values(grid, 4, 4, 3, 3, Filter::bicubic), {0.127450, 1.802765, 7.100812});
  check_row(resize_values(grid, 4, 4, 6, 6, Filter::bicubic),
            {-0.140235, 0.286378, 1.440911, 3.478679, 7.028638, 9.600762});
}

TEST_CASE("an axis that keeps its size is left as it is") {
  CHECK(resize_values(grid, 4, 4, 4, 4, Filter::bicubic) == grid);
  const auto wide = resize_values(grid, 4, 4, 4, 8, Filter::bilinear);
  REQUIRE(wide.size() == 32);
  CHECK(wide[0] == 0.0F);
  CHECK(wide[7] == 9.0F);
  const auto flat = resize_values(std::vector<float>(15, 2.5F), 3, 5, 7, 2, Filter::bicubic);
  REQUIRE(flat.size() == 14);
  for (const float value : flat) CHECK(value == doctest::Approx(2.5));
}
