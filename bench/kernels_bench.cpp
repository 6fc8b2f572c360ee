// Every kernel of every instruction set that runs here, beside its limit. Products and attention:
// peak_share, of the set's multiply-adds of what is multiplied. What reads memory faster than it
// computes: limit_share, of a copy of the same bytes, in the cache (hot) or not (cold).
#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include <eigenvit/kernels/dispatch.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using bench::AlignedBuffer;
using bench::Index;
using eigenvit::Activation;
using eigenvit::kernels::AttentionFormat;
using eigenvit::kernels::FormatKernels;
using eigenvit::kernels::KernelTable;
using eigenvit::kernels::panel_width;
using eigenvit::kernels::WeightFormat;

/// What lies so many bytes back has left the caches.
constexpr double cold_bytes = 64e6;

/// The peak of an instruction around a measurement: a clock that changes changes both.
class Peak {
 public:
  explicit Peak(const bench::Instruction& instruction)
      : instruction_(instruction), before_(bench::measured_peak(instruction_)) {}
  double mean() const { return (before_ + bench::measured_peak(instruction_)) / 2; }

 private:
  const bench::Instruction& instruction_;
  double before_;
};

/// Bytes a second that are read and written by a copy within `bytes` of memory.
double copy_rate(double bytes) {
  static std::map<double, double> rates;
  double& best = rates[bytes];
  if (best > 0) return best;
  const auto half = static_cast<std::size_t>(bytes / 2);
  const std::vector<char> from(half, 1);
  std::vector<char> to(half);
  for (int run = 0; run < 20; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    std::size_t copied = 0;
    do {
      std::memcpy(to.data(), from.data(), half);
      benchmark::ClobberMemory();
      copied += half;
    } while (copied < 4'000'000);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    best = std::max(best, 2.0 * static_cast<double>(copied) / seconds.count());
  }
  return best;
}

/// Times `run`, which reads and writes `bytes`, beside a copy within `copied` bytes of memory.
template <class Run>
void measure_bytes(benchmark::State& state, double bytes, double copied, const Run& run) {
  const double limit = copy_rate(copied);
  const bench::Meter meter;
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  meter.report_bytes(state, bytes);
  state.counters["limit_share"] = state.counters["MB/s"] * 1e8 / limit;
}

/// Times `run`, which takes `flops`, beside the peak of the set's multiply-adds of such operands.
template <class Run>
void measure_flops(benchmark::State& state, const KernelTable& table, double flops, const Run& run,
                   bench::Operands operands = bench::Operands::float32) {
  const Peak peak(bench::limit_of(table.name, operands));
  const bench::Meter meter;
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  // Before the peak is measured again, which takes longer than many a loop.
  const double rate = meter.rate(state);
  bench::Meter::report_flops(state, flops * rate, peak.mean());
}

/// One of equal pieces of so many bytes after the other.
class Cycle {
 public:
  Cycle(bool cold, std::size_t piece_bytes)
      : count_(cold ? std::max<Index>(2, static_cast<Index>(cold_bytes / double(piece_bytes))) : 1),
        bytes_(piece_bytes) {}
  Index count() const { return count_; }
  /// Bytes before the next piece.
  std::size_t next() { return bytes_ * static_cast<std::size_t>(at_++ % count_); }

 private:
  Index count_;
  std::size_t bytes_;
  Index at_ = 0;
};

bench::Operands operands_of(WeightFormat format) {
  switch (format) {
    case WeightFormat::bfloat16_pairs:
      return bench::Operands::bfloat16;
    case WeightFormat::int8:
      return bench::Operands::int8;
    default:
      return bench::Operands::float32;
  }
}

/// Bytes of `outputs` packed outputs of so many inputs.
std::size_t packed_bytes(WeightFormat format, Index depth, Index outputs) {
  return static_cast<std::size_t>(outputs / panel_width) *
         eigenvit::kernels::panel_layout(format, sizeof(float)).bytes(depth);
}

