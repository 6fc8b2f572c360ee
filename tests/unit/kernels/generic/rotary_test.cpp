#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>

#include "../../framed.hpp"
#include "../tables.hpp"

using eigenvit::Index;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::RotationArguments;
using support::Framed;
using support::kernel_tables;

namespace {

/// Cosines and signed sines of some angles, as the kernel takes them.
struct Tables {
  Framed<float> cos, sin;

  Tables(const Framed<float>& angles, bool halves)
      : cos(angles.rows, 2 * angles.cols, 1), sin(angles.rows, 2 * angles.cols, 1) {
    for (Index r = 0; r < angles.rows; ++r) {
      for (Index i = 0; i < angles.cols; ++i) {
        const Index first = halves ? i : 2 * i;
        const Index second = halves ? i + angles.cols : 2 * i + 1;
        cos(r, first) = cos(r, second) = std::cos(angles(r, i));
        sin(r, second) = std::sin(angles(r, i));
        sin(r, first) = -sin(r, second);
      }
    }
  }
};

Framed<float> rotate(const KernelTable& table, Framed<float> x, const Tables& tables, bool halves) {
  RotationArguments<float> task;
  task.x = x.data();
  task.rows = x.rows;
  task.x_stride = x.stride;
  task.size = x.cols;
  task.cos = tables.cos.data();
  task.sin = tables.sin.data();
  task.table_stride = tables.cos.stride;
  task.halves = halves;
  table.rotate(task);
  return x;
}

}  // namespace

TEST_CASE("rotate is its twin over odd sizes, the same bits for the sets that agree") {
  double worst = 0;
  for (const bool halves : {false, true}) {
    CAPTURE(halves);
    for (Index half = 1; half <= 66; half += half < 34 ? 1 : 16) {
      CAPTURE(half);
      const Framed<float> x(5, 2 * half, 1, 3);
      const Framed<float> angles(5, half, 2, 20);
      const Tables tables(angles, halves);
      Framed<float> expected = x;
      for (Index r = 0; r < x.rows; ++r) {
        eigenvit::reference::rotate_row(&expected(r, 0), x.cols, &angles(r, 0), halves);
      }
      const Framed<float> first = rotate(*kernel_tables().front(), x, tables, halves);
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        const Framed<float> y = rotate(*table, x, tables, halves);
        CHECK(y.frame_is_whole());
        worst = std::max(worst, support::worst_error(y, expected));
        if (support::agree(*table, *kernel_tables().front())) CHECK(y.is_part_of(first));
      }
    }
  }
  CHECK(worst < 4e-7);
}

TEST_CASE("rotate keeps NaN in its pair, and huge values finite where they can be") {
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    for (const bool halves : {false, true}) {
      for (const Index half : {3, 20}) {
        const Framed<float> angles(2, half, 2, 3);
        const Tables tables(angles, halves);
        const Framed<float> clean(2, 2 * half, 1);
        const Framed<float> before = rotate(*table, clean, tables, halves);
        for (const Index at : {Index{0}, 2 * half - 1}) {
          Framed<float> x = clean;
          x(1, at) = support::not_a_number;
          const Framed<float> y = rotate(*table, x, tables, halves);
          const Index partner = halves ? (at + half) % (2 * half) : at ^ 1;
          bool right = true;
          for (Index i = 0; i < 2 * half; ++i) {
            right = right && support::same_bits(y(0, i), before(0, i)) &&
                    (i == at || i == partner ? support::is_nan(y(1, i))
                                             : support::same_bits(y(1, i), before(1, i)));
          }
          CHECK(right);
        }
        const Framed<float> huge(2, 2 * half, 1, 1e38);
        const Framed<float> y = rotate(*table, huge, tables, halves);
        for (Index i = 0; i < 2 * half; ++i) CHECK(std::abs(y(0, i)) < 2e38f);
      }
    }
  }
}
