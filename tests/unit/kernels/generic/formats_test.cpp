#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/finite.hpp>
#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/kernels/weight_format.hpp>

#include "../../support.hpp"
#include "../tables.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::FormatKernels;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::panel_width;
using eigenvit::kernels::WeightFormat;
using support::not_a_number;

namespace {

const WeightFormat every_format[] = {WeightFormat::native, WeightFormat::float16,
                                     WeightFormat::bfloat16, WeightFormat::bfloat16_pairs,
                                     WeightFormat::int8};

AlignedBuffer<float> random_values(Index count, std::uint64_t seed) {
  return support::random_values<float>(count, seed);
}

struct Sizes {
  Index rows;
  Index outputs;
  Index depth;
};
/// Whole and broken tiles, units and panels, and a depth of several parts.
const Sizes every_size[] = {{1, 1, 1},    {1, 16, 3},   {3, 17, 5},    {13, 32, 64},
                            {27, 48, 31}, {66, 33, 66}, {14, 40, 770}, {5, 16, 8200}};

/// `x Wᵀ + bias` by kernels of one format.
struct Product {
  Sizes sizes;
  AlignedBuffer<float> x;       ///< `[rows, depth]`
  AlignedBuffer<float> weight;  ///< `[outputs, depth]`
  AlignedBuffer<float> bias;
  AlignedBuffer<float> gamma;  ///< of a norm that is absorbed, or empty
  AlignedBuffer<float> beta;

  explicit Product(const Sizes& of)
      : sizes(of),
        x(random_values(of.rows * of.depth, 1)),
        weight(random_values(of.outputs * of.depth, 2)),
        bias(random_values(of.outputs, 3)) {}

  AlignedBuffer<float> packed(const FormatKernels& kernels, WeightFormat format) const {
    const Index panels = (sizes.outputs + panel_width - 1) / panel_width;
    const std::size_t bytes = eigenvit::kernels::panel_layout(format, 4).bytes(sizes.depth);
    AlignedBuffer<float> result(static_cast<std::size_t>(panels) * bytes / 4);
    AlignedBuffer<float> panel(static_cast<std::size_t>(sizes.depth * panel_width));
    for (Index p = 0; p < panels; ++p) {
      std::fill(panel.begin(), panel.end(), 0.0f);
      for (Index o = p * panel_width; o < std::min((p + 1) * panel_width, sizes.outputs); ++o) {
        for (Index i = 0; i < sizes.depth; ++i) {
          panel[static_cast<std::size_t>(i * panel_width + o % panel_width)] =
              weight[static_cast<std::size_t>(o * sizes.depth + i)];
        }
      }
      kernels.pack(panel.data(), sizes.depth, gamma.empty() ? nullptr : gamma.data(),
                   beta.empty() ? nullptr : beta.data(),
                   reinterpret_cast<char*>(result.data()) + static_cast<std::size_t>(p) * bytes);
    }
    return result;
  }

  std::vector<float> by(const KernelTable& table, WeightFormat format) const {
    const FormatKernels& kernels = table.format(format);
    const AlignedBuffer<float> panels = packed(kernels, format);
    const Index stride = eigenvit::kernels::padded_width(sizes.depth) + panel_width;
    AlignedBuffer<float> rows(static_cast<std::size_t>(sizes.rows * stride), not_a_number);
    for (Index r = 0; r < sizes.rows; ++r) {
      std::copy_n(x.data() + r * sizes.depth, sizes.depth, rows.data() + r * stride);
    }
    if (kernels.encode) kernels.encode(rows.data(), sizes.rows, stride, sizes.depth);
    std::vector<float> y(static_cast<std::size_t>(sizes.rows * sizes.outputs), not_a_number);
    eigenvit::kernels::GemmArguments<float> g;
    g.x = rows.data();
    g.rows = sizes.rows;
    g.x_stride = stride;
    g.depth = sizes.depth;
    g.format = format;
    g.panels = panels.data();
    g.outputs = sizes.outputs;
    g.bias = bias.data();
    g.y = y.data();
    g.y_stride = sizes.outputs;
    kernels.gemm(g);
    return y;
  }