/// Random weights `[outputs, depth]`, packed, again and again in `copies` places.
AlignedBuffer<char> packed_weights(const FormatKernels& kernels, WeightFormat format, Index depth,
                                   Index outputs, Index copies) {
  bench::RandomWeights random;
  const std::size_t piece = packed_bytes(format, depth, outputs);
  AlignedBuffer<char> packed(piece * static_cast<std::size_t>(copies));
  char* to = packed.data();
  for (Index first = 0; first < outputs; first += panel_width) {
    auto panel = random.values(panel_width * depth, -0.1f, 0.1f);
    kernels.pack(panel.data(), depth, nullptr, nullptr, to);
    to += packed_bytes(format, depth, panel_width);
  }
  for (Index copy = 1; copy < copies; ++copy) to = std::copy_n(packed.data(), piece, to);
  return packed;
}

void gemm(benchmark::State& state, const KernelTable& table, WeightFormat format, bool cold,
          Index rows, Index depth, Index outputs) {
  bench::RandomWeights random;
  const FormatKernels& kernels = table.format(format);
  Cycle cycle(cold, packed_bytes(format, depth, outputs));
  const auto panels = packed_weights(kernels, format, depth, outputs, cycle.count());
  auto x = random.values(rows * depth, -1, 1);
  if (kernels.encode != nullptr) kernels.encode(x.data(), rows, depth, depth);
  const auto bias = random.values(outputs, -1, 1);
  AlignedBuffer<float> y(static_cast<std::size_t>(rows * outputs));
  eigenvit::kernels::GemmArguments<float> task;
  task.x = x.data();
  task.rows = rows;
  task.x_stride = task.depth = depth;
  task.format = format;
  task.outputs = task.y_stride = outputs;
  task.bias = bias.data();
  task.y = y.data();
  const double flops = 2.0 * double(rows) * double(depth) * double(outputs);
  const auto run = [&] {
    task.panels = panels.data() + cycle.next();
    kernels.gemm(task);
  };
  measure_flops(state, table, flops, run, operands_of(format));
}

/// What a product of rows that are encoded takes beside it. Encoded in place, so copied anew each
/// time.
void encode(benchmark::State& state, const KernelTable& table, WeightFormat format, Index rows,
            Index depth) {
  bench::RandomWeights random;
  const auto input = random.values(rows * depth, -1, 1);
  auto x = input;
  const double bytes = 8.0 * double(input.size());
  measure_bytes(state, bytes, bytes, [&] {
    std::copy(input.begin(), input.end(), x.begin());
    table.format(format).encode(x.data(), rows, depth, depth);
  });
}

/// From floats, which packing may change, so copied anew each time.
void pack_format(benchmark::State& state, const KernelTable& table, WeightFormat format,
                 Index depth) {
  bench::RandomWeights random;
  const auto input = random.values(panel_width * depth, -0.1f, 0.1f);
  auto panel = input;
  AlignedBuffer<char> packed(packed_bytes(format, depth, panel_width));
  const double bytes = 4.0 * double(input.size()) + double(packed.size());
  measure_bytes(state, bytes, bytes, [&] {
    std::copy(input.begin(), input.end(), panel.begin());
    table.format(format).pack(panel.data(), depth, nullptr, nullptr, packed.data());
  });
}

