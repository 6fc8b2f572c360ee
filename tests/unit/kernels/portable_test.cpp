#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <eigenvit/kernels/packed_matrix.hpp>
#include <eigenvit/kernels/portable.hpp>
#include <eigenvit/kernels/reference.hpp>

#include "../framed.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::detail::PackedMatrix;
using support::Framed;
using support::random_values;
namespace kernels = eigenvit::kernels;

// Bounds on |error| / (1 + |value|) are two to four times the largest that was measured.

TEST_CASE("portable::activate gives ReLU of infinities as of other numbers") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(kernels::portable::activate(eigenvit::Activation::relu, -infinity) == 0);
  CHECK(kernels::portable::activate(eigenvit::Activation::relu, -2.0) == 0);
  CHECK(kernels::portable::activate(eigenvit::Activation::relu, 3.0) == 3);
}

TEST_CASE("portable::gemm reads inputs in runs as in one piece") {
  constexpr Index rows = 4, run = 5, runs = 3, pitch = 20;
  const auto map = random_values<double>(rows * 2 + (runs - 1) * pitch + run, 1);
  const auto weight = random_values<double>(run * runs, 2);
  const PackedMatrix<double> packed(weight, 1, run * runs);
  Framed<double> y(rows, 1, 3);
  kernels::GemmArguments<double> g;
  g.x = map.data();
  g.rows = rows;
  g.x_stride = 2;
  g.depth = run * runs;
  g.runs = runs;
  g.run_stride = pitch;
  g.panels = packed.panel(0).data();
  g.outputs = 1;
  g.y = y.data();
  g.y_stride = y.stride;
  kernels::portable::gemm(g);
  for (Index r = 0; r < rows; ++r) {
    double sum = 0;
    for (Index i = 0; i < run * runs; ++i) {
      sum += map[static_cast<std::size_t>(2 * r + i / run * pitch + i % run)] *
             weight[static_cast<std::size_t>(i)];
    }
    CHECK(y(r, 0) == doctest::Approx(sum));
  }
}

TEST_CASE("portable::gemm over odd sizes, with every epilogue and in groups") {
  double worst = 0;
  for (const Index depth : {1, 7, 197}) {
    for (const Index outputs : {1, 15, 16, 17, 48}) {
      const Framed<double> x(3, depth, 1);
      const auto weight = random_values<double>(outputs * depth, 2);
      const auto bias = random_values<double>(outputs, 3);
      const auto scale = random_values<double>(outputs, 4);
      const PackedMatrix<double> packed(weight, outputs, depth);
      for (int choice = 0; choice < 8 * 7; ++choice) {
        eigenvit::reference::Epilogue<double> epilogue;
        epilogue.activation = static_cast<eigenvit::Activation>(choice / 8);
        epilogue.bias = choice & 1 ? bias.data() : nullptr;
        epilogue.scale = choice & 2 ? scale.data() : nullptr;
        epilogue.accumulate = (choice & 4) != 0;
        Framed<double> y(3, outputs, 5);
        Framed<double> expected = y;
        eigenvit::reference::linear(x.data(), 3, x.stride, weight.data(), outputs, depth, epilogue,
                                    expected.data(), expected.stride);
        kernels::GemmArguments<double> g;
        g.x = x.data();
        g.rows = 3;
        g.x_stride = x.stride;
        g.depth = depth;
        g.panels = packed.panel(0).data();
        g.outputs = outputs;
        g.bias = epilogue.bias;
        g.activation = epilogue.activation;
        g.scale = epilogue.scale;
        g.accumulate = epilogue.accumulate;
        g.y = y.data();
        g.y_stride = y.stride;
        kernels::portable::gemm(g);
        CHECK(y.frame_is_whole());
        worst = std::max(worst, support::worst_error(y, expected));
        if (outputs != 48 || epilogue.accumulate) continue;
        // Each panel into a matrix of its own, beginning with the second of them.
        AlignedBuffer<double> groups(4 * 3 * 16, 0.0);
        g.y = groups.data();
        g.y_stride = 16;
        g.group_panels = 1;
        g.group_stride = 3 * 16;
        g.group_offset = 1;
        kernels::portable::gemm(g);
        for (Index o = 0; o < 48; ++o) {
          for (Index r = 0; r < 3; ++r) {
            CHECK(groups[static_cast<std::size_t>((o / 16 + 1) * 48 + r * 16 + o % 16)] == y(r, o));
          }
        }
      }
    }
  }
  CHECK(worst < 8e-15);  // measured: 2.4e-15
}

