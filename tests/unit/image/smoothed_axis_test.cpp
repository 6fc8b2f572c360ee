#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/resize_values.hpp>
#include <eigenvit/image/smoothed_axis.hpp>

using eigenvit::Index;
using eigenvit::detail::SmoothedAxis;
using eigenvit::detail::ValueResize;

namespace {

void check(const std::vector<float>& row, Index padded, const std::vector<double>& expected) {
  CAPTURE(padded);
  CAPTURE(expected.size());
  const auto in = static_cast<Index>(row.size());
  const auto out = static_cast<Index>(expected.size());
  eigenvit::detail::WorkspaceSize size;
  SmoothedAxis(in, padded, out, size);
  eigenvit::Workspace workspace;
  workspace.reset(size.bytes());
  const SmoothedAxis axis(in, padded, out, workspace);
  CHECK(axis.keeps_values() == (in == padded && in == out));
  axis.fill();
  for (Index i = 0; i < out; ++i) {
    CHECK(static_cast<double>(axis.apply(i, row.data(), 1)) ==
          doctest::Approx(expected[static_cast<std::size_t>(i)]).epsilon(2e-6).scale(1));
  }
}

}  // namespace

// scipy.ndimage: zoom(gaussian_filter(x, max(0, (f - 1) / 2), mode="mirror"), 1 / f, order=1,
// mode="mirror", grid_mode=True), x the row and zeros.
TEST_CASE("SmoothedAxis gives scipy's numbers") {
  const std::vector<float> row = {0, 1, 4, 9, 1, 0, 2, 5, 3, 1, 7};
  check(row, 11, {1.623507, 3.747207, 2.719377, 3.141461});
  check(row, 11, {0, 1, 4, 9, 1, 0, 2, 5, 3, 1, 7});
  check(row, 11,
        {0.176471, 0.470588, 1.352941, 3.294118, 6.058824, 8.529411, 3.352941, 0.647059, 0,
         1.294118, 2.882353, 4.823529, 3.823529, 2.529412, 1.235294, 4.176471, 5.941176});
  check(row, 14, {1.686275, 3.549299, 2.856422, 3.156703, 0.240566});
  check(row, 11, {2.949235});
  check(row, 40, {2.321688, 0.268877, 0.000603});
}

TEST_CASE("SmoothedAxis takes axes shorter than its bell") {
  check({3}, 1, {3, 3, 3, 3});
  check({3, 5}, 2, {4});
  check({3}, 9, {0.412179, 0.001494});
}
