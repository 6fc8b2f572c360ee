// Counts what a forward pass allocates: nothing, from the second of a shape on.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../malloc_hook.hpp"
#include "../unit/stored_bits.hpp"
#include "../unit/varied_vit.hpp"

namespace {

/// Allocations while `call` runs.
template <class Call>
long allocations_of(const Call& call) {
  {
    const malloc_hook::Watch watch;
    call();
  }
  return malloc_hook::calls;
}

struct Request {
  const char* name;
  eigenvit::Taps taps;
};

/// Whether passes of a used shape allocate nothing; says so where they do. Of images of such a
/// height, at the model's own width and at another, which tables are made for.
bool passes_without_allocating(const char* name, eigenvit::Executor* executor,
                               const eigenvit::VisionTransformer<float>& network,
                               eigenvit::Index height, eigenvit::Index other_width) {
  using eigenvit::Index;
  const eigenvit::VitConfig& config = network.config();
  const Index largest = std::max(config.image_width, other_width);
  const auto pixels = stored_bits::Integers().values(2 * config.in_chans * height * largest, 2);
  eigenvit::Taps every_tap = stored_bits::every_tap();
  if (config.depth < 2) every_tap.hidden = every_tap.attention = {0};
  every_tap.pooler_output = config.has_pooler_output();
  every_tap.image_embeds = config.image_embeds;
  every_tap.pred_boxes = config.detects();
  eigenvit::Taps merging = every_tap;
  merging.attention.clear();
  merging.token_merging.per_block = 5;
  merging.merge_source = true;
  std::vector<Request> requests = {{"every tap", every_tap},
                                   {"logits", stored_bits::logits_only()}};
  if (config.plain_blocks() && config.det_tokens == 0) requests.push_back({"merging", merging});
  bool clean = true;
  for (const Request& request : requests) {
    const eigenvit::Taps& asked = request.taps;
    eigenvit::Workspace workspace;
    eigenvit::VitOutput<float> output;
    for (const Index width : {config.image_width, other_width}) {
      const auto pass = [&](Index images) {
        network.forward({pixels.data(), images, height, width}, asked, output, executor,
                        &workspace);
      };
      pass(2);
      for (const Index images : {2, 1, 2}) {
        // Several times: what threads leave for each other depends on who comes first.
        for (int run = 0; run < 20; ++run) {
          const long found = allocations_of([&] { pass(images); });
          if (found == 0) continue;
          std::printf("%s: %ld allocations of %td images, width %td, %s\n", name, found, images,
                      width, request.name);
          clean = false;
        }
      }
    }
  }
  return clean;
}

}  // namespace

int main() {
  // The counter itself must see what there is.
  if (allocations_of([] { std::vector<int> some(100, 1); }) == 0 ||
      allocations_of([] { eigenvit::AlignedBuffer<float> some(100, 1.0f); }) == 0) {
    std::puts("allocations are not counted");
    return 1;
  }
  const auto network = stored_bits::network(eigenvit::Activation::gelu);
  eigenvit::SerialExecutor serial;
  eigenvit::ThreadPoolExecutor pool(3);
  const bool alone = passes_without_allocating("no executor", nullptr, network, 88, 64);
  const bool in_order = passes_without_allocating("SerialExecutor", &serial, network, 88, 64);
  const bool threads = passes_without_allocating("ThreadPoolExecutor(3)", &pool, network, 88, 64);
  bool varied = true;
  for (const eigenvit::VitConfig& config : varied::configs()) {
    const auto other = varied::network<float>(config);
    varied = passes_without_allocating("other parts", nullptr, other, 20, 24) && varied;
    varied =
        passes_without_allocating("other parts, ThreadPoolExecutor(3)", &pool, other, 20, 24) &&
        varied;
  }
  // Panels are packed for each task where none is kept.
  eigenvit::ModelOptions options;
  options.keep_packed = false;
  bool unkept = true;
  for (const char* const folder : {"timm_vit", "hf_siglip_classifier"}) {
    const auto model = eigenvit::load_model(
        std::filesystem::path(EIGENVIT_SOURCE_DIR) / "tests" / "golden" / "models" / folder,
        options);
    const eigenvit::VitConfig& config = model.network().config();
    for (eigenvit::Executor* const executor :
         {static_cast<eigenvit::Executor*>(&serial), static_cast<eigenvit::Executor*>(&pool)}) {
      unkept = passes_without_allocating("packed for each task", executor, model.network(),
                                         config.image_height, config.image_width) &&
               unkept;
    }
  }
  return alone && in_order && threads && varied && unkept ? 0 : 1;
}
