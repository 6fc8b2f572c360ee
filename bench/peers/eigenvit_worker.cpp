// EigenViT's side of the comparison of networks of images; the protocol is described in worker.py.
//
//   eigenvit_worker FOLDER logits|tokens BATCH THREADS PRECISION [unpacked]
//
// With `unpacked`, no packed weights are kept.
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

#include <eigenvit/eigenvit.hpp>

#include "image_network.hpp"
#include "serve.hpp"

namespace {

class Worker {
 public:
  explicit Worker(const Arguments& arguments)
      : network_(eigenvit::load_model(arguments.folder, model_options_of(arguments)),
                 taps_of(arguments.output), arguments) {}

  void run() { network_.run(0); }

  void write_output(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < network_.batches(); ++i) {
      const auto& result = network_.run(i);
      write_values(file, network_.taps().logits ? result.logits : result.tokens);
    }
    if (!file.flush()) throw std::runtime_error(path + ": could not be written");
  }

 private:
  static eigenvit::Taps taps_of(const std::string& output) {
    eigenvit::Taps taps;
    taps.logits = output == "logits";
    taps.tokens = output == "tokens";
    if (taps.logits == taps.tokens) throw std::invalid_argument("no such output: " + output);
    return taps;
  }

  ImageNetwork network_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_worker<Worker>(argc, argv);
}
