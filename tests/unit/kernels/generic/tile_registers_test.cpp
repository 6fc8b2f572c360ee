#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/kernels/weight_format.hpp>

#include "../../support.hpp"
#include "../tables.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::kernels::FormatKernels;
using eigenvit::kernels::GemmArguments;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::padded_width;
using eigenvit::kernels::panel_width;
using eigenvit::kernels::WeightFormat;

namespace {

AlignedBuffer<float> random_values(Index count, std::uint64_t seed) {
  return support::random_values<float>(count, seed);
}

/// The set of that name, or null where it cannot run here.
const KernelTable* table_named(const std::string& name) {
  for (const KernelTable* const table : support::format_tables()) {
    if (table->name == name) return table;
  }
  return nullptr;
}

/// Calls `check(table)` for AMX and the model of it, as far as they can run here.
template <class Check>
void with_tile_registers(const Check& check) {
  for (const char* const name : {"avx512_amx", "amx in software"}) {
    const KernelTable* const table = table_named(name);
    if (table == nullptr) continue;
    CAPTURE(support::name_of(table));
    check(*table);
  }
}

/// Weights `[outputs, depth]` in panels of a format.
AlignedBuffer<float> packed(const FormatKernels& kernels, WeightFormat format,
                            const AlignedBuffer<float>& weight, Index outputs, Index depth) {
  const std::size_t bytes = eigenvit::kernels::panel_layout(format, sizeof(float)).bytes(depth);
  const Index panels = padded_width(outputs) / panel_width;
  AlignedBuffer<float> result(static_cast<std::size_t>(panels) * bytes / sizeof(float));
  AlignedBuffer<float> panel(static_cast<std::size_t>(depth * panel_width));
  for (Index p = 0; p < panels; ++p) {
    std::fill(panel.begin(), panel.end(), 0.0f);
    for (Index o = p * panel_width; o < std::min((p + 1) * panel_width, outputs); ++o) {
      for (Index i = 0; i < depth; ++i) {
        panel[i * panel_width + o % panel_width] = weight[o * depth + i];
      }
    }
    kernels.pack(panel.data(), depth, nullptr, nullptr,
                 reinterpret_cast<char*>(result.data()) + static_cast<std::size_t>(p) * bytes);
  }
  return result;
}

/// `[rows, depth]` encoded, with the room that rows have and no more.
AlignedBuffer<float> encoded(const FormatKernels& kernels, const AlignedBuffer<float>& x,
                             Index rows, Index depth) {
  const Index stride = padded_width(depth);
  AlignedBuffer<float> result(static_cast<std::size_t>(rows * stride), support::not_a_number);
  for (Index r = 0; r < rows; ++r) {
    std::copy_n(x.data() + r * depth, depth, result.data() + r * stride);
  }
  kernels.encode(result.data(), rows, stride, depth);
  return result;
}

/// `x [rows, depth]` times `weight [outputs, depth]` in pairs of bfloat16.
std::vector<float> product_of_pairs(const KernelTable& table, const AlignedBuffer<float>& x,
                                    Index rows, const AlignedBuffer<float>& weight, Index outputs,
                                    Index depth, const float* bias) {
  const FormatKernels& kernels = table.format(WeightFormat::bfloat16_pairs);
  const auto panels = packed(kernels, WeightFormat::bfloat16_pairs, weight, outputs, depth);
  const auto inputs = encoded(kernels, x, rows, depth);
  std::vector<float> y(static_cast<std::size_t>(rows * outputs));
  GemmArguments<float> g;
  g.x = inputs.data();
  g.rows = rows;
  g.x_stride = padded_width(depth);
  g.depth = depth;
  g.format = WeightFormat::bfloat16_pairs;
  g.panels = panels.data();
  g.outputs = outputs;
  g.bias = bias;
  g.y = y.data();
  g.y_stride = outputs;
  kernels.gemm(g);
  return y;
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits(values.size());
  if (!values.empty()) std::memcpy(bits.data(), values.data(), values.size() * sizeof(float));
  return bits;
}

// Bit for bit, whatever arithmetic the test is compiled with.
EIGENVIT_STRICT_MATH_BEGIN
float sum_by_32(const float* x, const float* weights, Index depth, float bias) {
  using eigenvit::reference::rounded_to_bfloat16;
  float sum = bias;
  for (Index first = 0; first < depth; first += 32) {
    float parts[2] = {};
    for (Index i = first; i < std::min(first + 32, depth); ++i) {
      parts[i % 2] = eigenvit::reference::fused(rounded_to_bfloat16(x[i]),
                                                rounded_to_bfloat16(weights[i]), parts[i % 2]);
    }
    sum += parts[0] + parts[1];
  }
  return sum;
}
EIGENVIT_STRICT_MATH_END

}  // namespace

