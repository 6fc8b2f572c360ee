#include <algorithm>
#include <array>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>

#include "../../framed.hpp"
#include "../tables.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::LayerNormArguments;
using support::Framed;
using support::kernel_tables;
using support::random_values;

namespace {

constexpr float eps = 1e-6f;

Framed<float> normalise(const KernelTable& table, const Framed<float>& x,
                        const AlignedBuffer<float>& gamma, const float* beta,
                        bool centered = true) {
  Framed<float> y(x.rows, x.cols, 4);
  LayerNormArguments<float> n;
  n.centered = centered;
  n.x = x.data();
  n.rows = x.rows;
  n.x_stride = x.stride;
  n.size = x.cols;
  n.gamma = gamma.data();
  n.beta = beta;
  n.eps = eps;
  n.y = y.data();
  n.y_stride = y.stride;
  table.layer_norm(n);
  // In place, the same.
  Framed<float> same = x;
  n.x = n.y = same.data();
  table.layer_norm(n);
  CHECK(same.is_part_of(y));
  return y;
}

Framed<float> expected(const Framed<float>& x, const AlignedBuffer<float>& gamma,
                       const float* beta) {
  Framed<float> y(x.rows, x.cols, 4);
  for (Index r = 0; r < x.rows; ++r) {
    eigenvit::reference::layer_norm_row(&x(r, 0), x.cols, gamma.data(), beta, double(eps),
                                        &y(r, 0));
  }
  return y;
}

}  // namespace

TEST_CASE("layer_norm is its twin over odd sizes, the same bits for the sets that agree") {
  double worst = 0;
  for (Index step = 1; step <= 45; ++step) {
    const Index size = step <= 40 ? step : std::array<Index, 5>{64, 192, 197, 768, 1000}[step - 41];
    CAPTURE(size);
    const Framed<float> x(3, size, 1, 3);
    const auto gamma = random_values<float>(size, 2);
    const auto beta = random_values<float>(size, 3);
    for (const float* const shift : {beta.data(), static_cast<const float*>(nullptr)}) {
      const Framed<float> reference = expected(x, gamma, shift);
      const Framed<float> first = normalise(*kernel_tables().front(), x, gamma, shift);
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        const Framed<float> y = normalise(*table, x, gamma, shift);
        worst = std::max(worst, support::worst_error(y, reference));
        CHECK(y.frame_is_whole());
        if (support::agree(*table, *kernel_tables().front())) CHECK(y.is_part_of(first));
      }
    }
  }
  CHECK(worst < 4e-7);  // measured: 1.4e-7
}

TEST_CASE("layer_norm that is not centered is RMSNorm") {
  double worst = 0;
  for (const Index size : {1, 2, 15, 16, 17, 31, 64, 197, 768}) {
    CAPTURE(size);
    Framed<float> x(3, size, 1, 3);
    // Far from a mean of zero, so that a mean that is subtracted shows.
    for (Index i = 0; i < size; ++i) x(1, i) += 2;
    const auto gamma = random_values<float>(size, 2);
    Framed<float> reference(3, size, 4);
    for (Index r = 0; r < 3; ++r) {
      eigenvit::reference::rms_norm_row(&x(r, 0), size, gamma.data(), double(eps),
                                        &reference(r, 0));
    }
    const Framed<float> first = normalise(*kernel_tables().front(), x, gamma, nullptr, false);
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      const Framed<float> y = normalise(*table, x, gamma, nullptr, false);
      worst = std::max(worst, support::worst_error(y, reference));
      CHECK(y.frame_is_whole());
      if (support::agree(*table, *kernel_tables().front())) CHECK(y.is_part_of(first));
    }
  }
  CHECK(worst < 4e-7);
}

TEST_CASE("layer_norm far from zero, of a constant row, of huge and of tiny values") {
  const AlignedBuffer<float> ones(100, 1.0f);
  const AlignedBuffer<float> beta(100, 0.25f);
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    Framed<float> far(1, 100, 1);
    for (Index i = 0; i < 100; ++i) far(0, i) += 1000;
    // The mean itself carries an error of half a unit in the last place of 1000. Measured: 6.4e-5.
    CHECK(support::worst_error(normalise(*table, far, ones, beta.data()),
                               expected(far, ones, beta.data())) < 1.5e-4);

    Framed<float> flat(1, 100, 1, 0);
    for (Index i = 0; i < 100; ++i) flat(0, i) = 3;
    // The squares of 1e30 overflow in float, and the row collapses to its bias, as PyTorch's does;
    // those of 1e-30 vanish beside eps.
    for (const Framed<float>& row : {flat, Framed<float>(1, 100, 1, 1e30)}) {
      const Framed<float> y = normalise(*table, row, ones, beta.data());
      for (Index i = 0; i < 100; ++i) CHECK(y(0, i) == 0.25f);
    }
    const Framed<float> tiny(1, 100, 1, 1e-30);
    CHECK(support::worst_error(normalise(*table, tiny, ones, nullptr),
                               expected(tiny, ones, nullptr)) < 1e-26);
  }
}

TEST_CASE("layer_norm keeps NaN and infinities in their row") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (const Index size : {3, 16, 33}) {
      const AlignedBuffer<float> ones(static_cast<std::size_t>(size), 1.0f);
      const Framed<float> clean(3, size, 1);
      const Framed<float> before = normalise(*table, clean, ones, nullptr);
      for (const float bad : {support::not_a_number, support::infinity, -support::infinity}) {
        for (const Index at : {Index{0}, size - 1}) {
          Framed<float> x = clean;
          x(1, at) = bad;
          const Framed<float> y = normalise(*table, x, ones, nullptr);
          bool right = true;
          for (Index i = 0; i < size; ++i) {
            right = right && support::same_bits(y(0, i), before(0, i)) &&
                    support::is_nan(y(1, i)) && support::same_bits(y(2, i), before(2, i));
          }
          CHECK(right);
        }
      }
    }
  }
}
