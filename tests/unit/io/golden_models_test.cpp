// Every golden model folder against the Python reference's numbers (tests/golden/make_models.py).
#include <initializer_list>

#include <doctest/doctest.h>

#include <eigenvit/io/model_folder.hpp>

#include "../executors.hpp"
#include "../golden.hpp"
#include "../instances.hpp"
#include "../support.hpp"

namespace {

using eigenvit::AlignedBuffer;

// DESIGN: tokens and logits within 1e-4 of the largest magnitude, in float32.
constexpr double float_bound = 1e-4;
// In double what remains is the reference's own float32 rounding.
constexpr double double_bound = 2e-5;

/// What a golden calls the maps of a dense head.
std::string dense_name(const eigenvit::TensorStore& store) {
  for (const char* const name : {"depth", "mask_logits", "heatmaps"}) {
    if (store.find(name)) return name;
  }
  return "segment_logits";
}

template <class Scalar>
struct Case {
  eigenvit::VisionTransformer<Scalar> network;
  double bound;

  // Runs the network on the golden's pixel values and compares every tensor the golden holds.
  // Returns how many those were.
  int compare(const std::filesystem::path& file) const {
    const auto store = eigenvit::TensorStore::open_file(file);
    const golden::Tensor pixels = golden::read(store, "pixel_values");
    const AlignedBuffer<Scalar> values(pixels.values.begin(), pixels.values.end());
    eigenvit::Taps taps;
    for (const std::string& name : store.names()) {
      if (name == "tokens") taps.tokens = true;
      if (name == "pooled") taps.pooled = true;
      if (name == "logits") taps.logits = true;
      if (name == "pooler_output") taps.pooler_output = true;
      if (name == "image_embeds") taps.image_embeds = true;
      if (name == "pred_boxes") taps.pred_boxes = true;
      if (name == dense_name(store)) taps.dense = true;
      if (name.rfind("hidden.", 0) == 0) taps.hidden.push_back(std::stol(name.substr(7)));
      if (name.rfind("attention.", 0) == 0) taps.attention.push_back(std::stol(name.substr(10)));
    }
    const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
    const auto output = network.forward({values.data(), size(0), size(2), size(3)}, taps);

    int compared = 0;
    const auto expect = [&](const std::string& name, const AlignedBuffer<Scalar>& found) {
      CAPTURE(name);
      CHECK(golden::relative_error(found, golden::read(store, name).values) < bound);
      ++compared;
    };
    if (taps.tokens) expect("tokens", output.tokens);
    if (taps.pooled) expect("pooled", output.pooled);
    if (taps.logits) expect("logits", output.logits);
    if (taps.pooler_output) expect("pooler_output", output.pooler_output);
    if (taps.image_embeds) expect("image_embeds", output.image_embeds);
    if (taps.pred_boxes) expect("pred_boxes", output.pred_boxes);
    if (taps.dense) expect(dense_name(store), output.dense.maps);
    for (const char* const name : {"class_logits", "domain_logits"}) {
      if (store.find(name)) expect(name, output.dense.class_logits);
    }
    for (std::size_t i = 0; i < taps.hidden.size(); ++i) {
      expect("hidden." + std::to_string(taps.hidden[i]), output.hidden[i]);
    }
    for (std::size_t i = 0; i < taps.attention.size(); ++i) {
      expect("attention." + std::to_string(taps.attention[i]), output.attention[i]);
    }
    CHECK(compared == int(store.names().size()) - 1);
    return compared;
  }
};

template <class Scalar>
void compare_all(const std::vector<std::filesystem::path>& models, double bound) {
  int folders = 0;
  int tensors = 0;
  int resized = 0;
  for (const auto& folder : models) {
    CAPTURE(folder.filename().string());
    const auto files =
        eigenvit::ModelFolder::open(folder, instances::with_dense_heads(golden::options(folder)));
    const Case<Scalar> golden_case{files.read_network<Scalar>(), bound};
    tensors += golden_case.compare(folder / "expected.safetensors");
    if (std::filesystem::exists(folder / "expected_resized.safetensors")) {
      golden_case.compare(folder / "expected_resized.safetensors");
      ++resized;
    }
    ++folders;
  }
  CHECK(folders > 0);
  if (models.size() < golden::models().size()) return;
  // A folder that went missing is noticed.
  CHECK(folders >= 191);
  CHECK(tensors >= 1058);
  CHECK(resized >= 60);
}

/// With weights that are packed for each use: the same bits.
template <class Scalar>
void check_passing(const std::filesystem::path& folder, eigenvit::ModelOptions options,
                   const eigenvit::PixelBatch<Scalar>& pixels, const eigenvit::Taps& taps) {
  const auto kept = eigenvit::ModelFolder::open(folder, options).read_network<Scalar>();
  options.keep_packed = false;
  const auto passing = eigenvit::ModelFolder::open(folder, options).read_network<Scalar>();
  CHECK(kept.layers().patch_embed.proj().weight().keeps_panels());
  CHECK_FALSE(passing.layers().patch_embed.proj().weight().keeps_panels());
  support::ThreadsExecutor threads(3);
  const auto expected = kept.forward(pixels, taps);
  for (eigenvit::Executor* const executor :
       std::initializer_list<eigenvit::Executor*>{nullptr, &threads}) {
    const auto found = passing.forward(pixels, taps, executor);
    CHECK(support::same_bits(found.tokens, expected.tokens));
    CHECK(support::same_bits(found.pooled, expected.pooled));
    CHECK(support::same_bits(found.logits, expected.logits));
    CHECK(support::same_bits(found.dense.maps, expected.dense.maps));
    CHECK(support::same_bits(found.dense.class_logits, expected.dense.class_logits));
  }
}

/// The same for the pixels of a golden, with tokens and without.
template <class Scalar>
void check_passing(const std::filesystem::path& folder) {
  const auto store = eigenvit::TensorStore::open_file(folder / "expected.safetensors");
  const golden::Tensor pixels = golden::read(store, "pixel_values");
  const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
  const AlignedBuffer<Scalar> values(pixels.values.begin(), pixels.values.end());
  for (const bool tokens : {true, false}) {
    eigenvit::Taps taps;
    taps.tokens = tokens;
    taps.pooled = true;
    const auto options = instances::with_dense_heads(golden::options(folder));
    const auto head = eigenvit::ModelFolder::open(folder, options).checkpoint().dense_head;
    taps.dense = !std::holds_alternative<std::monostate>(head);
    check_passing<Scalar>(folder, options, {values.data(), size(0), size(2), size(3)}, taps);
  }
}

/// Every image of a batch alone, and with another number of threads: the same bits.
void check_bits(const std::filesystem::path& folder, eigenvit::Precision precision) {
  eigenvit::ModelOptions options = golden::options(folder);
  options.precision = precision;
  const auto network = eigenvit::ModelFolder::open(folder, options).read_network<float>();
  const auto store = eigenvit::TensorStore::open_file(folder / "expected.safetensors");
  const golden::Tensor pixels = golden::read(store, "pixel_values");
  const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
  const AlignedBuffer<float> values(pixels.values.begin(), pixels.values.end());
  eigenvit::Taps all;
  all.tokens = all.pooled = true;
  eigenvit::Taps few;
  few.pooled = true;
  support::ThreadsExecutor threads(3);
  eigenvit::Workspace workspace;
  AlignedBuffer<float> pooled;
  for (const eigenvit::Taps* const taps : {&all, &few}) {
    const auto whole = network.forward({values.data(), size(0), size(2), size(3)}, *taps);
    // Where only pooled tokens are asked for, the last block may take another way to them.
    if (taps == &all) pooled = whole.pooled;
    if (precision == eigenvit::Precision::float32) {
      CHECK(golden::relative_error(whole.pooled, pooled) < float_bound / 4);
    }
    for (std::ptrdiff_t image = 0; image < size(0); ++image) {
      // The second time with the tables that the first has left.
      const auto one = network.forward(
          {values.data() + image * size(1) * size(2) * size(3), 1, size(2), size(3)}, *taps,
          image % 2 == 0 ? &threads : nullptr, &workspace);
      CHECK(support::same_bits(one.pooled.data(), whole.pooled_of(image).data(),
                               static_cast<std::ptrdiff_t>(one.pooled.size())));
      if (taps->tokens) {
        CHECK(support::same_bits(one.tokens.data(), whole.tokens_of(image).data(),
                                 static_cast<std::ptrdiff_t>(one.tokens.size())));
      }
    }
  }
}

}  // namespace

