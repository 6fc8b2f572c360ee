#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>

#include "../../framed.hpp"
#include "../tables.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::GemmArguments;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::panel_width;
using support::Framed;
using support::kernel_tables;
using support::random_values;

namespace {

/// A product of random values.
struct Product {
  Index rows, depth, outputs;
  Framed<float> x;
  AlignedBuffer<float> weight;

  Product(Index row_count, Index inputs, Index output_count)
      : rows(row_count),
        depth(inputs),
        outputs(output_count),
        x(row_count, inputs, 1),
        weight(random_values<float>(output_count * inputs, 2)) {}

  AlignedBuffer<float> panels() const { return support::pack(weight, outputs, depth); }

  Framed<float> expected(const eigenvit::reference::Epilogue<float>& epilogue = {}) const {
    Framed<float> y(rows, outputs, 3);
    eigenvit::reference::linear(x.data(), rows, x.stride, weight.data(), outputs, depth, epilogue,
                                y.data(), y.stride);
    return y;
  }
};

/// The rows `[0, y.rows)` and outputs `[0, y.cols)` of a product.
GemmArguments<float> arguments(const Product& product, const AlignedBuffer<float>& panels,
                               Framed<float>& y) {
  GemmArguments<float> g;
  g.x = product.x.data();
  g.rows = y.rows;
  g.x_stride = product.x.stride;
  g.depth = product.depth;
  g.panels = panels.data();
  g.outputs = y.cols;
  g.y = y.data();
  g.y_stride = y.stride;
  return g;
}

Framed<float> multiply(const KernelTable& table, const Product& product,
                       const AlignedBuffer<float>& panels, Index rows, Index outputs) {
  Framed<float> y(rows, outputs, 3);
  table.format(eigenvit::kernels::WeightFormat::native).gemm(arguments(product, panels, y));
  return y;
}

std::vector<Index> range(Index first, Index last, std::initializer_list<Index> more) {
  std::vector<Index> values;
  for (Index i = first; i <= last; ++i) values.push_back(i);
  values.insert(values.end(), more);
  return values;
}

}  // namespace

TEST_CASE("gemm at every depth, the same bits for all rows, outputs and sets that agree") {
  const auto all_rows = range(1, 30, {66, 197});
  const auto all_outputs = range(1, 40, {64});
  // Of |error| / (1 + |value|), as a share of the square root of the depth.
  double worst = 0;
  for (const Index depth : range(1, 40, {64, 197, 768, 2051})) {
    CAPTURE(depth);
    const Product product(197, depth, 64);
    const auto panels = product.panels();
    const Framed<float> expected = product.expected();
    const Framed<float> fused = multiply(*kernel_tables().front(), product, panels, 197, 64);
    // Every pair of rows and outputs where the loop over the depth has all its kinds of steps.
    const bool every_pair = depth == 1 || depth == 7;
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      const Framed<float> whole = multiply(*table, product, panels, 197, 64);
      REQUIRE(whole.frame_is_whole());
      worst = std::max(worst, support::worst_error(whole, expected) / std::sqrt(double(depth)));
      if (support::agree(*table, *kernel_tables().front())) {
        CHECK(whole.is_part_of(fused));
      }
      bool same = true;
      for (const Index rows : every_pair ? all_rows : std::vector<Index>{1, 3, 11, 14}) {
        for (const Index outputs : every_pair ? all_outputs : std::vector<Index>{1, 16, 23, 48}) {
          same = same && multiply(*table, product, panels, rows, outputs).is_part_of(whole);
        }
      }
      CHECK(same);
    }
  }
  CHECK(worst < 1e-6);  // measured: 3.2e-7
}

TEST_CASE("gemm gives the same bits in pieces of rows and panels") {
  const Product product(197, 33, 90);
  const auto panels = product.panels();
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const Framed<float> whole = multiply(*table, product, panels, 197, 90);
    Framed<float> pieces(197, 90, 4);
    const Index row_cuts[] = {0, 1, 14, 66, 197};
    const Index panel_cuts[] = {0, 1, 3, 6};
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 3; ++j) {
        auto g = arguments(product, panels, pieces);
        g.x += row_cuts[i] * g.x_stride;
        g.rows = row_cuts[i + 1] - row_cuts[i];
        g.panels = panels.data() + panel_cuts[j] * panel_width * g.depth;
        g.outputs = std::min(panel_cuts[j + 1] * panel_width, Index{90}) - panel_cuts[j] * 16;
        g.y += row_cuts[i] * g.y_stride + panel_cuts[j] * panel_width;
        table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
      }
    }
    CHECK(pieces.is_part_of(whole));
  }
}

