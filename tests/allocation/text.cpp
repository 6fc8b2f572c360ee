// Counts what embedding texts allocates, from the second time on: nothing once they are tokens.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/pipeline/text_encoder.hpp>

#include "../malloc_hook.hpp"

int main() {
  const auto folder =
      std::filesystem::path(EIGENVIT_SOURCE_DIR) / "tests" / "golden" / "text_encoders";
  std::vector<std::string> texts;
  for (int i = 0; i < 21; ++i) texts.push_back("text " + std::to_string(i * i));
  eigenvit::ThreadPoolExecutor pool(3);
  bool clean = true;
  for (const char* const name : {"clip", "siglip", "open_clip_coca"}) {
    for (const bool keep_packed : {true, false}) {
      for (const auto precision : eigenvit::precisions) {
        eigenvit::TextEncoderOptions options;
        options.keep_packed = keep_packed;
        options.precision = precision;
        const auto encoder = eigenvit::TextEncoder::open(folder / name, options);
        const eigenvit::TokenBatch tokens = encoder.tokenize(texts);
        for (eigenvit::Executor* const executor :
             {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&pool)}) {
          eigenvit::Workspace workspace;
          eigenvit::TextVectors vectors;
          encoder.embed(tokens, vectors, executor, &workspace);
          // Several times: what threads leave for each other depends on who comes first.
          for (int run = 0; run < 20; ++run) {
            {
              const malloc_hook::Watch watch;
              encoder.embed(tokens, vectors, executor, &workspace);
            }
            if (malloc_hook::calls == 0) continue;
            std::printf("%s: %ld allocations of %zu texts\n", name, malloc_hook::calls.load(),
                        texts.size());
            clean = false;
          }
        }
      }
    }
  }
  // The counter itself must see what there is.
  const auto encoder = eigenvit::TextEncoder::open(folder / "clip");
  {
    const malloc_hook::Watch watch;
    encoder.embed(texts);
  }
  return clean && malloc_hook::calls > 0 ? 0 : 1;
}
