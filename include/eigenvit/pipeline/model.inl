#ifndef EIGENVIT_PIPELINE_MODEL_INL
#define EIGENVIT_PIPELINE_MODEL_INL

#include <algorithm>
#include <cstdint>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/lent_memory.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/model_fingerprint.hpp>
#include <eigenvit/model/join_outputs.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Writes the pixels `[height, width]` as Pillow's `convert("L")` makes them: ITU-R 601-2, in
/// integers.
inline void write_grey(const ImageView& view, std::uint8_t* grey) {
  const Index step = channels(view.format);
  for (Index y = 0; y < view.height; ++y) {
    const std::uint8_t* pixel = view.row(y);
    for (Index x = 0; x < view.width; ++x, pixel += step) {
      std::uint8_t rgb[3];
      copy_as_rgb(pixel, view.format, 1, rgb);
      *grey++ = static_cast<std::uint8_t>(
          (19595U * rgb[0] + 38470U * rgb[1] + 7471U * rgb[2] + 0x8000U) >> 16);
    }
  }
}

/// What a worker needs to make the pixels of an image for a network of one channel.
template <class Value>
struct GreyScratch {
  template <class Memory>
  GreyScratch(const ImageView& image, std::size_t values, Memory& memory)
      : pixels(memory.template take<std::uint8_t>(static_cast<std::size_t>(image.width) *
                                                  static_cast<std::size_t>(image.height))),
        planes(memory.template take<Value>(3 * values)) {}

  static ImageView view(const ImageView& image, const std::uint8_t* pixels) noexcept {
    return {pixels, image.width, image.height, image.width, PixelFormat::grey};
  }

  std::uint8_t* pixels;
  Value* planes;
};

/// Pixels of a batch, and what `workers` workers need to make them.
template <class Value>
struct InputMemory {
  template <class Memory>
  InputMemory(std::size_t count, Index workers, std::size_t each, Memory& memory)
      : values(memory.template take<Value>(count)),
        scratch(memory.template take<std::byte>(static_cast<std::size_t>(workers) * each)) {}

  Value* values;
  std::byte* scratch;
};

inline void write_pixels(const Preprocessor& preprocessor, const ImageView& image, float* values,
                         std::byte* scratch) {
  preprocessor(image, values, scratch);
}
inline void write_pixels(const Preprocessor& preprocessor, const ImageView& image,
                         std::uint8_t* samples, std::byte* scratch) {
  preprocessor.samples(image, samples, scratch);
}

}  // namespace detail

EIGENVIT_INLINE Model::Model(Checkpoint checkpoint, VisionTransformer<float> network)
    : checkpoint_(std::move(checkpoint)),
      network_(std::move(network)),
      preprocessor_(checkpoint_.preprocessing) {}

EIGENVIT_INLINE Model::Model(const ModelFolder& folder, const detail::DenseTasks* dense_tasks)
    : Model(folder.checkpoint(), folder.read_network<float>()) {
  precision_ = folder.options().precision;
  float_layers_ = folder.options().float_layers;
  dense_tasks_ = dense_tasks;
  tensors_ = folder.lasting_tensors();
  if (!tensors_) fingerprint_ = detail::model_fingerprint(checkpoint_, folder.tensors());
}

EIGENVIT_INLINE std::string Model::precision_record() const {
  std::string record = name_of(precision_);
  if (precision_ == Precision::float32) return record;
  for (const std::string& pattern : float_layers_) record += ", float " + pattern;
  return record;
}

EIGENVIT_INLINE std::string Model::fingerprint() const {
  return tensors_ ? detail::model_fingerprint(checkpoint_, *tensors_) : fingerprint_;
}