TEST_CASE("What follows products of tile registers is what follows other products of int8") {
  const KernelTable* const other = table_named("avx512_vnni");
  if (other == nullptr) return;
  constexpr Index most_outputs = 96;
  for (const Index depth : {3, 64, 100}) {
    const auto weight = random_values(most_outputs * depth, 1);
    const auto bias = random_values(most_outputs, 2), scale = random_values(most_outputs, 3);
    for (const Index rows : {1, 16, 17, 32, 33, 65, 70}) {
      const auto x = random_values(rows * depth, 4), before = random_values(rows * 128, 5);
      for (const Index outputs : {7, 16, 32, 48, 57, 96}) {
        for (const int kind : {0, 1, 2, 3}) {
          CAPTURE(depth);
          CAPTURE(rows);
          CAPTURE(outputs);
          CAPTURE(kind);
          const auto by = [&](const KernelTable& table) {
            const FormatKernels& kernels = table.format(WeightFormat::int8);
            const auto panels = packed(kernels, WeightFormat::int8, weight, outputs, depth);
            const auto inputs = encoded(kernels, x, rows, depth);
            std::vector<float> y(before.begin(), before.end());
            GemmArguments<float> g;
            g.x = inputs.data();
            g.rows = rows;
            g.x_stride = padded_width(depth);
            g.depth = depth;
            g.format = WeightFormat::int8;
            g.panels = panels.data();
            g.outputs = outputs;
            g.y = y.data();
            g.y_stride = 128;
            if (kind != 0) g.bias = bias.data();
            if (kind >= 2) g.scale = scale.data();
            g.accumulate = kind >= 2;
            if (kind % 2 != 0) g.activation = Activation::gelu;
            if (kind == 1) {
              // Two panels a group, from the second of one on.
              g.y_stride = 32;
              g.group_panels = 2;
              g.group_stride = rows * 32;
              g.group_offset = 1;
              y.resize(static_cast<std::size_t>(rows * 128), 0.0f);
            }
            kernels.gemm(g);
            return bits_of(y);
          };
          const auto expected = by(*other);
          with_tile_registers([&](const KernelTable& table) { CHECK(by(table) == expected); });
        }
      }
    }
  }
}

TEST_CASE("Tile registers sum bfloat16 by 32 inputs, even and odd ones apart") {
  constexpr Index rows = 5, outputs = 20, depth = 150;
  const auto x = random_values(rows * depth, 1), weight = random_values(outputs * depth, 2);
  const auto bias = random_values(outputs, 3);
  std::vector<float> expected;
  for (Index r = 0; r < rows; ++r) {
    for (Index o = 0; o < outputs; ++o) {
      expected.push_back(
          sum_by_32(x.data() + r * depth, weight.data() + o * depth, depth, bias[o]));
    }
  }
  with_tile_registers([&](const KernelTable& table) {
    const auto y = product_of_pairs(table, x, rows, weight, outputs, depth, bias.data());
    CHECK(bits_of(y) == bits_of(expected));
  });
}

TEST_CASE("Products of tile registers that are subnormal count as 0") {
  constexpr Index depth = 32;
  AlignedBuffer<float> x(depth, 0.0f), weight(depth, 0.0f);
  x[0] = x[1] = 0x1p-100f;
  weight[0] = 0x1p-27f;  // the product is half of the smallest normal number
  weight[1] = 0x1p-26f;  // the smallest normal number
  const float bias = 0x1.8p-126f;
  with_tile_registers([&](const KernelTable& table) {
    const auto y = product_of_pairs(table, x, 1, weight, 1, depth, &bias);
    CHECK(y.at(0) == 0x1.4p-125f);
  });
}