TEST_CASE("an image's bits depend neither on its batch nor on the threads, whatever the model") {
  for (const auto& folder : golden::models_where_slow_every(24)) {
    CAPTURE(folder.filename().string());
    for (const auto precision :
         {eigenvit::Precision::float32, eigenvit::Precision::bfloat16, eigenvit::Precision::int8}) {
      CAPTURE(std::string(eigenvit::name_of(precision)));
      check_bits(folder, precision);
    }
  }
}

TEST_CASE("weights that are packed for each use give the same bits") {
  for (const auto& folder : golden::models_where_slow_every(24)) {
    CAPTURE(folder.filename().string());
    check_passing<float>(folder);
  }
  check_passing<double>(golden::models().front());
  const auto values = support::random_values<float>(3 * 32 * 32, 2);
  eigenvit::Taps taps;
  taps.logits = true;
  for (const auto precision : {eigenvit::Precision::bfloat16, eigenvit::Precision::int8}) {
    eigenvit::ModelOptions options;
    options.precision = precision;
    check_passing<float>(golden::shipped_model(), options, {values.data(), 1, 32, 32}, taps);
  }
}

TEST_CASE("weights that are packed for each group of many rows give the same bits") {
  // 529 tokens: three groups, nine where packed weights are kept; or 290, two and five.
  const bool is_emulated = golden::is_emulated();
  const std::ptrdiff_t height = is_emulated ? 68 : 88, width = is_emulated ? 68 : 96;
  eigenvit::ModelOptions options;
  options.image_size = {height, width};
  const std::ptrdiff_t images = is_emulated ? 1 : support::repeats(2);
  const auto values = support::random_values<float>(images * 3 * height * width, 1);
  eigenvit::Taps taps;
  taps.tokens = taps.pooled = taps.logits = true;
  for (const std::ptrdiff_t merged : {0, 20}) {
    if (merged > 0 && is_emulated) continue;
    CAPTURE(merged);
    taps.token_merging.per_block = merged;
    check_passing<float>(golden::shipped_model(), options, {values.data(), images, height, width},
                         taps);
  }
}

