// EigenViT's side of the comparison; the protocol is described in worker.py.
//
//   eigenvit_worker FOLDER logits|tokens BATCH THREADS PRECISION [unpacked]
//
// With `unpacked`, no packed weights are kept.
#include <chrono>
#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/eigenvit.hpp>

namespace {

using eigenvit::AlignedBuffer;
using eigenvit::Index;

/// A network with everything that its forward passes use again.
class Worker {
 public:
  Worker(const std::string& folder, const std::string& output, Index batch, int threads,
         const eigenvit::ModelOptions& options)
      : model_(eigenvit::load_model(folder, options)), batch_(batch), executor_(threads) {
    taps_.logits = output == "logits";
    taps_.tokens = output == "tokens";
    if (taps_.logits == taps_.tokens) throw std::invalid_argument("no such output: " + output);

    const std::string pixels = folder + "/pixels.f32";
    std::ifstream file(pixels, std::ios::binary | std::ios::ate);
    pixels_.resize(static_cast<std::size_t>(file ? std::streamoff(file.tellg()) : 0) /
                   sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(pixels_.data()),
              static_cast<std::streamsize>(pixels_.size() * sizeof(float)));
    if (!file || pixels_.size() < batch_values()) {
      throw std::runtime_error(pixels + ": too short, or not there");
    }
  }

  void run() { run(0); }

  void write_output(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < pixels_.size() / batch_values(); ++i) {
      run(i);
      const AlignedBuffer<float>& values = taps_.logits ? result_.logits : result_.tokens;
      file.write(reinterpret_cast<const char*>(values.data()),
                 static_cast<std::streamsize>(values.size() * sizeof(float)));
    }
    if (!file.flush()) throw std::runtime_error(path + ": could not be written");
  }

 private:
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

void serve(const std::string& folder, const std::string& output, Index batch, int threads,
           const eigenvit::ModelOptions& options) {
  std::cout << "ready" << std::endl;
  std::optional<Worker> worker;
  for (std::string command; std::cin >> command;) {
    if (command == "load") {
      worker.emplace(folder, output, batch, threads, options);
      std::cout << "loaded" << std::endl;
    } else if (command == "run") {
      int count = 0;
      std::cin >> count;
      for (int i = 0; i < count; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        worker.value().run();
        const auto end = std::chrono::steady_clock::now();
        std::cout << std::chrono::duration<double, std::milli>(end - begin).count() << ' ';
      }
      std::cout << std::endl;
    } else if (command == "output") {
      std::string path;
      std::getline(std::cin >> std::ws, path);
      worker.value().write_output(path);
      std::cout << "written" << std::endl;
    } else {
      throw std::invalid_argument("unknown command " + command);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool unpacked = argc == 7 && std::string(argv[6]) == "unpacked";
    if (argc != 6 && !unpacked) {
      throw std::invalid_argument("expected FOLDER OUTPUT BATCH THREADS PRECISION [unpacked]");
    }
    eigenvit::ModelOptions options;
    options.precision = eigenvit::precision_of(argv[5]);
    options.keep_packed = !unpacked;
    serve(argv[1], argv[2], std::stol(argv[3]), std::stoi(argv[4]), options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "eigenvit_worker: " << error.what() << '\n';
    return 1;
  }
}