EIGENVIT_INLINE Model::Batch Model::check(const ImageView* images, std::size_t count) const {
  const Index channels = network_.config().in_chans;
  if (!takes_images()) {
    detail::raise<UnsupportedError>(
        {"preprocess: expected a network of 3 channels, or of 1 for grey images, found ", channels,
         ", which takes given pixel values only"});
  }
  const PreprocessConfig& recipe = preprocessor_.config();
  const auto several = [](const std::array<float, 3>& of_channels) {
    return of_channels[0] != of_channels[1] || of_channels[0] != of_channels[2];
  };
  if (channels == 1 && recipe.normalize && (several(recipe.mean) || several(recipe.std))) {
    detail::raise<ConfigError>(
        {"preprocess: expected one mean and one standard deviation for a network of 1 channel, "
         "found those of 3"});
  }
  if (count == 0) detail::raise<ShapeError>({"preprocess: expected at least 1 image, found 0"});
  Batch batch{images, static_cast<Index>(count), 0, 0};
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = preprocessor_.output_size(images[i].width, images[i].height);
    if (i == 0) {
      batch.height = size[0];
      batch.width = size[1];
    } else if (size[0] != batch.height || size[1] != batch.width) {
      detail::raise<ShapeError>({"preprocess: expected all images of a batch to come out at ",
                                 batch.height, " x ", batch.width, ", found ", size[0], " x ",
                                 size[1], " for image ", i});
    }
    detail::check(images[i]);
  }
  return batch;
}

EIGENVIT_INLINE std::size_t Model::values(const Batch& batch) const noexcept {
  return static_cast<std::size_t>(batch.count * network_.config().in_chans * batch.height *
                                  batch.width);
}

template <class Value>
std::size_t Model::scratch_bytes(const Batch& batch) const {
  std::size_t most = 0;
  for (const ImageView* image = batch.images; image != batch.images + batch.count; ++image) {
    detail::WorkspaceSize size;
    ImageView taken = *image;
    if (network_.config().in_chans == 1) {
      detail::GreyScratch<Value>(*image, values({image, 1, batch.height, batch.width}), size);
      taken = detail::GreyScratch<Value>::view(*image, image->data);
    }
    size.take<std::byte>(preprocessor_.scratch_bytes(taken));
    most = std::max(most, size.bytes());
  }
  return most;
}

template <class Value>
void Model::write(const Batch& batch, Executor& executor, std::byte* scratch, std::size_t each,
                  Value* values) const {
  const std::size_t count = this->values({batch.images, 1, batch.height, batch.width});
  detail::for_each_task(executor, batch.count, [&](Index task, Index worker) {
    const ImageView& image = batch.images[task];
    Value* const out = values + static_cast<std::size_t>(task) * count;
    detail::LentMemory memory(scratch + static_cast<std::size_t>(worker) * each);
    if (network_.config().in_chans == 3) {
      detail::write_pixels(preprocessor_, image, out, memory.take<std::byte>(0));
      return;
    }
    // Three equal planes, of which the network reads one.
    const detail::GreyScratch<Value> grey(image, count, memory);
    detail::write_grey(image, grey.pixels);
    detail::write_pixels(preprocessor_, grey.view(image, grey.pixels), grey.planes,
                         memory.take<std::byte>(0));
    std::copy_n(grey.planes, count, out);
  });
}

template <class Pixels, class Value>
void Model::fill(const std::vector<ImageView>& images, Executor* executor, Pixels& pixels,
                 AlignedBuffer<Value>& values) const {
  const Batch batch = check(images.data(), images.size());
  pixels.images = batch.count;
  pixels.height = batch.height;
  pixels.width = batch.width;
  values.resize(this->values(batch));
  const std::size_t each = scratch_bytes<Value>(batch);
  detail::SteadyExecutor run_on(executor);
  AlignedBuffer<std::byte> scratch(
      each * static_cast<std::size_t>(std::min<Index>(run_on.concurrency(), batch.count)));
  write(batch, run_on, scratch.data(), each, values.data());
}

EIGENVIT_INLINE PixelValues Model::preprocess(const std::vector<ImageView>& images,
                                              Executor* executor) const {
  PixelValues pixels;
  fill(images, executor, pixels, pixels.values);
  return pixels;
}

