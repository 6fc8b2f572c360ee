// What `ModelMemory::peak` says beforehand is what a process with a depth model comes to hold: no
// more, and hardly less.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/dense.hpp>

namespace {

/// Depth Anything's tensors at full width, with fewer blocks.
constexpr int width = 384;
constexpr int blocks = 4;
constexpr int grid = 28;
constexpr int fusion = 64;

const char* const config_json = R"({
  "architectures": ["DepthAnythingForDepthEstimation"], "model_type": "depth_anything",
  "backbone_config": {"model_type": "dinov2", "hidden_size": 384, "num_hidden_layers": 4,
    "num_attention_heads": 6, "image_size": 392, "patch_size": 14, "out_indices": [1, 2, 3, 4],
    "apply_layernorm": true, "reshape_hidden_states": false},
  "patch_size": 14, "reassemble_hidden_size": 384, "neck_hidden_sizes": [48, 96, 192, 384],
  "fusion_hidden_size": 64})";

using Shape = std::vector<std::int64_t>;

class Tensors {
 public:
  void add(const std::string& name, const Shape& shape) { tensors_.emplace_back(name, shape); }
  void add_layer(const std::string& name, const Shape& weight, std::int64_t bias) {
    add(name + ".weight", weight);
    add(name + ".bias", {bias});
  }

  /// All of them zeros, which take no room on the disk.
  void write(const std::filesystem::path& path) const {
    std::string header = "{";
    std::int64_t end = 0;
    for (const auto& [name, shape] : tensors_) {
      std::string sizes;
      std::int64_t values = 1;
      for (const std::int64_t size : shape) {
        sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
        values *= size;
      }
      const std::int64_t begin = end;
      end += 4 * values;
      header += (begin == 0 ? "\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" + sizes +
                R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    }
    header += "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    std::ofstream file(path, std::ios::binary);
    for (std::uint64_t size = header.size(), i = 0; i < 8; ++i) {
      file.put(static_cast<char>(size >> (8 * i) & 0xFF));
    }
    file << header;
    file.close();
    std::filesystem::resize_file(path, 8 + header.size() + static_cast<std::uintmax_t>(end));
  }

 private:
  std::vector<std::pair<std::string, Shape>> tensors_;
};

Tensors depth_anything() {
  Tensors t;
  const std::string backbone = "backbone.";
  t.add(backbone + "embeddings.cls_token", {1, 1, width});
  t.add(backbone + "embeddings.position_embeddings", {1, grid * grid + 1, width});
  t.add_layer(backbone + "embeddings.patch_embeddings.projection", {width, 3, 14, 14}, width);
  for (int i = 0; i < blocks; ++i) {
    const std::string block = backbone + "encoder.layer." + std::to_string(i) + ".";
    for (const char* const part : {"query", "key", "value"}) {
      t.add_layer(block + "attention.attention." + part, {width, width}, width);
    }
    t.add_layer(block + "attention.output.dense", {width, width}, width);
    t.add_layer(block + "mlp.fc1", {4 * width, width}, 4 * width);
    t.add_layer(block + "mlp.fc2", {width, 4 * width}, width);
    for (const char* const scale : {"layer_scale1", "layer_scale2"}) {
      t.add(block + scale + ".lambda1", {width});
    }
    for (const char* const norm : {"norm1", "norm2"}) t.add_layer(block + norm, {width}, width);
  }
  t.add_layer(backbone + "layernorm", {width}, width);
  const int channels[] = {48, 96, 192, 384};
  const int kernels[] = {4, 2, 0, 3};
  for (int i = 0; i < 4; ++i) {
    const std::string level = "neck.reassemble_stage.layers." + std::to_string(i) + ".";
    const int c = channels[i], k = kernels[i];
    t.add_layer(level + "projection", {c, width, 1, 1}, c);
    if (k > 0) t.add_layer(level + "resize", {c, c, k, k}, c);
    t.add("neck.convs." + std::to_string(i) + ".weight", {fusion, c, 3, 3});
    const std::string fused = "neck.fusion_stage.layers." + std::to_string(i) + ".";
    t.add_layer(fused + "projection", {fusion, fusion, 1, 1}, fusion);
    for (const char* const unit : {"residual_layer1", "residual_layer2"}) {
      for (const char* const convolution : {".convolution1", ".convolution2"}) {
        t.add_layer(fused + unit + convolution, {fusion, fusion, 3, 3}, fusion);
      }
    }
  }
  t.add_layer("head.conv1", {fusion / 2, fusion, 3, 3}, fusion / 2);
  t.add_layer("head.conv2", {32, fusion / 2, 3, 3}, 32);
  t.add_layer("head.conv3", {1, 32, 1, 1}, 1);
  return t;
}

/// A line of /proc/self/status, in bytes.
double status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (word != key + ":") continue;
    double kilobytes = 0;
    file >> kilobytes;
    return 1024 * kilobytes;
  }
  return 0;
}

}  // namespace

/// peak FOLDER: writes the model there.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config_json;
  depth_anything().write(folder / "model.safetensors");

  // Of which the threads' stacks and what the language keeps are no part.
  eigenvit::ThreadPoolExecutor executor(2);
  const double before = status("VmRSS");
  const eigenvit::Model model = eigenvit::load_dense_model(folder);
  eigenvit::Taps taps;
  taps.dense = true;
  eigenvit::VitOutput<float> output;
  eigenvit::Workspace workspace;
  const int size = 14 * grid;
  const std::vector<unsigned char> pixels(static_cast<std::size_t>(3 * size * size), 100);
  const eigenvit::ImageView image{pixels.data(), size, size, 0, eigenvit::PixelFormat::rgb};
  model.run(image, taps, output, &executor, &workspace);
  const double found = status("VmHWM") - before - static_cast<double>(pixels.size());
  const double stated = static_cast<double>(model.memory(size, size, taps, 1, 2).peak());
  const double mb = 1e6;
  std::printf("stated %.1f MB, found %.1f MB\n", stated / mb, found / mb);
  std::filesystem::remove_all(folder);
  // Beside it there are pages of code, the tensors' names, and those of the file that Linux maps
  // around one that is read.
  return found < 1.05 * stated + 8 * mb && found > 0.9 * stated ? 0 : 1;
}
