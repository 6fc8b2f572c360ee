#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/kernels/packed_matrix.hpp>
#include <eigenvit/kernels/reference.hpp>

#include "../framed.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::detail::PackedMatrix;
using support::Framed;
using support::random_values;

// The kernels have tests of their own, in generic/: here only that each operation reaches its
// kernel, with its arguments in their places. Bounds on |error| / (1 + |value|) are two to four
// times the largest that was measured.

TEST_CASE_TEMPLATE("ops::gemm is its twin", Scalar, float, double) {
  const Framed<Scalar> x(5, 31, 1);
  Framed<Scalar> y(5, 33, 2);
  Framed<Scalar> expected = y;
  const auto weight = random_values<Scalar>(33 * 31, 3);
  const auto bias = random_values<Scalar>(33, 4);
  const auto scale = random_values<Scalar>(33, 5);
  const PackedMatrix<Scalar> packed(weight, 33, 31);
  eigenvit::reference::Epilogue<Scalar> epilogue;
  epilogue.bias = bias.data();
  epilogue.activation = eigenvit::Activation::silu;
  epilogue.scale = scale.data();
  epilogue.accumulate = true;
  eigenvit::reference::linear(x.data(), 5, x.stride, weight.data(), 33, 31, epilogue,
                              expected.data(), expected.stride);
  eigenvit::kernels::GemmArguments<Scalar> g;
  g.x = x.data();
  g.rows = 5;
  g.x_stride = x.stride;
  g.depth = 31;
  g.panels = packed.panel(0).data();
  g.outputs = 33;
  g.bias = bias.data();
  g.activation = eigenvit::Activation::silu;
  g.scale = scale.data();
  g.accumulate = true;
  g.y = y.data();
  g.y_stride = y.stride;
  eigenvit::ops::gemm(g);
  CHECK(y.frame_is_whole());
  CHECK(support::worst_error(y, expected) < (sizeof(Scalar) == 4 ? 1.5e-6 : 4e-15));
}

TEST_CASE_TEMPLATE("ops::attention is its twin", Scalar, float, double) {
  constexpr Index tokens = 20, width = 16;
  const Framed<Scalar> qkv(tokens, 3 * width, 1);
  Framed<Scalar> out(tokens, width, 2);
  Framed<Scalar> expected = out;
  AlignedBuffer<Scalar> probabilities(tokens * tokens), expected_probabilities(tokens * tokens);
  AlignedBuffer<Scalar> scratch(
      static_cast<std::size_t>(eigenvit::kernels::attention_scratch(width)));
  eigenvit::reference::attention(qkv.data(), tokens, qkv.data() + width, qkv.data() + 2 * width,
                                 tokens, width, qkv.stride, 0.25, expected_probabilities.data(),
                                 expected.data(), expected.stride);
  eigenvit::kernels::AttentionArguments<Scalar> a;
  a.q = qkv.data();
  a.k = qkv.data() + width;
  a.v = qkv.data() + 2 * width;
  a.queries = a.keys = tokens;
  a.width = a.out_width = width;
  a.q_stride = a.kv_stride = qkv.stride;
  a.scale = Scalar(0.25);
  a.out = out.data();
  a.out_stride = out.stride;
  a.probabilities = probabilities.data();
  a.scratch = scratch.data();
  eigenvit::ops::attention(a);
  CHECK(out.frame_is_whole());
  const double bound = sizeof(Scalar) == 4 ? 4e-7 : 8e-16;
  CHECK(support::worst_error(out, expected) < bound);
  CHECK(support::worst_error(probabilities.data(), expected_probabilities.data(), tokens * tokens) <
        bound);
}

TEST_CASE_TEMPLATE("ops::layer_norm is its twin", Scalar, float, double) {
  const Framed<Scalar> x(3, 37, 1);
  Framed<Scalar> y(3, 37, 2);
  Framed<Scalar> expected = y;
  const auto gamma = random_values<Scalar>(37, 3);
  const auto beta = random_values<Scalar>(37, 4);
  const Scalar eps = Scalar(0.01);
  eigenvit::kernels::LayerNormArguments<Scalar> n;
  n.x = x.data();
  n.rows = 3;
  n.x_stride = x.stride;
  n.size = 37;
  n.gamma = gamma.data();
  n.beta = beta.data();
  n.eps = eps;
  n.y = y.data();
  n.y_stride = y.stride;
  eigenvit::ops::layer_norm(n);
  for (Index r = 0; r < 3; ++r) {
    eigenvit::reference::layer_norm_row(&x(r, 0), 37, gamma.data(), beta.data(),
                                        static_cast<double>(eps), &expected(r, 0));
  }
  CHECK(y.frame_is_whole());
  CHECK(support::worst_error(y, expected) < (sizeof(Scalar) == 4 ? 4e-7 : 1e-15));
}