TEST_CASE("gemm reads inputs in runs as it reads them in one piece, bit for bit") {
  // Seven neighbours in each of the rows of a map that is 40 values wide, and a depth in parts.
  for (const auto& sizes :
       {std::array<Index, 3>{7, 1, 0}, {7, 3, 40}, {12, 5, 40}, {683, 3, 900}, {1030, 2, 1100}}) {
    const Index run = sizes[0], runs = sizes[1], pitch = sizes[2];
    for (const Index rows : {1, 5, 14, 81}) {
      CAPTURE(run);
      CAPTURE(rows);
      constexpr Index step = 3;
      const auto map =
          random_values<float>(rows * step + (runs - 1) * pitch + run, static_cast<unsigned>(run));
      Product product(rows, run * runs, 35);
      for (Index r = 0; r < rows; ++r) {
        for (Index i = 0; i < run * runs; ++i) {
          product.x(r, i) = map[static_cast<std::size_t>(r * step + i / run * pitch + i % run)];
        }
      }
      const auto panels = product.panels();
      for (const KernelTable* const table : kernel_tables()) {
        CAPTURE(support::name_of(table));
        const Framed<float> expected = multiply(*table, product, panels, rows, 35);
        Framed<float> y(rows, 35, 3);
        auto g = arguments(product, panels, y);
        g.x = map.data();
        g.x_stride = step;
        g.runs = runs;
        g.run_stride = pitch;
        table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
        CHECK(y.is_part_of(expected));
        CHECK(y.frame_is_whole());
      }
    }
  }
}