EIGENVIT_INLINE PixelInput Model::input(const std::vector<ImageView>& images,
                                        Executor* executor) const {
  PixelInput pixels;
  if (preprocessor_.has_samples()) {
    pixels.sample_values = preprocessor_.sample_values();
    fill(images, executor, pixels, pixels.samples);
  } else {
    fill(images, executor, pixels, pixels.values);
  }
  return pixels;
}

template <class Value>
std::size_t Model::input_bytes(const Batch& batch, Index workers) const {
  detail::WorkspaceSize size;
  detail::InputMemory<Value>(values(batch), workers, scratch_bytes<Value>(batch), size);
  return size.bytes();
}

template <class Value>
const Value* Model::input(const Batch& batch, Executor* executor, Workspace& workspace) const {
  detail::SteadyExecutor run_on(executor);
  const Index workers = std::min<Index>(run_on.concurrency(), batch.count);
  const std::size_t each = scratch_bytes<Value>(batch);
  detail::LentMemory memory(workspace.input(input_bytes<Value>(batch, workers)));
  const detail::InputMemory<Value> input(values(batch), workers, each, memory);
  write(batch, run_on, input.scratch, each, input.values);
  return input.values;
}

EIGENVIT_INLINE std::vector<std::vector<std::size_t>> Model::groups_of_one_size(
    const ImageView* images, std::size_t count) const {
  std::vector<std::vector<std::size_t>> groups;
  std::vector<std::array<Index, 2>> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = preprocessor_.output_size(images[i].width, images[i].height);
    const auto same = std::find(sizes.begin(), sizes.end(), size) - sizes.begin();
    if (static_cast<std::size_t>(same) == sizes.size()) {
      sizes.push_back(size);
      groups.emplace_back();
    }
    groups[static_cast<std::size_t>(same)].push_back(i);
  }
  return groups;
}

EIGENVIT_INLINE std::vector<std::vector<std::size_t>> Model::groups_of_one_size(
    const std::vector<ImageView>& images) const {
  return groups_of_one_size(images.data(), images.size());
}

EIGENVIT_INLINE bool Model::have_one_size(const ImageView* images, std::size_t count) const {
  const auto size = [&](const ImageView& image) {
    return preprocessor_.output_size(image.width, image.height);
  };
  return count < 2 || std::all_of(images + 1, images + count, [&](const ImageView& image) {
           return size(image) == size(images[0]);
         });
}

EIGENVIT_INLINE void Model::run_by_size(const ImageView* images, std::size_t count,
                                        const Taps& taps, VitOutput<float>& output,
                                        Executor* executor, Workspace& workspace) const {
  if (!detail::can_be_joined(taps)) {
    detail::raise<ShapeError>(
        {"run: expected images that come out at one size for what is asked for beside tokens and "
         "vectors of images, found several sizes"});
  }
  std::vector<VitOutput<float>> parts;
  std::vector<detail::OutputPlace> places(count);
  std::vector<ImageView> same;
  for (const auto& group : groups_of_one_size(images, count)) {
    same.clear();
    for (const std::size_t i : group) {
      places[i] = {parts.size(), static_cast<Index>(same.size())};
      same.push_back(images[i]);
    }
    parts.emplace_back();
    run(same.data(), same.size(), taps, parts.back(), executor, &workspace);
  }
  detail::join_outputs(parts, places, output);
}

EIGENVIT_INLINE void Model::run(const ImageView* images, std::size_t count, const Taps& taps,
                                VitOutput<float>& output, Executor* executor,
                                Workspace* workspace) const {
  Workspace own;
  Workspace& memory = workspace ? *workspace : own;
  if (!have_one_size(images, count)) {
    return run_by_size(images, count, taps, output, executor, memory);
  }
  const Batch batch = check(images, count);
  PixelBatch<float> pixels;
  pixels.images = batch.count;
  pixels.height = batch.height;
  pixels.width = batch.width;
  if (preprocessor_.has_samples()) {
    pixels.samples = input<std::uint8_t>(batch, executor, memory);
    pixels.sample_values = preprocessor_.sample_values();
  } else {
    pixels.values = input<float>(batch, executor, memory);
  }
  network_.forward(pixels, taps, output, executor, &memory);
}