void attention(benchmark::State& state, const KernelTable& table, AttentionFormat format,
               Index tokens, Index width) {
  bench::RandomWeights random;
  const auto qkv = random.values(3 * tokens * width, -1, 1);
  AlignedBuffer<float> out(static_cast<std::size_t>(tokens * width));
  AlignedBuffer<float> scratch(static_cast<std::size_t>(
      eigenvit::kernels::attention_scratch(width) + eigenvit::kernels::packed_attention_scratch));
  AlignedBuffer<float> packed(
      static_cast<std::size_t>(eigenvit::kernels::PackedHead(tokens, width).size));
  eigenvit::kernels::AttentionArguments<float> task;
  task.k = qkv.data() + tokens * width;
  task.v = task.k + tokens * width;
  task.keys = tokens;
  task.width = task.out_width = task.q_stride = task.kv_stride = task.out_stride = width;
  task.scale = 0.125f;
  task.scratch = scratch.data();
  task.format = format;
  const auto kernels = table.attention(format);
  const float* const k = task.k;
  const float* const v = task.v;
  if (kernels.pack != nullptr) task.k = task.v = packed.data();
  const auto run = [&] {
    if (kernels.pack != nullptr) kernels.pack(k, v, width, tokens, width, packed.data());
    for (Index first = 0; first < tokens; first += eigenvit::kernels::attention_queries) {
      task.q = qkv.data() + first * width;
      task.out = out.data() + first * width;
      task.queries = std::min(eigenvit::kernels::attention_queries, tokens - first);
      kernels.attend(task);
    }
  };
  measure_flops(
      state, table, 4.0 * double(tokens) * double(tokens) * double(width), run,
      format == AttentionFormat::bfloat16 ? bench::Operands::bfloat16 : bench::Operands::float32);
}

void layer_norm(benchmark::State& state, const KernelTable& table, Index rows, Index size) {
  bench::RandomWeights random;
  const auto x = random.values(rows * size, -1, 1);
  const auto gamma = random.values(size, -1, 1);
  AlignedBuffer<float> y(x.size());
  eigenvit::kernels::LayerNormArguments<float> task;
  task.x = x.data();
  task.y = y.data();
  task.rows = rows;
  task.size = task.x_stride = task.y_stride = size;
  task.gamma = task.beta = gamma.data();
  task.eps = 1e-6f;
  const double bytes = 8.0 * double(x.size());
  measure_bytes(state, bytes, bytes, [&] { table.layer_norm(task); });
}

void softmax_columns(benchmark::State& state, const KernelTable& table, Index rows) {
  bench::RandomWeights random;
  const auto input = random.values(panel_width * rows, -8, 8);
  auto scores = input;
  const double bytes = 8.0 * double(input.size());
  measure_bytes(state, bytes, bytes, [&] {
    // Copied anew each time, so that the values stay those of a network.
    std::copy(input.begin(), input.end(), scores.begin());
    table.softmax_columns(scores.data(), rows);
  });
}

void weighted_sums(benchmark::State& state, const KernelTable& table, Index rows, Index width) {
  bench::RandomWeights random;
  const auto p = random.values(panel_width * rows, 0, 1);
  const auto x = random.values(rows * width, -1, 1);
  AlignedBuffer<float> out(static_cast<std::size_t>(panel_width * width));
  measure_flops(state, table, 2.0 * double(panel_width) * double(rows) * double(width), [&] {
    table.weighted_sums(p.data(), x.data(), width, rows, width, out.data(), width);
  });
}

/// Reads each weight once for two flops: memory is the limit.
void transposed_product(benchmark::State& state, const KernelTable& table, WeightFormat format,
                        bool cold, Index outputs, Index depth) {
  bench::RandomWeights random;
  const FormatKernels& kernels = table.format(format);
  const std::size_t piece = packed_bytes(format, depth, outputs);
  Cycle cycle(cold, piece);
  const auto panels = packed_weights(kernels, format, depth, outputs, cycle.count());
  const auto q = random.values(outputs, -1, 1);
  AlignedBuffer<float> u(static_cast<std::size_t>(depth));
  const auto bytes = static_cast<double>(piece);
  measure_bytes(state, bytes, cold ? cold_bytes : 2 * bytes, [&] {
    kernels.transposed_product(panels.data() + cycle.next(), outputs / panel_width, depth, q.data(),
                               u.data(), 1);
  });
}

