#ifndef EIGENVIT_PIPELINE_MODEL_INL
#define EIGENVIT_PIPELINE_MODEL_INL

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/order_key.hpp>
#include <eigenvit/io/model_fingerprint.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The pixels `[height, width]` as Pillow's `convert("L")` makes them: ITU-R 601-2, in integers.
inline std::vector<std::uint8_t> grey_pixels(const ImageView& view) {
  const Image rgb = to_rgb(view);
  std::vector<std::uint8_t> grey(static_cast<std::size_t>(rgb.width() * rgb.height()));
  const std::uint8_t* pixel = rgb.data();
  for (std::uint8_t& value : grey) {
    value = static_cast<std::uint8_t>(
        (19595U * pixel[0] + 38470U * pixel[1] + 7471U * pixel[2] + 0x8000U) >> 16);
    pixel += 3;
  }
  return grey;
}

}  // namespace detail

EIGENVIT_INLINE Model::Model(Checkpoint checkpoint, VisionTransformer<float> network)
    : checkpoint_(std::move(checkpoint)),
      network_(std::move(network)),
      preprocessor_(checkpoint_.preprocessing) {}

EIGENVIT_INLINE Model::Model(const ModelFolder& folder)
    : Model(folder.checkpoint(), folder.read_network<float>()) {
  tensors_ = folder.lasting_tensors();
  if (!tensors_) fingerprint_ = model_fingerprint(checkpoint_, folder.tensors());
}

EIGENVIT_INLINE std::string Model::fingerprint() const {
  return tensors_ ? model_fingerprint(checkpoint_, *tensors_) : fingerprint_;
}

template <class Pixels, class Value, class Write>
void Model::fill(const std::vector<ImageView>& images, Executor* executor, Pixels& pixels,
                 AlignedBuffer<Value>& values, const Write& write) const {
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
  if (images.empty()) detail::raise<ShapeError>({"preprocess: expected at least 1 image, found 0"});
  pixels.images = static_cast<Index>(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto size = preprocessor_.output_size(images[i].width, images[i].height);
    if (i == 0) {
      pixels.height = size[0];
      pixels.width = size[1];
    } else if (size[0] != pixels.height || size[1] != pixels.width) {
      detail::raise<ShapeError>({"preprocess: expected all images of a batch to come out at ",
                                 pixels.height, " x ", pixels.width, ", found ", size[0], " x ",
                                 size[1], " for image ", i});
    }
  }
  const auto count = static_cast<std::size_t>(channels * pixels.height * pixels.width);
  values.resize(images.size() * count);
  SerialExecutor serial;
  for_each_task(executor ? *executor : serial, pixels.images, [&](Index image, Index) {
    const auto i = static_cast<std::size_t>(image);
    if (channels == 3) {
      write(images[i], values.data() + i * count);
      return;
    }
    // Three equal planes, of which the network reads one.
    const std::vector<std::uint8_t> grey = detail::grey_pixels(images[i]);
    AlignedBuffer<Value> planes(3 * count);
    write({grey.data(), images[i].width, images[i].height, images[i].width, PixelFormat::grey},
          planes.data());
    std::copy_n(planes.data(), count, values.data() + i * count);
  });
}

EIGENVIT_INLINE PixelValues Model::preprocess(const std::vector<ImageView>& images,
                                              Executor* executor) const {
  PixelValues pixels;
  fill(images, executor, pixels, pixels.values,
       [&](const ImageView& image, float* values) { preprocessor_(image, values); });
  return pixels;
}

EIGENVIT_INLINE PixelInput Model::input(const std::vector<ImageView>& images,
                                        Executor* executor) const {
  PixelInput pixels;
  if (!preprocessor_.has_samples()) {
    fill(images, executor, pixels, pixels.values,
         [&](const ImageView& image, float* values) { preprocessor_(image, values); });
    return pixels;
  }
  pixels.sample_values = preprocessor_.sample_values();
  fill(images, executor, pixels, pixels.samples,
       [&](const ImageView& image, std::uint8_t* samples) {
         preprocessor_.samples(image, samples);
       });
  return pixels;
}

EIGENVIT_INLINE VitOutput<float> Model::run(const std::vector<ImageView>& images, const Taps& taps,
                                            Executor* executor, Workspace* workspace) const {
  return network_.forward(input(images, executor).batch(), taps, executor, workspace);
}

