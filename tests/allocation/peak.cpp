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

using dense_models::Sizes;

/// Of a grid of so many rows and columns of patches.
Sizes of_grid(int side) {
  Sizes sizes;
  sizes.side = side;
  return sizes;
}

/// What BEiT's class takes for its four blocks.
Sizes beit_stages() {
  Sizes sizes;
  sizes.stages = {2, 3, 4, 0};
  return sizes;
}

/// What a plain ViT of DPT's class does.
Sizes dpt_stages() {
  Sizes sizes;
  sizes.stages = {0, 1, 2, 3};
  return sizes;
}

const std::map<std::string, dense_models::Model (*)()> models = {
    {"depth_anything", [] { return dense_models::depth_anything(of_grid(28)); }},
    {"beit_segmentation", [] { return dense_models::beit_segmentation(beit_stages()); }},
    {"dpt_segmentation", [] { return dense_models::dpt_segmentation(dpt_stages(), 384); }},
    {"eomt", [] { return dense_models::eomt(Sizes()); }},
    {"vitpose", [] { return dense_models::vitpose(Sizes()); }},
    {"zoedepth", [] { return dense_models::zoedepth(Sizes(), 384); }}};

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
  int height = 0, width = 0;
  {
    const dense_models::Model files = models.at(argv[1])();
    files.write(folder);
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
