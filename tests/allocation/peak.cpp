// What `ModelMemory::peak` says beforehand is what a process with a model of each dense head comes
// to hold: no more, and hardly less.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/dense.hpp>

#include "dense_models.hpp"

namespace {

const std::map<std::string, dense_models::Model (*)()> models = {
    {"depth_anything", dense_models::depth_anything},
    {"beit_segmentation", dense_models::beit_segmentation},
    {"dpt_segmentation", dense_models::dpt_segmentation},
    {"eomt", dense_models::eomt},
    {"vitpose", dense_models::vitpose},
    {"zoedepth", dense_models::zoedepth}};

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

/// peak MODEL FOLDER: writes the model there. A process has one peak, so it takes one model.
int main(int argc, char** argv) {
  if (argc != 3 || models.count(argv[1]) == 0) return 2;
  const std::filesystem::path folder = argv[2];
  std::filesystem::create_directories(folder);
  int height = 0, width = 0;
  {
    const dense_models::Model files = models.at(argv[1])();
    std::ofstream(folder / "config.json") << files.config;
    if (!files.preprocessor.empty()) {
      std::ofstream(folder / "preprocessor_config.json") << files.preprocessor;
    }
    files.tensors.write(folder / "model.safetensors");
    height = files.image_height;
    width = files.image_width;
  }

  // Of which the threads' stacks and what the language keeps are no part.
  eigenvit::ThreadPoolExecutor executor(2);
  const std::vector<unsigned char> pixels(static_cast<std::size_t>(3 * height * width), 100);
  const double before = status("VmRSS");
  const eigenvit::Model model = eigenvit::load_dense_model(folder);
  eigenvit::Taps taps;
  taps.dense = true;
  eigenvit::VitOutput<float> output;
  eigenvit::Workspace workspace;
  const eigenvit::ImageView image{pixels.data(), width, height, 0, eigenvit::PixelFormat::rgb};
  model.run(image, taps, output, &executor, &workspace);
  const double found = status("VmHWM") - before;
  const eigenvit::ModelMemory memory = model.memory(width, height, taps, 1, 2);
  const double stated = static_cast<double>(memory.peak());
  const double mb = 1e6;
  std::printf("stated %.1f MB (weights %.1f, workspace %.1f, maps %.1f), found %.1f MB\n",
              stated / mb, static_cast<double>(memory.weights) / mb,
              static_cast<double>(memory.workspace()) / mb, static_cast<double>(memory.maps) / mb,
              found / mb);
  std::filesystem::remove_all(folder);
  // Beside it there are pages of code, the tensors' names, and those of the file that Linux maps
  // around one that is read.
  return found < 1.05 * stated + 8 * mb && found > 0.9 * stated ? 0 : 1;
}
