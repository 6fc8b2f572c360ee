#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/kernels/reference.hpp>

#include "../support.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::PackedMatrix;
using eigenvit::ops::Epilogue;
using support::random_values;
using support::worst_error;

namespace {

constexpr Index sizes[] = {1, 2, 3, 7, 15, 16, 17, 31, 33, 64, 100, 197};
constexpr double canary = -12345;

/// A matrix `[rows, cols]` inside memory that is `margin` wider on each side and full of canaries.
template <class Scalar>
struct Framed {
  static constexpr Index margin = 3;
  Index rows, cols, stride;
  AlignedBuffer<Scalar> memory;

  Framed(Index row_count, Index col_count, std::uint64_t seed)
      : rows(row_count),
        cols(col_count),
        stride(col_count + 2 * margin),
        memory(static_cast<std::size_t>((row_count + 2) * stride), Scalar(canary)) {
    support::Random random(seed);
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c) data()[r * stride + c] = static_cast<Scalar>(random());
    }
  }

  Scalar* data() { return memory.data() + stride + margin; }

  bool frame_is_whole() const {
    for (Index i = 0; i < static_cast<Index>(memory.size()); ++i) {
      const Index row = i / stride - 1;
      const Index col = i % stride - margin;
      const bool inside = row >= 0 && row < rows && col >= 0 && col < cols;
      if (!inside && memory[static_cast<std::size_t>(i)] != Scalar(canary)) return false;
    }
    return true;
  }
};

/// Error of `ops::linear` for the outputs `[first, first + count)`; 1 where it wrote elsewhere.
template <class Scalar>
double linear_error(Index rows, Index inputs, Index outputs, Index first, Index count,
                    Epilogue<Scalar> epilogue) {
  Framed<Scalar> x(rows, inputs, 1);
  Framed<Scalar> y(rows, count, 2);
  const auto weight = random_values<Scalar>(outputs * inputs, 3);
  Framed<Scalar> expected = y;
  eigenvit::reference::linear(x.data(), rows, x.stride, weight.data() + first * inputs, count,
                              inputs, epilogue, expected.data(), expected.stride);
  eigenvit::ops::linear(x.data(), rows, x.stride, PackedMatrix<Scalar>(weight, outputs, inputs),
                        first, count, epilogue, y.data(), y.stride);
  if (!y.frame_is_whole()) return 1;
  return worst_error(y.memory.data(), expected.memory.data(), static_cast<Index>(y.memory.size()));
}

/// Whether `call(data)`, which changes `count` values in place, gives the same bits wherever in
/// memory they lie.
template <class Scalar, class Call>
bool same_at_every_offset(const AlignedBuffer<Scalar>& values, const Call& call) {
  const auto count = static_cast<Index>(values.size());
  AlignedBuffer<Scalar> first;
  for (Index offset = 0; offset < 16; ++offset) {
    AlignedBuffer<Scalar> memory(static_cast<std::size_t>(count + 16));
    std::copy_n(values.data(), count, memory.data() + offset);
    call(memory.data() + offset);
    const AlignedBuffer<Scalar> result(memory.data() + offset, memory.data() + offset + count);
    if (offset == 0) first = result;
    if (!support::same_bits(first, result)) return false;
  }
  return true;
}

}  // namespace

// Bounds on |error| / (1 + |value|) are two to four times the largest that was measured over SSE,
// AVX2 and -Ofast, which for float is: linear 3.0e-6, with epilogues 5.2e-7, layer norm 2.1e-7,
// softmax 3.1e-8, attention 1.2e-7; for double 3.9e-15, 1.4e-15, 2.9e-16, 1.2e-16 and 2.3e-16.

