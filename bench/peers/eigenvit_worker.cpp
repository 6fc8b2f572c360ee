// EigenViT's side of the comparison of networks of images; the protocol is described in worker.py.
//
//   eigenvit_worker FOLDER logits|tokens BATCH THREADS PRECISION [unpacked]
//
// With `unpacked`, no packed weights are kept.
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/eigenvit.hpp>

#include "serve.hpp"

namespace {

using eigenvit::AlignedBuffer;
using eigenvit::Index;

/// A network with everything that its forward passes use again.
class Worker {
 public:
  explicit Worker(const Arguments& arguments)
      : model_(eigenvit::load_model(arguments.folder, options_of(arguments))),
        batch_(arguments.batch),
        executor_(arguments.threads) {
    taps_.logits = arguments.output == "logits";
    taps_.tokens = arguments.output == "tokens";
    if (taps_.logits == taps_.tokens) {
      throw std::invalid_argument("no such output: " + arguments.output);
    }
    read_values(arguments.folder + "/pixels.f32", batch_values(), pixels_);
  }

  void run() { run(0); }

  void write_output(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < pixels_.size() / batch_values(); ++i) {
      run(i);
      write_values(file, taps_.logits ? result_.logits : result_.tokens);
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