  const float* row(Index r) const { return x.data() + r * sizes.depth; }
  const float* weights_of(Index o) const { return weight.data() + o * sizes.depth; }
};

// By their bits: of comparisons, fast-math assumes that there is no NaN.
std::uint32_t bits_of(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
bool same_bits(float a, float b) {
  return bits_of(a) == bits_of(b);
}
using eigenvit::detail::is_finite;

bool has_fma(const KernelTable& table) {
  return std::string(table.name) != "baseline";
}

/// Calls `check(table)` for every set that has the format.
template <class Check>
void with_tables_of(WeightFormat format, const Check& check) {
  for (const KernelTable* const table : support::format_tables()) {
    if (!table->has(format)) continue;
    CAPTURE(support::name_of(table));
    check(*table);
  }
}

}  // namespace

TEST_CASE("Products of weights in two bytes have the bits of the same weights in floats") {
  for (const WeightFormat format : {WeightFormat::float16, WeightFormat::bfloat16}) {
    for (const Sizes& sizes : every_size) {
      Product product(sizes);
      eigenvit::detail::round_to(format == WeightFormat::float16 ? eigenvit::FloatFormat::half
                                                                 : eigenvit::FloatFormat::bfloat16,
                                 product.weight.data(), product.weight.size());
      with_tables_of(format, [&](const KernelTable& table) {
        CHECK(product.by(table, format) == product.by(table, WeightFormat::native));
      });
    }
  }
}

TEST_CASE("Packing rounds weights to bfloat16, of two the even one") {
  for (const WeightFormat format : {WeightFormat::bfloat16, WeightFormat::bfloat16_pairs}) {
    with_tables_of(format, [&](const KernelTable& table) {
      Product product({1, 16, 37});
      product.weight[0] = 1.00390625f;  // halfway between 1 and 1.0078125
      product.weight[1] = 1.01171875f;  // halfway between 1.0078125 and 1.015625
      product.weight[2] = -3e38f;
      const auto panels = product.packed(table.format(format), format);
      AlignedBuffer<float> values(37 * 16);
      table.format(format).unpack(panels.data(), 37, values.data());
      bool same = true;
      for (Index o = 0; o < 16; ++o) {
        for (Index i = 0; i < 37; ++i) {
          same = same && values[static_cast<std::size_t>(i * 16 + o)] ==
                             eigenvit::reference::rounded_to_bfloat16(product.weights_of(o)[i]);
        }
      }
      CHECK(same);
      CHECK(values[0] == 1.0f);
      CHECK(values[16] == 1.015625f);
    });
  }
}

TEST_CASE("Products of pairs of bfloat16 round inputs and weights and sum in float") {
  with_tables_of(WeightFormat::bfloat16_pairs, [&](const KernelTable& table) {
    for (const Sizes& sizes : every_size) {
      CAPTURE(sizes.depth);
      const Product product(sizes);
      const auto y = product.by(table, WeightFormat::bfloat16_pairs);
      double worst = 0;
      for (Index r = 0; r < sizes.rows; ++r) {
        for (Index o = 0; o < sizes.outputs; ++o) {
          double sum = product.bias[static_cast<std::size_t>(o)], scale = std::abs(sum);
          for (Index i = 0; i < sizes.depth; ++i) {
            const double term =
                double(eigenvit::reference::rounded_to_bfloat16(product.row(r)[i])) *
                double(eigenvit::reference::rounded_to_bfloat16(product.weights_of(o)[i]));
            sum += term;
            scale += std::abs(term);
          }
          const double found = y[static_cast<std::size_t>(r * sizes.outputs + o)];
          worst = std::max(worst, std::abs(found - sum) / scale);
        }
      }
      CHECK(worst < 1e-6);
    }
  });
}

TEST_CASE("Products of int8 have the integers and the bits of the slow twin") {
  for (const Sizes& sizes : every_size) {
    CAPTURE(sizes.depth);
    Product product(sizes);
    // Rows of one sign and rows of zeros have zeros of their own.
    for (Index i = 0; i < sizes.depth; ++i) {
      float& value = product.x[static_cast<std::size_t>(i)];
      value = std::abs(value) + 1;
    }
    if (sizes.rows > 1) std::fill_n(product.x.begin() + sizes.depth, sizes.depth, 0.0f);
    std::vector<float> expected;
    for (Index r = 0; r < sizes.rows; ++r) {
      const auto row = eigenvit::reference::int8_inputs(product.row(r), sizes.depth);
      for (Index o = 0; o < sizes.outputs; ++o) {
        expected.push_back(eigenvit::reference::int8_product(
            row, eigenvit::reference::int8_weights(product.weights_of(o), sizes.depth),
            product.bias[static_cast<std::size_t>(o)]));
      }
    }
    with_tables_of(WeightFormat::int8, [&](const KernelTable& table) {
      const auto y = product.by(table, WeightFormat::int8);
      bool same = true;
      for (std::size_t i = 0; i < y.size(); ++i) {
        const bool near = std::abs(y[i] - expected[i]) <= 1e-5f * (1 + std::abs(expected[i]));
        same = same && (has_fma(table) ? y[i] == expected[i] : near);
      }
      CHECK(same);
    });
  }
}

TEST_CASE("Weights of int8 absorb a norm: the product is that of normed inputs") {
  Product product({5, 20, 48});
  product.gamma = random_values(48, 4);
  product.beta = random_values(48, 5);
  with_tables_of(WeightFormat::int8, [&](const KernelTable& table) {
    const auto y = product.by(table, WeightFormat::int8);
    double error = 0, size = 0;
    for (Index r = 0; r < 5; ++r) {
      for (Index o = 0; o < 20; ++o) {
        double expected = product.bias[static_cast<std::size_t>(o)];
        for (Index i = 0; i < 48; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const double input = double(product.row(r)[i]) * product.gamma[at] + product.beta[at];
          expected += input * product.weights_of(o)[i];
        }
        const double found = y[static_cast<std::size_t>(r * 20 + o)];
        error += (found - expected) * (found - expected);
        size += expected * expected;
      }
    }
    CHECK(std::sqrt(error / size) < 0.02);
    CHECK(error > 0);
  });
}

TEST_CASE("Unpacked int8 weights are within half a step of the file's") {
  with_tables_of(WeightFormat::int8, [&](const KernelTable& table) {
    const Product product({1, 16, 53});
    const auto panels = product.packed(table.format(WeightFormat::int8), WeightFormat::int8);
    AlignedBuffer<float> values(53 * 16);
    table.format(WeightFormat::int8).unpack(panels.data(), 53, values.data());
    bool near = true;
    for (Index o = 0; o < 16; ++o) {
      float most = 0;
      for (Index i = 0; i < 53; ++i) most = std::max(most, std::abs(product.weights_of(o)[i]));
      for (Index i = 0; i < 53; ++i) {
        const float found = values[static_cast<std::size_t>(i * 16 + o)];
        near = near && std::abs(found - product.weights_of(o)[i]) <= 0.501f * most / 127;
      }
    }
    CHECK(near);
  });
}

TEST_CASE("Inputs that are not finite show in their own row, weights in their own output") {
  for (const WeightFormat format : {WeightFormat::bfloat16_pairs, WeightFormat::int8}) {
    with_tables_of(format, [&](const KernelTable& table) {
      for (const float bad : {not_a_number, std::numeric_limits<float>::infinity()}) {
        for (const Index place : {Index{0}, Index{36}}) {
          Product product({4, 20, 37});
          const auto clean = product.by(table, format);
          product.x[static_cast<std::size_t>(2 * 37 + place)] = bad;
          auto y = product.by(table, format);
          for (std::size_t i = 0; i < y.size(); ++i) {
            CHECK((i / 20 == 2 ? !is_finite(y[i]) : same_bits(y[i], clean[i])));
          }
          product = Product({4, 20, 37});
          product.weight[static_cast<std::size_t>(17 * 37 + place)] = bad;
          y = product.by(table, format);
          for (std::size_t i = 0; i < y.size(); ++i) {
            CHECK((i % 20 == 17 ? !is_finite(y[i]) : same_bits(y[i], clean[i])));
          }
        }
      }
    });
  }
}

TEST_CASE("A row's product does not depend on the rows beside it, in any format") {
  for (const WeightFormat format : every_format) {
    with_tables_of(format, [&](const KernelTable& table) {
      const Product all({29, 48, 50});
      const auto expected = all.by(table, format);
      for (const Index rows : {1, 2, 7, 16}) {
        Product some = all;
        some.sizes.rows = rows;
        some.x.assign(all.row(11), all.row(11 + rows));
        const auto y = some.by(table, format);
        CHECK(std::equal(y.begin(), y.end(), expected.begin() + 11 * 48));
      }
    });
  }
}