TEST_CASE_TEMPLATE("linear over odd sizes", Scalar, float, double) {
  double worst = 0;
  for (const Index rows : {1, 2, 7, 17, 33}) {
    for (const Index inputs : sizes) {
      for (const Index outputs : sizes) {
        worst = std::max(worst, linear_error<Scalar>(rows, inputs, outputs, 0, outputs, {}));
      }
    }
  }
  worst = std::max(worst, linear_error<Scalar>(197, 197, 64, 0, 64, {}));
  CHECK(worst < (sizeof(Scalar) == 4 ? 6e-6 : 1e-14));
}

TEST_CASE_TEMPLATE("linear with every epilogue, for a part of the outputs", Scalar, float, double) {
  const auto bias = random_values<Scalar>(33, 4);
  const auto scale = random_values<Scalar>(33, 5);
  double worst = 0;
  for (int choice = 0; choice < 8 * 7; ++choice) {
    Epilogue<Scalar> epilogue;
    epilogue.activation = static_cast<Activation>(choice / 8);
    epilogue.bias = choice & 1 ? bias.data() : nullptr;
    epilogue.scale = choice & 2 ? scale.data() : nullptr;
    epilogue.accumulate = (choice & 4) != 0;
    worst = std::max(worst, linear_error<Scalar>(5, 31, 40, 7, 33, epilogue));
    worst = std::max(worst, linear_error<Scalar>(1, 16, 40, 0, 16, epilogue));
    worst = std::max(worst, linear_error<Scalar>(2, 3, 1, 0, 1, epilogue));
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 1.5e-6 : 4e-15));
}

TEST_CASE_TEMPLATE("linear of no rows, and of large values", Scalar, float, double) {
  CHECK(linear_error<Scalar>(0, 5, 7, 0, 7, {}) == 0);
  // 1e30 and -1e30 side by side; the products must not meet an overflow on the way.
  AlignedBuffer<Scalar> x{Scalar(1e30), Scalar(-1e30), Scalar(1), Scalar(1e30)};
  const PackedMatrix<Scalar> weight(AlignedBuffer<Scalar>{1, 1, 0.5, 2}, 2, 2);
  AlignedBuffer<Scalar> y(4);
  eigenvit::ops::linear<Scalar>(x.data(), 2, 2, weight, 0, 2, {}, y.data(), 2);
  CHECK(y[0] == 0);
  CHECK(y[1] == doctest::Approx(-1.5e30));
  CHECK(y[2] == doctest::Approx(1e30));
  CHECK(y[3] == doctest::Approx(2e30));
}

TEST_CASE_TEMPLATE("layer_norm_row over odd sizes", Scalar, float, double) {
  double worst = 0;
  for (const Index size : sizes) {
    const auto x = random_values<Scalar>(size, 1, 3, 1);
    const auto gamma = random_values<Scalar>(size, 2);
    const auto beta = random_values<Scalar>(size, 3);
    for (const Scalar* shift : {beta.data(), static_cast<const Scalar*>(nullptr)}) {
      AlignedBuffer<Scalar> y(static_cast<std::size_t>(size + 1), Scalar(canary));
      AlignedBuffer<Scalar> expected(static_cast<std::size_t>(size));
      const Scalar eps = Scalar(1e-6);
      eigenvit::ops::layer_norm_row(x.data(), size, gamma.data(), shift, eps, y.data());
      eigenvit::reference::layer_norm_row(x.data(), size, gamma.data(), shift, eps,
                                          expected.data());
      worst = std::max(worst, worst_error(y.data(), expected.data(), size));
      CHECK(y.back() == Scalar(canary));
      // In place.
      AlignedBuffer<Scalar> same = x;
      eigenvit::ops::layer_norm_row(same.data(), size, gamma.data(), shift, eps, same.data());
      CHECK(support::same_bits(same.data(), y.data(), size));
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 5e-7 : 1e-15));
}

