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

#include <eigenvit/dense.hpp>

#include "image_network.hpp"
#include "serve.hpp"

namespace {

class Worker {
 public:
  explicit Worker(const Arguments& arguments)
      : network_(eigenvit::load_dense_model(arguments.folder, model_options_of(arguments)),
                 taps_of(arguments.output), arguments) {}

  void run() { network_.run(0); }

  /// Of each image the logits of the classes, where there are some, and a map after another.
  void write_output(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    std::vector<float> map;
    for (std::size_t i = 0; i < network_.batches(); ++i) {
      const auto& result = network_.run(i);
      if (network_.taps().tokens) {
        write_values(file, result.tokens);
        continue;
      }
      const auto& dense = result.dense;
      for (eigenvit::Index image = 0; image < network_.batch(); ++image) {
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
  static eigenvit::Taps taps_of(const std::string& output) {
    eigenvit::Taps taps;
    taps.dense = output == "maps";
    taps.tokens = output == "tokens";
    if (taps.dense == taps.tokens) throw std::invalid_argument("no such output: " + output);
    return taps;
  }

  ImageNetwork network_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_worker<Worker>(argc, argv);
}
