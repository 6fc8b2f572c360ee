// EigenViT's side of the comparison of networks with dense heads; the protocol is described in
// worker.py.
//
//   eigenvit_dense_worker FOLDER maps BATCH THREADS PRECISION [unpacked]
//
// With `unpacked`, no packed weights are kept. With `tokens` in place of `maps`, a pass gives the
// tokens of the encoder alone.
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/dense.hpp>

#include "serve.hpp"

namespace {

using eigenvit::AlignedBuffer;
using eigenvit::Index;

/// A network with everything that its forward passes use again.
class Worker {
 public:
  explicit Worker(const Arguments& arguments)
      : model_(eigenvit::load_dense_model(arguments.folder, options_of(arguments))),
        batch_(arguments.batch),
        executor_(arguments.threads) {
    taps_.dense = arguments.output == "maps";
    taps_.tokens = arguments.output == "tokens";
    if (taps_.dense == taps_.tokens) {
      throw std::invalid_argument("no such output: " + arguments.output);
    }
    read_values(arguments.folder + "/pixels.f32", batch_values(), pixels_);
  }

  void run() { run(0); }

  /// Of each image the logits of the classes, where there are some, and a map after another.
  void write_output(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    std::vector<float> map;
    for (std::size_t i = 0; i < pixels_.size() / batch_values(); ++i) {
      run(i);
      if (taps_.tokens) {
        write_values(file, result_.tokens);
        continue;
      }
      const auto& dense = result_.dense;
      for (Index image = 0; image < batch_; ++image) {
        if (dense.classes > 0) {
          const auto logits = dense.class_logits_of(image);
          map.assign(logits.data(), logits.data() + logits.size());
          write_values(file, map);
        }
        const eigenvit::Matrix<float> channels = dense.map_of(image).transpose();
        map.assign(channels.data(), channels.data() + channels.size());
        write_values(file, map);
      }
    }
    if (!file.flush()) throw std::runtime_error(path + ": could not be written");
  }

 private:
  static eigenvit::ModelOptions options_of(const Arguments& arguments) {
    eigenvit::ModelOptions options;
    options.precision = eigenvit::precision_of(arguments.precision);
    options.keep_packed = !arguments.unpacked;
    return options;
  }

  std::size_t batch_values() const {
    const auto& config = model_.network().config();
    return static_cast<std::size_t>(batch_ * config.in_chans * config.image_height *
                                    config.image_width);
  }

  void run(std::size_t batch) {
    const auto& config = model_.network().config();
    const float* const pixels = pixels_.data() + batch * batch_values();
    model_.network().forward({pixels, batch_, config.image_height, config.image_width}, taps_,
                             result_, &executor_, &workspace_);
  }

  eigenvit::Model model_;
  Index batch_;
  eigenvit::ThreadPoolExecutor executor_;
  eigenvit::Workspace workspace_;
  eigenvit::Taps taps_;
  eigenvit::VitOutput<float> result_;
  AlignedBuffer<float> pixels_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_worker<Worker>(argc, argv);
}