EIGENVIT_INLINE std::vector<Prediction> Model::classify(const ImageView& image, std::size_t k,
                                                        Executor* executor,
                                                        Workspace* workspace) const {
  if (network_.config().detects()) {
    detail::raise<UnsupportedError>(
        {"classify: expected a model that classifies images, found one that detects objects"});
  }
  Taps taps;
  taps.logits = true;
  return predictions(run({image}, taps, executor, workspace).logits_of(0), k);
}

EIGENVIT_INLINE VisualTokens Model::tokens(const ImageView& image, Executor* executor,
                                           Workspace* workspace) const {
  Taps taps;
  taps.tokens = true;
  VitOutput<float> output = run({image}, taps, executor, workspace);
  return VisualTokens(std::move(output.tokens), output.prefix_tokens, network_.config().class_token,
                      output.grid_height, output.grid_width, output.width, output.detections);
}

EIGENVIT_INLINE std::vector<Detection> Model::detect(const ImageView& image, float threshold,
                                                     Executor* executor,
                                                     Workspace* workspace) const {
  Taps taps;
  taps.logits = taps.pred_boxes = true;
  const VitOutput<float> output = run({image}, taps, executor, workspace);
  const ConstMatrixView<float> logits = output.box_logits_of(0);
  const ConstMatrixView<float> boxes = output.boxes_of(0);
  const auto width = static_cast<float>(image.width);
  const auto height = static_cast<float>(image.height);
  std::vector<Detection> found;
  for (Index query = 0; query < output.detections; ++query) {
    detail::check_logits("detect", logits.row(query).data(), output.classes);
    // The last class stands for no object, so it counts in the sum and is never the best.
    Index best = 0;
    double max = logits(query, 0);
    for (Index c = 1; c < output.classes; ++c) {
      max = std::max<double>(max, logits(query, c));
      if (c + 1 < output.classes && logits(query, c) > logits(query, best)) best = c;
    }
    double total = 0;
    for (Index c = 0; c < output.classes; ++c) total += std::exp(logits(query, c) - max);
    const auto score = static_cast<float>(std::exp(logits(query, best) - max) / total);
    if (!(score > threshold)) continue;
    const float across = 0.5F * boxes(query, 2);
    const float down = 0.5F * boxes(query, 3);
    found.push_back({best,
                     label(best),
                     score,
                     {(boxes(query, 0) - across) * width, (boxes(query, 1) - down) * height,
                      (boxes(query, 0) + across) * width, (boxes(query, 1) + down) * height}});
  }
  std::stable_sort(found.begin(), found.end(), [](const Detection& a, const Detection& b) {
    return detail::order_key(a.score) > detail::order_key(b.score);
  });
  return found;
}

EIGENVIT_INLINE std::string Model::label(Index index) const {
  return labels().empty() ? std::to_string(index) : labels()[static_cast<std::size_t>(index)];
}

EIGENVIT_INLINE std::vector<Prediction> Model::predictions(const ConstVectorView<float>& logits,
                                                           std::size_t k) const {
  detail::check_logits("classify", logits.data(), logits.size());
  const auto classes = static_cast<std::size_t>(logits.size());
  std::vector<Index> order(classes);
  std::iota(order.begin(), order.end(), Index{0});
  k = std::min(k, classes);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                    [&](Index a, Index b) {
                      const auto key_a = detail::order_key(logits[a]);
                      const auto key_b = detail::order_key(logits[b]);
                      return key_a != key_b ? key_a > key_b : a < b;
                    });
  std::vector<Prediction> best;
  if (k == 0) return best;
  const double max = logits[order.front()];
  double total = 0;
  if (checkpoint_.scores == ClassScores::softmax) {
    for (const float logit : logits) total += std::exp(logit - max);
  }
  for (std::size_t i = 0; i < k; ++i) {
    const Index index = order[i];
    double score = logits[index];
    if (checkpoint_.scores == ClassScores::softmax) {
      score = std::exp(score - max) / total;
    } else if (checkpoint_.scores == ClassScores::sigmoid) {
      score = 1 / (1 + std::exp(-score));
    }
    best.push_back({index, label(index), static_cast<float>(score)});
  }
  return best;
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