TEST_CASE_TEMPLATE("layer_norm_row far from zero, of a constant row and of large values", Scalar,
                   float, double) {
  const AlignedBuffer<Scalar> ones(100, Scalar(1));
  const AlignedBuffer<Scalar> beta(100, Scalar(0.25));
  AlignedBuffer<Scalar> y(100);
  AlignedBuffer<Scalar> expected(100);
  const auto far = random_values<Scalar>(100, 1, 1, 1000);
  eigenvit::ops::layer_norm_row(far.data(), 100, ones.data(), beta.data(), Scalar(1e-6), y.data());
  eigenvit::reference::layer_norm_row(far.data(), 100, ones.data(), beta.data(), 1e-6,
                                      expected.data());
  // The mean itself carries an error of eps * 1000.
  CHECK(worst_error(y.data(), expected.data(), 100) < (sizeof(Scalar) == 4 ? 1.5e-4 : 3e-12));

  const AlignedBuffer<Scalar> flat(100, Scalar(3));
  eigenvit::ops::layer_norm_row(flat.data(), 100, ones.data(), beta.data(), Scalar(1e-6), y.data());
  for (const Scalar value : y) CHECK(value == Scalar(0.25));

#if !defined(__FAST_MATH__)
  // The squares overflow in float, and the row collapses to its bias, as PyTorch's does.
  const auto large = random_values<Scalar>(100, 1, 1e30);
  eigenvit::ops::layer_norm_row(large.data(), 100, ones.data(), beta.data(), Scalar(1e-6),
                                y.data());
  eigenvit::reference::layer_norm_row(large.data(), 100, ones.data(), beta.data(), 1e-6,
                                      expected.data());
  if (sizeof(Scalar) == 4) std::fill(expected.begin(), expected.end(), Scalar(0.25));
  CHECK(worst_error(y.data(), expected.data(), 100) < 1e-15);
#endif
}

TEST_CASE_TEMPLATE("softmax_row over odd sizes and spreads", Scalar, float, double) {
  double worst = 0;
  for (const Index size : sizes) {
    for (const double spread : {1.0, 50.0, 1e4, 1e30}) {
      auto row = random_values<Scalar>(size + 1, 1, spread);
      row.back() = Scalar(canary);
      auto expected = row;
      eigenvit::ops::softmax_row(row.data(), size);
      eigenvit::reference::softmax_row(expected.data(), size);
      worst = std::max(worst, worst_error(row.data(), expected.data(), size));
      CHECK(row.back() == Scalar(canary));
      double total = 0;
      for (Index i = 0; i < size; ++i)
        total += static_cast<double>(row[static_cast<std::size_t>(i)]);
      CHECK(total == doctest::Approx(1).epsilon(1e-6));
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 1e-7 : 4e-16));
}

TEST_CASE_TEMPLATE("attention over odd sizes", Scalar, float, double) {
  double worst = 0;
  for (const Index queries : {1, 2, 7, 17, 33}) {
    for (const Index keys : {1, 2, 3, 16, 31, 100, 197}) {
      for (const Index head_dim : {1, 3, 8, 16, 33, 64}) {
        Framed<Scalar> qkv(std::max(queries, keys), 3 * head_dim, 1);
        Framed<Scalar> out(queries, head_dim, 2);
        AlignedBuffer<Scalar> scores(static_cast<std::size_t>(queries * keys + 1), Scalar(canary));
        auto expected_out = out;
        auto expected_scores = scores;
        const Scalar scale = Scalar(1) / std::sqrt(Scalar(head_dim));
        eigenvit::ops::attention(qkv.data(), queries, qkv.data() + head_dim,
                                 qkv.data() + 2 * head_dim, keys, head_dim, qkv.stride, scale,
                                 scores.data(), out.data(), out.stride);
        eigenvit::reference::attention(qkv.data(), queries, qkv.data() + head_dim,
                                       qkv.data() + 2 * head_dim, keys, head_dim, qkv.stride,
                                       static_cast<double>(scale), expected_scores.data(),
                                       expected_out.data(), out.stride);
        CHECK(out.frame_is_whole());
        CHECK(scores.back() == Scalar(canary));
        worst = std::max({worst, worst_error(scores.data(), expected_scores.data(), queries * keys),
                          worst_error(out.memory.data(), expected_out.memory.data(),
                                      static_cast<Index>(out.memory.size()))});
      }
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 3e-7 : 8e-16));
}

