// What a dense head adds to the time of a pass, beside what it adds to its operations:
//
//   head_share MODEL_FOLDER [PAIRS [THREADS]]
//
// Passes of one image that give the encoder's tokens, and passes that give the head's maps, run by
// turns; their medians are compared.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/dense.hpp>

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const eigenvit::Model& model, int pairs, int threads) {
  const auto& network = model.network();
  const eigenvit::VitConfig& config = network.config();
  const eigenvit::Index height = config.image_height, width = config.image_width;
  // Values do not change the time.
  const std::vector<float> pixels(static_cast<std::size_t>(config.in_chans * height * width), 0.5F);
  eigenvit::ThreadPoolExecutor executor(threads);
  eigenvit::Taps tokens, maps;
  tokens.tokens = true;
  maps.dense = true;
  std::vector<double> of_tokens, of_maps;
  for (int i = 0; i < pairs; ++i) {
    // New for each pair: a pass is up to 1 % faster or slower by where its memory is.
    eigenvit::Workspace workspace;
    eigenvit::VitOutput<float> output;
    const auto milliseconds = [&](const eigenvit::Taps& taps) {
      const auto start = std::chrono::steady_clock::now();
      network.forward({pixels.data(), 1, height, width}, taps, output, &executor, &workspace);
      const std::chrono::duration<double, std::milli> taken =
          std::chrono::steady_clock::now() - start;
      return taken.count();
    };
    milliseconds(tokens);
    milliseconds(maps);
    of_tokens.push_back(milliseconds(tokens));
    of_maps.push_back(milliseconds(maps));
  }
  const double encoder = median(of_tokens), whole = median(of_maps);
  const auto encoder_flops = static_cast<double>(config.flops(height, width));
  const auto whole_flops = static_cast<double>(network.flops(height, width));
  std::printf("encoder %.1f ms, with head %.1f ms: time + %.1f %%, operations + %.1f %%\n", encoder,
              whole, 100 * (whole / encoder - 1), 100 * (whole_flops / encoder_flops - 1));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fputs("usage: head_share MODEL_FOLDER [PAIRS [THREADS]]\n", stderr);
    return 2;
  }
  try {
    const int pairs = argc > 2 ? std::max(1, std::atoi(argv[2])) : 7;
    const int threads = argc > 3 ? std::max(1, std::atoi(argv[3])) : 1;
    compare(eigenvit::load_dense_model(argv[1]), pairs, threads);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
