// EigenViT's side of the comparison of networks of texts; the protocol is described in worker.py.
//
//   eigenvit_text_worker FOLDER text_embeds BATCH THREADS PRECISION [unpacked]
//
// With `unpacked`, no packed weights are kept.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/io/text_folder.hpp>

#include "serve.hpp"

namespace {

/// A network with everything that its forward passes use again.
class Worker {
 public:
  explicit Worker(const Arguments& arguments)
      : network_(eigenvit::TextFolder::open(arguments.folder, options_of(arguments))
                     .read_network<float>()),
        batch_(arguments.batch),
        executor_(arguments.threads) {
    if (arguments.output != "text_embeds") {
      throw std::invalid_argument("no such output: " + arguments.output);
    }
    taps_.text_embeds = true;
    std::vector<std::int64_t> ids;
    read_values(arguments.folder + "/ids.i64", batch_values(), ids);
    ids_.assign(ids.begin(), ids.end());
  }

  void run() { run(0); }

  void write_output(const std::string& path) {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < ids_.size() / batch_values(); ++i) {
      run(i);
      write_values(file, result_.text_embeds);
    }
    if (!file.flush()) throw std::runtime_error(path + ": could not be written");
  }

 private:
  static eigenvit::TextOptions options_of(const Arguments& arguments) {
    eigenvit::TextOptions options;
    options.precision = eigenvit::precision_of(arguments.precision);
    options.keep_packed = !arguments.unpacked;
    return options;
  }

  std::size_t batch_values() const {
    return static_cast<std::size_t>(batch_ * network_.config().context_length);
  }

  void run(std::size_t batch) {
    network_.forward(
        {ids_.data() + batch * batch_values(), batch_, network_.config().context_length}, taps_,
        result_, &executor_, &workspace_);
  }

  eigenvit::TextTransformer<float> network_;
  eigenvit::Index batch_;
  eigenvit::ThreadPoolExecutor executor_;
  eigenvit::Workspace workspace_;
  eigenvit::TextTaps taps_;
  eigenvit::TextOutput<float> result_;
  std::vector<std::int32_t> ids_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_worker<Worker>(argc, argv);
}