TEST_CASE_TEMPLATE("Every operation gives the same bits wherever its data lies", Scalar, float,
                   double) {
  using namespace eigenvit;
  for (const Index size : {1, 5, 16, 33, 100}) {
    CAPTURE(size);
    const auto values = random_values<Scalar>(size, 1, 3);
    const auto gamma = random_values<Scalar>(size, 2);
    CHECK(same_at_every_offset(values, [&](Scalar* row) {
      ops::layer_norm_row(row, size, gamma.data(), gamma.data(), Scalar(1e-6), row);
    }));
    CHECK(same_at_every_offset(values, [&](Scalar* row) { ops::softmax_row(row, size); }));
    for (int activation = 0; activation < 7; ++activation) {
      Epilogue<Scalar> epilogue;
      epilogue.bias = epilogue.scale = gamma.data();
      epilogue.activation = static_cast<Activation>(activation);
      CHECK(same_at_every_offset(
          values, [&](Scalar* row) { ops::detail::finish_row(epilogue, size, row); }));
    }
  }
  // Shapes on both sides of where Eigen changes from plain loops to blocked products.
  for (const Index rows : {1, 2, 5, 8, 17}) {
    for (const Index width : {1, 3, 5, 8, 16}) {
      CAPTURE(rows);
      CAPTURE(width);
      const PackedMatrix<Scalar> weight(random_values<Scalar>(width * width, 4), width, width);
      Epilogue<Scalar> epilogue;
      epilogue.accumulate = true;
      CHECK(same_at_every_offset(random_values<Scalar>(2 * rows * width, 3), [&](Scalar* x) {
        ops::linear(x, rows, width, weight, Index{0}, width, epilogue, x + rows * width, width);
      }));
      const Index count = rows * width;
      CHECK(same_at_every_offset(random_values<Scalar>(4 * count + rows * rows, 5), [&](Scalar* x) {
        ops::attention(x, rows, x + width, x + 2 * width, rows, width, 3 * width, Scalar(0.3),
                       x + 4 * count, x + 3 * count, width);
      }));
    }
  }
}

#if !defined(__FAST_MATH__)
TEST_CASE_TEMPLATE("NaN and infinities stay in their row", Scalar, float, double) {
  const Scalar infinity = std::numeric_limits<Scalar>::infinity();
  const Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
  for (const Index size : {3, 16, 33}) {
    for (const Scalar bad : {nan, infinity, -infinity}) {
      CAPTURE(size);
      CAPTURE(bad);
      const auto ones = AlignedBuffer<Scalar>(static_cast<std::size_t>(size), Scalar(1));
      auto x = random_values<Scalar>(3 * size, 1);
      x[static_cast<std::size_t>(2 * size - 1)] = bad;

      AlignedBuffer<Scalar> y(static_cast<std::size_t>(3 * size));
      const PackedMatrix<Scalar> weight(random_values<Scalar>(size * size, 2), size, size);
      eigenvit::ops::linear<Scalar>(x.data(), 3, size, weight, 0, size, {}, y.data(), size);
      for (Index i = 0; i < 3 * size; ++i) {
        CHECK(std::isfinite(y[static_cast<std::size_t>(i)]) == (i / size != 1));
      }
      Scalar* const row = x.data() + size;
      eigenvit::ops::layer_norm_row<Scalar>(row, size, ones.data(), nullptr, Scalar(1e-6),
                                            y.data());
      CHECK(std::isnan(y[0]));
      eigenvit::ops::softmax_row(row, size);
      // exp(-inf) is 0, and the rest of the row is what it would be without.
      const bool zero = bad == -infinity;
      for (Index i = 0; i < size; ++i) CHECK(std::isnan(row[i]) == !zero);
      if (zero) CHECK(row[size - 1] < Scalar(1e-38));
    }
  }
}
#endif