void sum_rows(benchmark::State& state, const KernelTable& table, Index rows, Index width) {
  bench::RandomWeights random;
  const auto x = random.values(rows * width, -1, 1);
  AlignedBuffer<float> y(static_cast<std::size_t>(width));
  const double bytes = 4.0 * double(x.size());
  measure_bytes(state, bytes, 2 * bytes, [&] {
    table.sum_rows(x.data(), rows, width, width, 1.0f / float(rows), y.data());
  });
}

void add_row(benchmark::State& state, const KernelTable& table, Index size) {
  bench::RandomWeights random;
  const auto x = random.values(size, -1, 1);
  AlignedBuffer<float> y(x.size(), 0.0f);
  const double bytes = 12.0 * double(size);
  measure_bytes(state, bytes, 8.0 * double(size), [&] { table.add_row(x.data(), size, y.data()); });
}

void gate(benchmark::State& state, const KernelTable& table, Activation activation) {
  constexpr Index size = 3072;
  bench::RandomWeights random;
  const auto a = random.values(size, -4, 4);
  const auto b = random.values(size, -4, 4);
  auto y = a;
  measure_bytes(state, 12.0 * size, 8.0 * size,
                [&] { table.gate(activation, a.data(), b.data(), size, y.data()); });
}

void rotate(benchmark::State& state, const KernelTable& table, bool halves) {
  constexpr Index rows = 66, size = 64;
  bench::RandomWeights random;
  auto x = random.values(rows * size, -1, 1);
  eigenvit::kernels::RotationArguments<float> task;
  task.x = x.data();
  task.rows = rows;
  task.size = task.x_stride = task.table_stride = size;
  // A rotation by no angle, so that values stay what they are however often they are rotated.
  const AlignedBuffer<float> cos(rows * size, 1.0f), sin(rows * size, 0.0f);
  task.cos = cos.data();
  task.sin = sin.data();
  task.halves = halves;
  const double bytes = 16.0 * rows * size;
  measure_bytes(state, bytes, bytes, [&] { table.rotate(task); });
}

/// Sixteen rows of weights as a model's file has them, one after the other. Where they are cold,
/// reading them is what counts: the panel stays in the cache.
void pack_panel(benchmark::State& state, const KernelTable& table, bool cold, Index depth) {
  bench::RandomWeights random;
  Cycle cycle(cold, static_cast<std::size_t>(panel_width * depth) * sizeof(float));
  const auto weights = random.values(cycle.count() * panel_width * depth, -1, 1);
  AlignedBuffer<float> panel(static_cast<std::size_t>(panel_width * depth));
  const double bytes = (cold ? 4.0 : 8.0) * double(panel.size());
  measure_bytes(state, bytes, cold ? cold_bytes : bytes, [&] {
    const float* rows[panel_width];
    const float* const first = weights.data() + cycle.next() / sizeof(float);
    for (Index o = 0; o < panel_width; ++o) rows[o] = first + o * depth;
    table.pack_panel(rows, depth, panel.data());
  });
}

/// The pixels of a map of 32 x 32 that is doubled, each of four others.
void blend_rows(benchmark::State& state, const KernelTable& table, Index channels) {
  constexpr Index side = 32;
  bench::RandomWeights random;
  const auto map = random.values(side * side * channels, -1, 1);
  AlignedBuffer<float> enlarged(4 * map.size());
  const float weights[4] = {0.5625F, 0.1875F, 0.1875F, 0.0625F};
  const double bytes = 4.0 * double(map.size() + enlarged.size());
  measure_bytes(state, bytes, bytes, [&] {
    for (Index y = 0; y < 2 * side; ++y) {
      for (Index x = 0; x < 2 * side; ++x) {
        const Index below = std::min(y / 2 + 1, side - 1), right = std::min(x / 2 + 1, side - 1);
        const auto pixel = [&](Index row, Index column) {
          return map.data() + (row * side + column) * channels;
        };
        const float* const rows[4] = {pixel(y / 2, x / 2), pixel(y / 2, right), pixel(below, x / 2),
                                      pixel(below, right)};
        table.blend_rows(rows, weights, channels, false,
                         enlarged.data() + (y * 2 * side + x) * channels);
      }
    }
  });
}

