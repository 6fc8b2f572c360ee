// Counts what a forward pass, and all from a frame to its result, allocates: nothing, from the
// second of a shape on.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/similarity_map.hpp>
#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/pipeline/dense_model.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../malloc_hook.hpp"
#include "../unit/io/test_files.hpp"
#include "../unit/stored_bits.hpp"
#include "../unit/varied_depth.hpp"
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
  // Before queries join there is no attention to be asked for.
  if (config.query_tokens > 0) every_tap.attention = {config.depth - 1};
  every_tap.logits = config.num_classes > 0;
  every_tap.pooler_output = config.has_pooler_output();
  every_tap.image_embeds = config.image_embeds;
  every_tap.pred_boxes = config.detects();
  every_tap.dense = network.layers().dense_head != nullptr;
  eigenvit::Taps merging = every_tap;
  merging.attention.clear();
  merging.dense = false;
  merging.token_merging.per_block = 5;
  merging.merge_source = true;
  std::vector<Request> requests = {{"every tap", every_tap}};
  if (every_tap.logits) requests.push_back({"logits", stored_bits::logits_only()});
  const bool is_plain = network.layers().blocks.front().is_plain() && !network.layers().rope;
  if (is_plain && config.num_parallel == 1 && config.suffix_tokens() == 0)
    requests.push_back({"merging", merging});
  // What threads leave for each other depends on which comes first.
  const int runs = executor != nullptr && executor->concurrency() > 1 ? 10 : 2;
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
        for (int run = 0; run < runs; ++run) {
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

/// Whether everything from a frame to the result allocates nothing: a region of a larger BGR frame,
/// through preprocessing and network, to tokens, a map of likeness and classes.
bool frames_without_allocating(const char* name, const eigenvit::Model& model,
                               eigenvit::Executor* executor) {
  using eigenvit::Index;
  constexpr Index width = 150, height = 110, stride = 3 * 200;
  const std::vector<std::uint8_t> frame(static_cast<std::size_t>(stride * height), 77);
  const eigenvit::ImageView view{frame.data() + 30, width, height, stride,
                                 eigenvit::PixelFormat::bgr};
  const std::vector<eigenvit::ImageView> batch(3, view);
  eigenvit::Taps taps;
  taps.tokens = true;
  taps.logits = model.has_head();
  eigenvit::VitOutput<float> output;
  eigenvit::Workspace workspace;
  eigenvit::Matrix<float> map;
  std::vector<eigenvit::Prediction> best;
  const auto run = [&](bool whole_batch) {
    if (whole_batch) {
      model.run(batch, taps, output, executor, &workspace);
    } else {
      model.run(view, taps, output, executor, &workspace);
    }
    const eigenvit::VisualTokensView tokens = model.tokens_of(output, output.images - 1);
    eigenvit::similarity_map(tokens, tokens.patch(0, 0), map);
    if (model.has_head()) model.predictions(output.logits_of(0), 3, best);
  };
  model.warm_up(width, height, taps, output, executor, workspace, 3);
  if (model.has_head()) model.predictions(output.logits_of(0), 3, best);
  map.resize(output.grid_height, output.grid_width);
  bool clean = true;
  for (int repeat = 0; repeat < 10; ++repeat) {
    for (const bool whole_batch : {true, false}) {
      const long found = allocations_of([&] { run(whole_batch); });
      if (found == 0) continue;
      std::printf("%s: %ld allocations of a frame, %s\n", name, found,
                  whole_batch ? "three images" : "one image");
      clean = false;
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
  eigenvit::SerialExecutor serial;
  eigenvit::ThreadPoolExecutor pool(3);
  bool plain = true;
  using stored_bits::WeightFormat;
  for (const WeightFormat format :
       {WeightFormat::native, WeightFormat::bfloat16_pairs, WeightFormat::int8}) {
    if (!eigenvit::kernels::active_kernels().has(format)) continue;
    const auto network = stored_bits::network(eigenvit::Activation::gelu, format);
    plain = passes_without_allocating("no executor", nullptr, network, 88, 64) && plain;
    plain = passes_without_allocating("SerialExecutor", &serial, network, 88, 64) && plain;
    plain = passes_without_allocating("ThreadPoolExecutor(3)", &pool, network, 88, 64) && plain;
  }
  bool varied = true;
  for (const eigenvit::VitConfig& config : varied::configs()) {
    const auto other = varied::network<float>(config);
    varied = passes_without_allocating("other parts", nullptr, other, 20, 24) && varied;
    varied =
        passes_without_allocating("other parts, ThreadPoolExecutor(3)", &pool, other, 20, 24) &&
        varied;
  }
  const auto with_head = varied::depth_network<float>();
  for (eigenvit::Executor* const executor :
       {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&pool)}) {
    varied = passes_without_allocating("dense head", executor, with_head, 20, 24) && varied;
  }
  const auto models = std::filesystem::path(EIGENVIT_SOURCE_DIR) / "tests" / "golden" / "models";
  const auto with_masks = eigenvit::load_dense_model(models / "hf_eomt");
  for (eigenvit::Executor* const executor :
       {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&pool)}) {
    varied =
        passes_without_allocating("masks of queries", executor, with_masks.network(), 16, 16) &&
        varied;
  }
  for (const char* const folder : {"hf_dpt", "hf_zoedepth_nk", "hf_beit_segmentation",
                                   "hf_dpt_segmentation", "hf_vitpose_plus"}) {
    eigenvit::ModelOptions options;
    if (std::string(folder) == "hf_vitpose_plus") options.dataset_index = 1;
    const auto model = eigenvit::load_dense_model(models / folder, options);
    const eigenvit::VitConfig& config = model.network().config();
    for (eigenvit::Executor* const executor :
         {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&pool)}) {
      varied = passes_without_allocating(folder, executor, model.network(), config.image_height,
                                         config.image_width) &&
               varied;
    }
  }
  // Maps are stated without being made.
  for (const eigenvit::Index images : {1, 1000}) {
    if (allocations_of([&] { with_head.dense_bytes(20, 24, images); }) == 0) continue;
    std::printf("allocations of a size of %td images' maps\n", images);
    varied = false;
  }
  bool frames = true;
  const std::string zeros = test_files::timm_zeros(1, 3);
  const std::string one_channel =
      R"({"architecture":"vit_tiny_patch16_224","num_classes":3,"model_args":{"img_size":16,)"
      R"("patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,"mlp_ratio":2,"in_chans":1},)"
      R"("pretrained_cfg":{"input_size":[1,16,16],"mean":[0.4],"std":[0.3]}})";
  for (eigenvit::Executor* const executor :
       {static_cast<eigenvit::Executor*>(nullptr), static_cast<eigenvit::Executor*>(&pool)}) {
    const auto passes = [&](const char* name, const eigenvit::Model& model) {
      return frames_without_allocating(name, model, executor);
    };
    frames = passes("8-bit samples", eigenvit::load_model(models / "timm_vit")) && frames;
    frames =
        passes("resized numbers", eigenvit::load_model(models / "hf_dinov3_no_bias")) && frames;
    frames = passes("one channel",
                    eigenvit::load_model({one_channel, {}, zeros.data(), zeros.size()})) &&
             frames;
  }
  // Panels are packed for each task where none is kept.
  eigenvit::ModelOptions options;
  options.keep_packed = false;
  bool unkept = true;
  for (const char* const folder : {"timm_vit", "hf_siglip_classifier", "hf_depth_anything",
                                   "hf_beit_segmentation", "hf_eomt"}) {
    const auto model = eigenvit::load_dense_model(models / folder, options);
    const eigenvit::VitConfig& config = model.network().config();
    for (eigenvit::Executor* const executor :
         {static_cast<eigenvit::Executor*>(&serial), static_cast<eigenvit::Executor*>(&pool)}) {
      unkept = passes_without_allocating("packed for each task", executor, model.network(),
                                         config.image_height, config.image_width) &&
               unkept;
    }
  }
  return plain && varied && frames && unkept ? 0 : 1;
}