TEST_CASE("portable::attention over odd sizes") {
  double worst = 0;
  for (const Index keys : {1, 2, 31, 100}) {
    for (const Index width : {1, 3, 16}) {
      const Framed<double> qkv(std::max<Index>(keys, 5), 3 * width, 1);
      Framed<double> out(5, width, 2);
      Framed<double> expected = out;
      AlignedBuffer<double> scores(static_cast<std::size_t>(5 * keys + 1), support::canary);
      AlignedBuffer<double> expected_scores = scores;
      eigenvit::reference::attention(qkv.data(), 5, qkv.data() + width, qkv.data() + 2 * width,
                                     keys, width, qkv.stride, 0.3, expected_scores.data(),
                                     expected.data(), expected.stride);
      kernels::AttentionArguments<double> a;
      a.q = qkv.data();
      a.k = qkv.data() + width;
      a.v = qkv.data() + 2 * width;
      a.queries = 5;
      a.keys = keys;
      a.width = a.out_width = width;
      a.q_stride = a.kv_stride = qkv.stride;
      a.scale = 0.3;
      a.out = out.data();
      a.out_stride = out.stride;
      kernels::portable::attention(a);
      CHECK(out.frame_is_whole());
      worst = std::max(worst, support::worst_error(out, expected));
      a.probabilities = scores.data();
      kernels::portable::attention(a);
      worst = std::max(worst, support::worst_error(scores.data(), expected_scores.data(),
                                                   static_cast<Index>(scores.size())));
    }
  }
  CHECK(worst < 2e-16);  // measured: 0, where products are rounded before they are summed
}

TEST_CASE("portable::layer_norm over odd sizes, in place too") {
  double worst = 0;
  for (const Index size : {1, 2, 33, 100}) {
    const Framed<double> x(2, size, 1, 3);
    const auto gamma = random_values<double>(size, 2);
    const auto beta = random_values<double>(size, 3);
    for (const double* const shift : {beta.data(), static_cast<const double*>(nullptr)}) {
      Framed<double> y = x;
      Framed<double> expected = x;
      kernels::LayerNormArguments<double> n;
      n.x = n.y = y.data();
      n.rows = 2;
      n.x_stride = n.y_stride = y.stride;
      n.size = size;
      n.gamma = gamma.data();
      n.beta = shift;
      n.eps = 1e-6;
      kernels::portable::layer_norm(n);
      for (Index r = 0; r < 2; ++r) {
        eigenvit::reference::layer_norm_row(&x(r, 0), size, gamma.data(), shift, 1e-6,
                                            &expected(r, 0));
      }
      CHECK(y.frame_is_whole());
      worst = std::max(worst, support::worst_error(y, expected));
    }
  }
  CHECK(worst < 5e-16);  // measured: 1.4e-16
}

TEST_CASE("portable::sum_rows over odd sizes") {
  for (const Index rows : {0, 1, 5}) {
    const Framed<double> x(rows, 7, 1);
    Framed<double> y(1, 7, 2), expected(1, 7, 2);
    kernels::portable::sum_rows(x.data(), rows, x.stride, Index{7}, 0.5, y.data());
    eigenvit::reference::sum_rows(x.data(), rows, x.stride, 7, 0.5, expected.data());
    CHECK(y.is_part_of(expected));
  }
}

TEST_CASE("portable::pack_panel turns rows, wherever they stand") {
  const Framed<double> matrix(16, 5, 1);
  const double* rows[16];
  for (Index o = 0; o < 16; ++o) rows[o] = &matrix(o * 3 % 16, 0);
  Framed<double> panel(1, 5 * 16, 2);
  kernels::portable::pack_panel(rows, Index{5}, panel.data());
  CHECK(panel.frame_is_whole());
  bool right = true;
  for (Index i = 0; i < 5; ++i) {
    for (Index o = 0; o < 16; ++o) right = right && panel(0, i * 16 + o) == matrix(o * 3 % 16, i);
  }
  CHECK(right);
}