/// The same, a row in each call.
void blend_pixels(benchmark::State& state, const KernelTable& table, Index channels) {
  constexpr Index side = 32;
  bench::RandomWeights random;
  const auto map = random.values(side * side * channels, -1, 1);
  AlignedBuffer<float> enlarged(4 * map.size());
  eigenvit::kernels::PixelTap<float> taps[2 * side];
  for (Index x = 0; x < 2 * side; ++x) taps[x] = {x / 2, std::min(x / 2 + 1, side - 1), 0.25F};
  eigenvit::kernels::BlendArguments<float> task;
  task.weight = 0.25F;
  task.taps = taps;
  task.pixels = 2 * side;
  task.channels = channels;
  const double bytes = 4.0 * double(map.size() + enlarged.size());
  measure_bytes(state, bytes, bytes, [&] {
    for (Index y = 0; y < 2 * side; ++y) {
      task.above = map.data() + y / 2 * side * channels;
      task.below = map.data() + std::min(y / 2 + 1, side - 1) * side * channels;
      task.y = enlarged.data() + y * 2 * side * channels;
      table.blend_pixels(task);
    }
  });
}

void add(const KernelTable& table, const std::string& kernel, const std::string& sizes,
         const std::function<void(benchmark::State&)>& run) {
  const std::string name = kernel + "/" + table.name + (sizes.empty() ? "" : "/" + sizes);
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMicrosecond);
}

std::string text(Index a, Index b) {
  return std::to_string(a) + "x" + std::to_string(b);
}

struct NamedFormat {
  WeightFormat format;
  const char* suffix;
};
constexpr NamedFormat formats[] = {{WeightFormat::native, ""},
                                   {WeightFormat::float16, "_float16"},
                                   {WeightFormat::bfloat16, "_bfloat16"},
                                   {WeightFormat::bfloat16_pairs, "_bfloat16_pairs"},
                                   {WeightFormat::int8, "_int8"}};

/// qkv, proj, fc1 and fc2 of ViT-Ti, S, B and L in floats, of ViT-B in other formats.
void add_format(const KernelTable& table, const NamedFormat& named) {
  const WeightFormat format = named.format;
  const bool is_native = format == WeightFormat::native;
  const auto widths = is_native ? std::vector<Index>{192, 384, 768, 1024} : std::vector<Index>{768};
  for (const bool cold : {false, true}) {
    const std::string suffix = std::string(named.suffix) + (cold ? "_cold" : "_hot");
    for (const Index d : widths) {
      for (const auto& map : {std::pair<Index, Index>{d, 3 * d}, {d, d}, {d, 4 * d}, {4 * d, d}}) {
        const Index depth = map.first;
        const Index outputs = map.second;
        add(table, "gemm" + suffix, text(depth, outputs), [=, &table](benchmark::State& state) {
          gemm(state, table, format, cold, bench::vit_tokens, depth, outputs);
        });
      }
    }
    if (table.format(format).transposed_product == nullptr) continue;
    for (const Index d : is_native ? std::vector<Index>{192, 768} : widths) {
      add(table, "transposed_product" + suffix, text(d, d), [=, &table](benchmark::State& state) {
        transposed_product(state, table, format, cold, d, d);
      });
    }
  }
  if (is_native) return;
  add(table, std::string("pack") + named.suffix, "768",
      [=, &table](benchmark::State& state) { pack_format(state, table, format, 768); });
  if (table.format(format).encode == nullptr) return;
  for (const Index d : {768, 3072}) {
    add(table, std::string("encode") + named.suffix, text(66, d),
        [=, &table](benchmark::State& state) { encode(state, table, format, 66, d); });
  }
}

