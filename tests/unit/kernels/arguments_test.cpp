#include <doctest/doctest.h>

#include <eigenvit/kernels/arguments.hpp>

namespace kernels = eigenvit::kernels;

TEST_CASE("attention_scratch counts queries, output, scores and three values for each query") {
  CHECK(kernels::attention_scratch(64) == 2 * 32 * 64 + 104 * 32 + 3 * 32);
  static_assert(kernels::attention_scratch(0) == 107 * 32);
}

TEST_CASE("PackedHead has room for keys, an even number of values, and three numbers of a key") {
  const kernels::PackedHead head(197, 64);
  CHECK(head.values == 197 * 32);
  CHECK(head.key_scales == 197 * 32 + 99 * 64);
  CHECK(head.exponents - head.key_scales >= 197);
  CHECK(head.shares - head.exponents >= 197);
  CHECK(head.size - head.shares >= 197);
}

TEST_CASE("padded_width fills up to whole panels") {
  CHECK(kernels::padded_width(0) == 0);
  CHECK(kernels::padded_width(1) == 16);
  CHECK(kernels::padded_width(16) == 16);
  CHECK(kernels::padded_width(88) == 96);
}

TEST_CASE_TEMPLATE("Arguments begin as what does least", Scalar, float, double) {
  const kernels::GemmArguments<Scalar> g;
  CHECK(g.rows == 0);
  CHECK(g.outputs == 0);
  CHECK(g.bias == nullptr);
  CHECK(g.activation == eigenvit::Activation::none);
  CHECK(g.scale == nullptr);
  CHECK(!g.accumulate);
  CHECK(g.group_panels == 0);
  const kernels::AttentionArguments<Scalar> a;
  CHECK(a.queries == 0);
  CHECK(a.scale == 1);
  CHECK(a.probabilities == nullptr);
  const kernels::LayerNormArguments<Scalar> n;
  CHECK(n.rows == 0);
  CHECK(n.beta == nullptr);
}