namespace {

/// The greatest error over every epilogue of the first `activations` activations; all sets that
/// agree have the same bits.
double worst_of_epilogues(Index rows, Index depth, Index outputs, int activations) {
  const auto bias = random_values<float>(outputs, 4);
  const auto scale = random_values<float>(outputs, 5);
  const Product product(rows, depth, outputs);
  const auto panels = product.panels();
  double worst = 0;
  for (int choice = 0; choice < 8 * activations; ++choice) {
    CAPTURE(choice);
    eigenvit::reference::Epilogue<float> epilogue;
    epilogue.activation = static_cast<Activation>(choice / 8);
    epilogue.bias = choice & 1 ? bias.data() : nullptr;
    epilogue.scale = choice & 2 ? scale.data() : nullptr;
    epilogue.accumulate = (choice & 4) != 0;
    const Framed<float> expected = product.expected(epilogue);
    const auto run = [&](const KernelTable& table) {
      Framed<float> y(rows, outputs, 3);
      auto g = arguments(product, panels, y);
      g.bias = epilogue.bias;
      g.activation = epilogue.activation;
      g.scale = epilogue.scale;
      g.accumulate = epilogue.accumulate;
      table.format(eigenvit::kernels::WeightFormat::native).gemm(g);
      return y;
    };
    const Framed<float> first = run(*kernel_tables().front());
    for (const KernelTable* const table : kernel_tables()) {
      CAPTURE(support::name_of(table));
      const Framed<float> y = run(*table);
      worst = std::max(worst, support::worst_error(y, expected));
      CHECK(y.frame_is_whole());
      if (support::agree(*table, *kernel_tables().front())) {
        CHECK(y.is_part_of(first));
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("gemm with every epilogue") {
  double worst = 0;
  for (const auto& shape : {std::array<Index, 3>{17, 31, 33}, {1, 16, 16}, {2, 3, 1}}) {
    worst = std::max(worst, worst_of_epilogues(shape[0], shape[1], shape[2], 7));
  }
  CHECK(worst < 1.5e-6);  // measured: 5.4e-7
}

TEST_CASE("gemm of a map so deep that it is read in parts, with every epilogue") {
  CHECK(worst_of_epilogues(81, 2049, 33, 2) / std::sqrt(2049.0) < 1e-6);
}

TEST_CASE("gemm writes groups of panels each into a matrix of its own") {
  constexpr Index rows = 15, depth = 9, panels = 6, outputs = panels * panel_width - 3;
  const Product product(rows, depth, outputs);
  const auto packed = product.panels();
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const Framed<float> whole = multiply(*table, product, packed, rows, outputs);
    for (const Index group : {1, 2, 3}) {
      for (const Index first : {0, 1, 2, 3}) {
        CAPTURE(group);
        CAPTURE(first);
        // Two rows more between the groups, one value more between the rows.
        const Index stride = group * panel_width + 1;
        const Index size = (rows + 2) * stride;
        AlignedBuffer<float> y(static_cast<std::size_t>(panels * size), float(support::canary));
        AlignedBuffer<float> expected = y;
        for (Index r = 0; r < rows; ++r) {
          for (Index o = first * panel_width; o < outputs; ++o) {
            const Index panel = o / panel_width;
            const Index column = panel % group * panel_width + o % panel_width;
            expected[static_cast<std::size_t>(panel / group * size + r * stride + column)] =
                whole(r, o);
          }
        }
        Framed<float> unused(rows, outputs, 3);
        auto g = arguments(product, packed, unused);
        g.panels = packed.data() + first * panel_width * depth;
        g.outputs -= first * panel_width;
        g.y = y.data();
        g.y_stride = stride;
        g.group_panels = group;
        g.group_stride = size;
        g.group_offset = first;
        table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
        CHECK(support::same_bits(y, expected));
      }
    }
  }
}

TEST_CASE("gemm of no rows, of no outputs and of no depth") {
  const Product product(3, 5, 20);
  const auto panels = product.panels();
  const auto bias = random_values<float>(20, 4);
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const Framed<float> before(3, 20, 3);
    Framed<float> y = before;
    auto g = arguments(product, panels, y);
    g.rows = 0;
    table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
    g.rows = 3;
    g.outputs = 0;
    table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
    CHECK(y.is_part_of(before));
    g.outputs = 20;
    g.depth = 0;
    g.bias = bias.data();
    table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
    CHECK(y.frame_is_whole());
    for (Index r = 0; r < 3; ++r) CHECK(support::same_bits(&y(r, 0), bias.data(), 20));
  }
}

TEST_CASE("gemm of huge and tiny values: powers of two pass through it") {
  const Product product(14, 37, 33);
  const auto panels = product.panels();
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const Framed<float> plain = multiply(*table, product, panels, 14, 33);
    for (const int power : {60, -50}) {
      CAPTURE(power);
      Product scaled = product;
      // Without the canaries: only their values matter.
      for (Index r = 0; r < 14; ++r) {
        for (Index i = 0; i < 37; ++i) scaled.x(r, i) = std::ldexp(product.x(r, i), power);
      }
      for (float& value : scaled.weight) value = std::ldexp(value, power);
      const Framed<float> y = multiply(*table, scaled, scaled.panels(), 14, 33);
      bool same = true;
      for (Index r = 0; r < 14; ++r) {
        for (Index o = 0; o < 33; ++o) {
          same = same && y(r, o) == std::ldexp(plain(r, o), 2 * power);
        }
      }
      CHECK(same);
    }
    // Products that meet in the sum must not overflow before.
    const AlignedBuffer<float> x{0x1p100f, -0x1p100f, 1, 0x1p100f};
    const auto weight = support::pack({1, 1, 0.5, 2}, 2, 2);
    AlignedBuffer<float> y(4);
    GemmArguments<float> g;
    g.x = x.data();
    g.rows = g.x_stride = g.depth = g.outputs = g.y_stride = 2;
    g.panels = weight.data();
    g.y = y.data();
    table->format(eigenvit::kernels::WeightFormat::native).gemm(g);
    CHECK(y == AlignedBuffer<float>{0, -0x1.8p100f, 0x1p100f, 0x1p101f});
  }
}

TEST_CASE("NaN and infinities stay in their row of x and their output of W") {
  constexpr Index rows = 15, depth = 6, outputs = 40;
  const Product product(rows, depth, outputs);
  for (const KernelTable* const table : kernel_tables()) {
    CAPTURE(support::name_of(table));
    const Framed<float> clean = multiply(*table, product, product.panels(), rows, outputs);
    for (const float bad : {support::not_a_number, support::infinity, -support::infinity}) {
      for (const Index at : {0, 7, 14}) {
        Product changed = product;
        changed.x(at, depth - 1) = bad;
        changed.weight[static_cast<std::size_t>(2 * at * depth)] = bad;
        const Framed<float> y = multiply(*table, changed, changed.panels(), rows, outputs);
        bool right = y.frame_is_whole();
        for (Index r = 0; r < rows; ++r) {
          for (Index o = 0; o < outputs; ++o) {
            const bool reached = r == at || o == 2 * at;
            if (!reached) {
              right = right && support::same_bits(y(r, o), clean(r, o));
            } else if (support::is_nan(bad)) {
              right = right && support::is_nan(y(r, o));
            } else if (r == at && o == 2 * at) {
              // Of two infinities, whose signs the other factors give.
            } else {
              const float other =
                  r == at ? product.weight[static_cast<std::size_t>((o + 1) * depth - 1)]
                          : product.x(r, 0);
              const float signed_bad = other > 0 ? bad : -bad;
              right = right && support::same_bits(y(r, o), signed_bad);
            }
          }
        }
        CHECK(right);
      }
    }
  }
}