TEST_CASE_TEMPLATE("ops::sum_rows is its twin", Scalar, float, double) {
  const Framed<Scalar> x(7, 19, 1);
  Framed<Scalar> y(1, 19, 2);
  Framed<Scalar> expected = y;
  eigenvit::ops::sum_rows(x.data(), 7, x.stride, 19, Scalar(0.25), y.data());
  eigenvit::reference::sum_rows(x.data(), 7, x.stride, 19, Scalar(0.25), expected.data());
  CHECK(y.frame_is_whole());
  CHECK(support::worst_error(y, expected) < (sizeof(Scalar) == 4 ? 3e-7 : 5e-16));
}

TEST_CASE_TEMPLATE("ops::panel_packer is its twin", Scalar, float, double) {
  const Framed<Scalar> matrix(16, 13, 1);
  const Scalar* rows[16];
  for (Index o = 0; o < 16; ++o) rows[o] = &matrix(15 - o, 0);
  AlignedBuffer<Scalar> packed(13 * 16), expected(13 * 16);
  eigenvit::ops::panel_packer<Scalar>()(rows, 13, packed.data());
  eigenvit::reference::pack_panel(rows, 13, expected.data());
  CHECK(support::same_bits(packed, expected));
}

TEST_CASE_TEMPLATE("ops::rotate is its twin", Scalar, float, double) {
  for (const bool halves : {false, true}) {
    Framed<Scalar> x(3, 22, 1);
    Framed<Scalar> expected = x;
    const Framed<Scalar> angles(3, 11, 2, 6);
    Framed<Scalar> cos(3, 22, 3), sin(3, 22, 4);
    for (Index r = 0; r < 3; ++r) {
      eigenvit::reference::rotate_row(&expected(r, 0), 22, &angles(r, 0), halves);
      for (Index i = 0; i < 11; ++i) {
        const Index first = halves ? i : 2 * i;
        const Index second = halves ? i + 11 : 2 * i + 1;
        cos(r, first) = cos(r, second) = std::cos(angles(r, i));
        sin(r, second) = std::sin(angles(r, i));
        sin(r, first) = -sin(r, second);
      }
    }
    eigenvit::kernels::RotationArguments<Scalar> task;
    task.x = x.data();
    task.rows = 3;
    task.x_stride = x.stride;
    task.size = 22;
    task.cos = cos.data();
    task.sin = sin.data();
    task.table_stride = cos.stride;
    task.halves = halves;
    eigenvit::ops::rotate(task);
    CHECK(x.frame_is_whole());
    CHECK(support::worst_error(x, expected) < (sizeof(Scalar) == 4 ? 4e-7 : 1e-15));
  }
}

TEST_CASE_TEMPLATE("ops::gate and ops::add_row are their twins", Scalar, float, double) {
  const Framed<Scalar> a(1, 37, 1, 3), b(1, 37, 2);
  Framed<Scalar> y(1, 37, 3);
  Framed<Scalar> expected = y;
  eigenvit::ops::gate(eigenvit::Activation::silu, a.data(), b.data(), 37, y.data());
  eigenvit::reference::gate(eigenvit::Activation::silu, a.data(), b.data(), 37, expected.data());
  CHECK(y.frame_is_whole());
  CHECK(support::worst_error(y, expected) < (sizeof(Scalar) == 4 ? 6e-7 : 1e-15));
  eigenvit::ops::activate(eigenvit::Activation::relu, a.data(), 37, y.data());
  CHECK(y.frame_is_whole());
  for (Index i = 0; i < 37; ++i) CHECK(y.data()[i] == std::max(a.data()[i], Scalar(0)));
  expected = y;
  eigenvit::ops::add_row(a.data(), 37, y.data());
  eigenvit::reference::add_row(a.data(), 37, expected.data());
  CHECK(y.is_part_of(expected));
}

TEST_CASE("ops::tile_rows is that of the kernels in use") {
  CHECK(eigenvit::ops::tile_rows<float>() == eigenvit::kernels::active_kernels().tile_rows);
  CHECK(eigenvit::ops::tile_rows<double>() >= 1);
}