EIGENVIT_INLINE void Model::run(const ImageView& image, const Taps& taps, VitOutput<float>& output,
                                Executor* executor, Workspace* workspace) const {
  run(&image, 1, taps, output, executor, workspace);
}

EIGENVIT_INLINE void Model::run(const std::vector<ImageView>& images, const Taps& taps,
                                VitOutput<float>& output, Executor* executor,
                                Workspace* workspace) const {
  run(images.data(), images.size(), taps, output, executor, workspace);
}

EIGENVIT_INLINE VitOutput<float> Model::run(const std::vector<ImageView>& images, const Taps& taps,
                                            Executor* executor, Workspace* workspace) const {
  VitOutput<float> output;
  run(images, taps, output, executor, workspace);
  return output;
}

EIGENVIT_INLINE void Model::warm_up(Index width, Index height, const Taps& taps,
                                    VitOutput<float>& output, Executor* executor,
                                    Workspace& workspace, Index images) const {
  // Checks the size before there is an image of it.
  preprocessor_.output_size(width, height);
  // The format that takes the least memory here, and in the workspace as much as any.
  const std::vector<std::uint8_t> black(static_cast<std::size_t>(width) *
                                        static_cast<std::size_t>(height));
  const ImageView image{black.data(), width, height, width, PixelFormat::grey};
  run(std::vector<ImageView>(static_cast<std::size_t>(std::max<Index>(images, 0)), image), taps,
      output, executor, &workspace);
}

EIGENVIT_INLINE VisualTokensView Model::tokens_of(const VitOutput<float>& output,
                                                  Index image) const {
  if (image < 0) {
    detail::raise<ShapeError>(
        {"tokens of an image: expected image 0 or a later one, found ", image});
  }
  if (image >= output.images || output.tokens.empty()) {
    detail::raise<ShapeError>({"tokens of an image: expected tokens of more than ", image,
                               " images, found ", output.tokens.empty() ? 0 : output.images});
  }
  const ConstMatrixView<float> tokens = output.tokens_of(image);
  const auto [grid_height, grid_width] = output.grid_of(image);
  return VisualTokensView({tokens.data(), static_cast<std::size_t>(tokens.size())},
                          output.prefix_tokens, network_.config().class_token, grid_height,
                          grid_width, output.width, output.detections);
}

EIGENVIT_INLINE ModelMemory Model::memory(Index width, Index height, const Taps& taps, Index images,
                                          int threads) const {
  ModelMemory memory;
  memory.weights = static_cast<std::size_t>(network_.layers().parameters()) * sizeof(float);
  memory.packed = network_.layers().packed_bytes();
  if (takes_images()) {
    // Only its size counts, and that its format takes as much as any.
    const std::uint8_t pixel = 0;
    const ImageView image{&pixel, width, height, 0, PixelFormat::grey};
    const std::vector<ImageView> all(static_cast<std::size_t>(std::max<Index>(images, 0)), image);
    const Batch batch = check(all.data(), all.size());
    const Index workers = std::min<Index>(threads, images);
    memory.input = preprocessor_.has_samples() ? input_bytes<std::uint8_t>(batch, workers)
                                               : input_bytes<float>(batch, workers);
    height = batch.height;
    width = batch.width;
  }
  memory.pass = network_.workspace_bytes(height, width, images, threads, taps);
  if (taps.dense) memory.maps = network_.dense_bytes(height, width, images);
  return memory;
}

EIGENVIT_INLINE Model load_model(const std::filesystem::path& folder, const ModelOptions& options) {
  return Model(ModelFolder::open(folder, options));
}

EIGENVIT_INLINE Model load_model(const ModelBytes& bytes, const ModelOptions& options) {
  return Model(ModelFolder::from_memory(bytes, options));
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