TEST_CASE("float networks give the reference's numbers") {
  // On another processor kernels differ, and not what families make of them.
  compare_all<float>(golden::is_emulated() ? golden::models_where_slow_every(12) : golden::models(),
                     float_bound);
}

TEST_CASE("networks in bfloat16 and int8 come near the reference's numbers") {
  for (const auto& folder : golden::models_where_slow_every(24)) {
    CAPTURE(folder.filename().string());
    const auto store = eigenvit::TensorStore::open_file(folder / "expected.safetensors");
    const golden::Tensor pixels = golden::read(store, "pixel_values");
    const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
    for (const auto precision : {eigenvit::Precision::bfloat16, eigenvit::Precision::int8}) {
      CAPTURE(std::string(eigenvit::name_of(precision)));
      eigenvit::ModelOptions options = instances::with_dense_heads(golden::options(folder));
      options.precision = precision;
      const auto network = eigenvit::ModelFolder::open(folder, options).read_network<float>();
      eigenvit::Taps taps;
      taps.tokens = true;
      taps.dense = store.find(dense_name(store)) != nullptr;
      const auto output = network.forward({pixels.values.data(), size(0), size(2), size(3)}, taps);
      if (taps.dense) {
        // Measured: less than 1 by 5.4e-6 and 1.2e-4; where half of the depths and more are cut off
        // at 0, as DPT's are, by 2.2e-4 and 1.5e-3; of masks, which are products of two tokens, by
        // 1.6e-4 and 1.1e-3.
        const bool is_rough = folder.filename().string().rfind("hf_dpt", 0) == 0 ||
                              dense_name(store) == "mask_logits";
        const double least = precision == eigenvit::Precision::bfloat16
                                 ? (is_rough ? 0.9997 : 0.99998)
                                 : (is_rough ? 0.998 : 0.9996);
        CHECK(golden::cosine(output.dense.maps, golden::read(store, dense_name(store)).values) >
              least);
      }
      const double cosine = golden::cosine(output.tokens, golden::read(store, "tokens").values);
      // Measured: 0.99982 and 0.9969.
      CHECK(cosine > (precision == eigenvit::Precision::bfloat16 ? 0.9996 : 0.995));
    }
  }
}

TEST_CASE("double networks give the reference's numbers") {
  compare_all<double>(golden::models_where_slow_every(golden::is_emulated() ? 12 : 4),
                      double_bound);
}
