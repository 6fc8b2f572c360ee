// Lets every allocation of a program fail, one after the other: loading a model, the first pass on
// it, later ones, decoding an image. Each failure must reach the caller as an exception, leave
// nothing allocated, and leave the same bits to the next pass.
//
//     allocation_failures SOURCE_DIR [STRIDE]
//
// STRIDE: only each STRIDE-th allocation fails; 1 unless given. Exits 0 when all went well. A run
// that hangs is ended by SIGALRM.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/eigenvit.hpp>

#include "fail_each.hpp"

namespace {

namespace fs = std::filesystem;
using eigenvit::Index;
using eigenvit::Model;

/// All values of a pass, to be compared bit by bit.
std::vector<float> values_of(const eigenvit::VitOutput<float>& output) {
  std::vector<float> all;
  const auto add = [&](const eigenvit::AlignedBuffer<float>& values) {
    all.insert(all.end(), values.begin(), values.end());
  };
  for (const auto* part : {&output.tokens, &output.pooled, &output.logits, &output.pooler_output,
                           &output.image_embeds, &output.pred_boxes}) {
    add(*part);
  }
  for (const auto& hidden : output.hidden) add(hidden);
  for (const auto& attention : output.attention) add(attention);
  return all;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

eigenvit::Taps taps_of(const Model& model, bool merge) {
  const eigenvit::VitConfig& config = model.network().config();
  eigenvit::Taps taps;
  taps.tokens = taps.pooled = true;
  taps.logits = config.num_classes > 0;
  taps.pooler_output = config.has_pooler_output();
  taps.image_embeds = config.image_embeds;
  taps.pred_boxes = config.detects();
  taps.hidden = {0};
  if (merge) {
    taps.token_merging.per_block = 2;
  } else {
    taps.attention = {config.depth - 1};
  }
  return taps;
}

eigenvit::Image picture() {
  eigenvit::Image image(40, 36);
  for (Index i = 0; i < 40 * 36 * 3; ++i) image.data()[i] = static_cast<std::uint8_t>(i * 7 % 251);
  return image;
}

std::vector<float> run(const Model& model, const eigenvit::Taps& taps, eigenvit::Executor& executor,
                       eigenvit::Workspace& workspace) {
  const eigenvit::Image image = picture();
  return values_of(model.run({image, image}, taps, &executor, &workspace));
}

/// The whole way from a folder to a result, on so many threads.
bool check_model(const fs::path& folder, int threads, bool keep_packed, bool merge, bool forever) {
  const std::string name = folder.filename().string() + ", " + std::to_string(threads) +
                           " threads" + (keep_packed ? "" : ", nothing kept packed") +
                           (merge ? ", merging" : "");
  eigenvit::ModelOptions options;
  options.keep_packed = keep_packed;
  const Model reference = eigenvit::load_model(folder, options);
  const eigenvit::Taps taps = taps_of(reference, merge);
  eigenvit::SerialExecutor serial;
  eigenvit::Workspace first_workspace;
  const std::vector<float> expected = run(reference, taps, serial, first_workspace);

  const auto whole = [&] {
    eigenvit::ThreadPoolExecutor executor(threads);
    const Model model = eigenvit::load_model(folder, options);
    eigenvit::Workspace workspace;
    run(model, taps, executor, workspace);
  };
  whole();
  if (!faults::fail_each(name + ", from the folder", forever, whole, [] { return true; })) {
    return false;
  }

  // A model, an executor and a workspace of which a pass has failed go on as if it had not.
  eigenvit::ThreadPoolExecutor executor(threads);
  std::unique_ptr<Model> model;
  std::unique_ptr<eigenvit::Workspace> workspace;
  const auto renew = [&] {
    model = std::make_unique<Model>(eigenvit::load_model(folder, options));
    workspace = std::make_unique<eigenvit::Workspace>();
  };
  renew();
  const auto first_pass = [&] { run(*model, taps, executor, *workspace); };
  const auto same_again = [&] {
    const bool same = same_bits(run(*model, taps, executor, *workspace), expected);
    renew();
    return same;
  };
  return faults::fail_each(name + ", first pass", forever, first_pass, same_again, true);
}

bool check_image(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto decode = [&] { return eigenvit::decode_image(bytes.data(), bytes.size()); };
  const eigenvit::Image expected = decode();
  const auto same_again = [&] {
    const eigenvit::Image again = decode();
    return again.width() == expected.width() && again.height() == expected.height() &&
           std::memcmp(again.data(), expected.data(),
                       static_cast<std::size_t>(3 * again.width() * again.height())) == 0;
  };
  return faults::fail_each(
      file.filename().string(), false, [&] { decode(); }, same_again);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 2) {
    std::puts("usage: allocation_failures SOURCE_DIR [STRIDE]");
    return 2;
  }
  // The first line makes the stream's buffer, which is not to be counted.
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 12);
  std::puts("allocations of each piece of work:");
  const fs::path source = arguments[1];
  if (argument_count > 2) faults::stride = std::max(1L, std::atol(arguments[2]));
  if (!faults::failures_work()) return 1;
  const fs::path models = source / "tests" / "golden" / "models";
  bool good = true;
  for (const int threads : {1, 2, 4}) {
    good = check_model(models / "timm_vit", threads, true, false, false) && good;
    good = check_model(models / "timm_vit", threads, false, false, false) && good;
    good = check_model(models / "timm_vit", threads, true, true, false) && good;
    good = check_model(models / "timm_siglip", threads, false, false, true) && good;
    good = check_model(models / "hf_yolos", threads, true, false, true) && good;
  }
  const fs::path images = source / "tests" / "golden" / "image";
  for (const char* const name :
       {"noise_420.jpg", "cat.png", "rgb.ppm", "noise.gif", "rgba.bmp", "rgba.tga"}) {
    good = check_image(images / name) && good;
  }
  return good ? 0 : 1;
}
