// What `ModelMemory::peak` says of published models with dense heads, whose weights stay in files
// of zeros that take no room: at most 1.3 times their weights, and once the largest matrix or map
// of a pass. Prints the table of docs/performance.md.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <eigenvit/dense.hpp>

#include "dense_models.hpp"

namespace {

using dense_models::Model;
using dense_models::Sizes;
using Four = std::array<int, 4>;

struct Published {
  const char* name;
  Model model;
  int tokens;
  int width;
  int map_values;  ///< of the largest map that the head keeps whole, its result included
};

/// ViT-S to ViT-H with a grid of so many rows and columns.
Sizes small(int side) {
  Sizes s;
  s.blocks = 12;
  s.side = side;
  return s;
}
Sizes base(int side) {
  Sizes s = small(side);
  s.width = 768;
  s.heads = 12;
  return s;
}
Sizes large(int side) {
  Sizes s = small(side);
  s.width = 1024;
  s.heads = 16;
  s.blocks = 24;
  return s;
}
Sizes huge(int side) {
  Sizes s = large(side);
  s.width = 1280;
  s.blocks = 32;
  return s;
}

Sizes with_decoder(Sizes s, const Four& stages, const Four& channels, int fusion) {
  s.stages = stages;
  s.channels = channels;
  s.fusion = fusion;
  return s;
}
Sizes with_stages(Sizes s, const Four& stages) {
  s.stages = stages;
  return s;
}
Sizes with_queries(Sizes s) {
  s.queries = 200;
  s.query_blocks = 4;
  return s;
}

/// The input of a depth head's last convolutions: of eight times the grid, of half the channels.
int depth_features(int grid, const Sizes& s) {
  return 8 * grid * 8 * grid * s.fusion / 2;
}

std::vector<Published> published() {
  using namespace dense_models;
  constexpr Four of_large = {256, 512, 1024, 1024};
  const int joints = 256 / 4 * (192 / 4) * 256;  // a map of four times the grid
  std::vector<Published> all;
  const auto add_depth_anything = [&](const char* name, const Sizes& s) {
    all.push_back({name, depth_anything(s), 37 * 37 + 1, s.width, depth_features(37, s)});
  };
  add_depth_anything("Depth Anything V2 Small, 518",
                     with_decoder(small(37), {3, 6, 9, 12}, {48, 96, 192, 384}, 64));
  add_depth_anything("Depth Anything V2 Base, 518",
                     with_decoder(base(37), {3, 6, 9, 12}, {96, 192, 384, 768}, 128));
  add_depth_anything("Depth Anything V2 Large, 518",
                     with_decoder(large(37), {5, 12, 18, 24}, of_large, 256));

  const Sizes dpt = with_decoder(large(24), {5, 11, 17, 23}, of_large, 256);
  all.push_back({"DPT-Large, 384", dpt_depth(dpt), 24 * 24 + 1, 1024, depth_features(24, dpt)});
  const Sizes beit = with_decoder(large(32), {6, 12, 18, 24}, of_large, 256);
  all.push_back(
      {"DPT BEiT-Large, 512", dpt_beit(beit), 32 * 32 + 1, 1024, depth_features(32, beit)});
  const Sizes zoe = with_decoder(large(24), {6, 12, 18, 24}, of_large, 256);
  all.push_back({"ZoeDepth NYU-KITTI, 384 x 512", zoedepth(zoe, 512), 24 * 32 + 1, 1024,
                 8 * 24 * 8 * 32 * 256 / 2});
  all.push_back({"DPT-Large ADE20K, 480", dpt_segmentation(dpt, 480), 30 * 30 + 1, 1024,
                 480 * 480 * classes});
  all.push_back({"BEiT-B ADE20K, 640", beit_segmentation(with_stages(base(40), {3, 5, 7, 11})),
                 40 * 40 + 1, 768, 160 * 160 * 768});
  all.push_back({"BEiT-L ADE20K, 640", beit_segmentation(with_stages(large(40), {7, 11, 15, 23})),
                 40 * 40 + 1, 1024, 160 * 160 * 1024});
  all.push_back(
      {"EoMT-L, 640", eomt(with_queries(large(40))), 40 * 40 + 205, 1024, 160 * 160 * 1024});
  all.push_back({"EoMT DINOv3-L, 640", eomt(with_queries(large(40)), true), 40 * 40 + 205, 1024,
                 160 * 160 * 1024});
  all.push_back({"ViTPose-B simple, 256 x 192", vitpose(base(16), true), 192, 768, 0});
  all.push_back({"ViTPose-B, 256 x 192", vitpose(base(16)), 192, 768, joints});
  all.push_back({"ViTPose-L, 256 x 192", vitpose(large(16)), 192, 1024, joints});
  all.push_back({"ViTPose-H, 256 x 192", vitpose(huge(16)), 192, 1280, joints});
  return all;
}

}  // namespace

/// stated_peak FOLDER: writes the models there, one after the other.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  bool right = true;
  for (const Published& each : published()) {
    each.model.write(folder);
    const eigenvit::Model model = eigenvit::load_dense_model(folder);
    eigenvit::Taps taps;
    taps.dense = true;
    const eigenvit::ModelMemory memory =
        model.memory(each.model.image_width, each.model.image_height, taps, 1, 2);
    const int mlp_values = each.tokens * 4 * each.width;
    const double largest = 4.0 * std::max(mlp_values, each.map_values);
    const auto weights = static_cast<double>(memory.weights);
    const auto peak = static_cast<double>(memory.peak());
    const double quotient = peak / (weights + largest);
    std::printf("| %s | %.0f MB | %.1f MB | %.1f MB | %.1f MB, %s | %.0f MB | %.2f |\n", each.name,
                weights / 1e6, static_cast<double>(memory.workspace()) / 1e6,
                static_cast<double>(memory.maps) / 1e6, largest / 1e6,
                mlp_values >= each.map_values ? "MLP" : "map", peak / 1e6, quotient);
    // The largest is part of what is stated.
    right = right && quotient > 1 && peak <= 1.3 * weights + largest;
    std::filesystem::remove_all(folder);
  }
  return right ? 0 : 1;
}