constexpr Index attention_tokens[] = {bench::vit_tokens, 1374};

void add_attention(const KernelTable& table, AttentionFormat format, Index tokens) {
  const char* const name = format == AttentionFormat::bfloat16 ? "attention_bfloat16"
                           : format == AttentionFormat::words  ? "attention_words"
                                                               : "attention";
  add(table, name, text(tokens, 64),
      [=, &table](benchmark::State& state) { attention(state, table, format, tokens, 64); });
}

void add_all(const KernelTable& table) {
  for (const bool cold : {false, true}) {
    const std::string heat = cold ? "_cold" : "_hot";
    for (const Index d : {192, 768}) {
      add(table, "pack_panel" + heat, std::to_string(d),
          [=, &table](benchmark::State& state) { pack_panel(state, table, cold, d); });
    }
  }
  for (const Index tokens : attention_tokens) {
    add_attention(table, AttentionFormat::native, tokens);
    add(table, "softmax_columns", std::to_string(tokens),
        [=, &table](benchmark::State& state) { softmax_columns(state, table, tokens); });
    add(table, "weighted_sums", text(tokens, 768),
        [=, &table](benchmark::State& state) { weighted_sums(state, table, tokens, 768); });
  }
  for (const Index d : {192, 768}) {
    add(table, "layer_norm", text(66, d),
        [=, &table](benchmark::State& state) { layer_norm(state, table, 66, d); });
    add(table, "sum_rows", text(bench::vit_tokens, d),
        [=, &table](benchmark::State& state) { sum_rows(state, table, bench::vit_tokens, d); });
    add(table, "add_row", std::to_string(d),
        [=, &table](benchmark::State& state) { add_row(state, table, d); });
  }
  for (const Index channels : {32, 64, 256}) {
    add(table, "blend_rows", std::to_string(channels),
        [=, &table](benchmark::State& state) { blend_rows(state, table, channels); });
    add(table, "blend_pixels", std::to_string(channels),
        [=, &table](benchmark::State& state) { blend_pixels(state, table, channels); });
  }
  for (const bool halves : {false, true}) {
    add(table, halves ? "rotate_halves" : "rotate_pairs", text(66, 64),
        [=, &table](benchmark::State& state) { rotate(state, table, halves); });
  }
  for (const auto& entry : {std::pair<const char*, Activation>{"gelu", Activation::gelu},
                            {"gelu_tanh", Activation::gelu_tanh},
                            {"quick_gelu", Activation::quick_gelu},
                            {"silu", Activation::silu},
                            {"relu", Activation::relu},
                            {"tanh", Activation::tanh}}) {
    const Activation activation = entry.second;
    add(table, std::string("gate_") + entry.first, "",
        [=, &table](benchmark::State& state) { gate(state, table, activation); });
  }
}

/// The sets that came later differ from earlier ones in some kernels only: those alone.
const bool added = [] {
  std::vector<const KernelTable*> tables;
  eigenvit::kernels::for_each_available(
      [&](const KernelTable& table) { tables.push_back(&table); });
  std::reverse(tables.begin(), tables.end());
  std::set<decltype(KernelTable::layer_norm)> seen;
  std::set<decltype(eigenvit::kernels::AttentionKernels::attend)> seen_attention{nullptr};
  std::set<decltype(FormatKernels::gemm)> seen_formats;
  for (const KernelTable* const table : tables) {
    for (const NamedFormat& named : formats) {
      if (table->has(named.format) &&
          seen_formats.insert(table->format(named.format).gemm).second) {
        add_format(*table, named);
      }
    }
    if (seen.insert(table->layer_norm).second) add_all(*table);
    for (const AttentionFormat format : {AttentionFormat::bfloat16, AttentionFormat::words}) {
      if (!seen_attention.insert(table->attention(format).attend).second) continue;
      for (const Index tokens : attention_tokens) add_attention(*table, format, tokens);
    }
  }
  return true;
}();

}  // namespace
