// Reading checkpoints that lie in the page cache: tensors alone, and a whole folder of the size of
// a ViT-S/16. The files are made in the system's temporary folder and removed afterwards.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include <benchmark/benchmark.h>

#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/tensor_store.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

/// A folder that is there as long as this object.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() /
              ("eigenvit_load_bench_" + std::to_string(std::random_device{}()))) {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Entry {
  std::string name;
  std::vector<Index> shape;
};

// Writes tensors of which every value is 0.0625; returns the bytes of their values.
double write_tensors(const std::filesystem::path& path, const std::vector<Entry>& entries,
                     bool half) {
  const std::size_t size = half ? 2 : 4;
  std::string header = "{";
  std::size_t offset = 0;
  for (const Entry& entry : entries) {
    std::size_t bytes = size;
    std::string shape;
    for (const Index n : entry.shape) {
      bytes *= static_cast<std::size_t>(n);
      shape += (shape.empty() ? "" : ",") + std::to_string(n);
    }
    header += (offset ? ",\"" : "\"") + entry.name + "\":{\"dtype\":\"" + (half ? "F16" : "F32") +
              "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(offset) + "," +
              std::to_string(offset + bytes) + "]}";
    offset += bytes;
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  std::ofstream file(path, std::ios::binary);
  for (std::uint64_t rest = header.size(), i = 0; i < 8; ++i, rest >>= 8) {
    file.put(static_cast<char>(rest & 0xff));
  }
  file << header;
  const float single = 0.0625f;
  const std::uint16_t half_bits = 0x2c00;
  std::string value(size, '\0');
  std::memcpy(&value[0], half ? static_cast<const void*>(&half_bits) : &single, size);
  std::string chunk;
  while (chunk.size() < (std::size_t{1} << 16)) chunk += value;
  for (std::size_t left = offset; left > 0;) {
    const std::size_t count = std::min(left, chunk.size());
    file.write(chunk.data(), static_cast<std::streamsize>(count));
    left -= count;
  }
  return static_cast<double>(offset);
}

// MB/s are of the file's bytes.
void read_tensors(benchmark::State& state, bool half) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  std::vector<Entry> entries;
  for (int i = 0; i < 8; ++i) entries.push_back({"layer." + std::to_string(i), {3072, 768}});
  const double bytes = write_tensors(path, entries, half);
  eigenvit::AlignedBuffer<float> values(3072 * 768);
  const bench::Meter meter;
  for (auto _ : state) {
    const auto store = eigenvit::TensorStore::open_file(path);
    for (const auto* tensor : store.tensors()) {
      store.read(*tensor, values.data());
      benchmark::ClobberMemory();
    }
  }
  meter.report_bytes(state, bytes);
}
BENCHMARK_CAPTURE(read_tensors, F32, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_tensors, F16, true)->Unit(benchmark::kMillisecond);

std::vector<Entry> timm_vit(const eigenvit::VitConfig& config) {
  const Index d = config.embed_dim, f = config.mlp_hidden;
  std::vector<Entry> entries{{"cls_token", {1, 1, d}},
                             {"pos_embed", {1, config.tokens(), d}},
                             {"patch_embed.proj.weight", {d, 3, 16, 16}},
                             {"patch_embed.proj.bias", {d}},
                             {"norm.weight", {d}},
                             {"norm.bias", {d}},
                             {"head.weight", {config.num_classes, d}},
                             {"head.bias", {config.num_classes}}};
  for (Index i = 0; i < config.depth; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    const auto linear = [&](const char* name, Index out, Index in) {
      entries.push_back({block + name + ".weight", {out, in}});
      entries.push_back({block + name + ".bias", {out}});
    };
    for (const char* norm : {"norm1", "norm2"}) {
      entries.push_back({block + norm + ".weight", {d}});
      entries.push_back({block + norm + ".bias", {d}});
    }
    linear("attn.qkv", 3 * d, d);
    linear("attn.proj", d, d);
    linear("mlp.fc1", f, d);
    linear("mlp.fc2", d, f);
  }
  return entries;
}

void load_folder(benchmark::State& state, bool half) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "config.json")
      << R"({"architecture": "vit_small_patch16_224", "num_classes": 1000,
             "pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "bicubic",
                                "crop_pct": 0.9, "crop_mode": "center", "num_classes": 1000,
                                "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})";
  const double bytes =
      write_tensors(folder.path() / "model.safetensors", timm_vit(bench::vit_config(384)), half);
  const bench::Meter meter;
  for (auto _ : state) {
    const auto network = eigenvit::ModelFolder::open(folder.path()).read_network<float>();
    benchmark::DoNotOptimize(network.layers().prefix_tokens.data());
  }
  meter.report_bytes(state, bytes);
}
BENCHMARK_CAPTURE(load_folder, ViT_S_F32, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_folder, ViT_S_F16, true)->Unit(benchmark::kMillisecond);

}  // namespace
