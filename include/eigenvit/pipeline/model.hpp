/// The pair that most programs want: preprocessing and network, with labels.
#ifndef EIGENVIT_PIPELINE_MODEL_HPP
#define EIGENVIT_PIPELINE_MODEL_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/model/vision_transformer.hpp>
#include <eigenvit/model/visual_tokens.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// One class that an image may belong to.
struct Prediction {
  Index index = 0;
  std::string label;  ///< the index in digits where the model has no labels
  float score = 0;    ///< what `Checkpoint::scores` makes of the logit: mostly a probability
};

/// An object that was found in an image.
struct Detection {
  Index index = 0;    ///< of its class
  std::string label;  ///< the index in digits where the model has no labels
  float score = 0;    ///< probability of the class
  /// Edges in pixels of the image: left, top, right, bottom.
  std::array<float, 4> box{};
};

/// Pixel values of a batch of images, `[B, channels, height, width]`.
struct PixelValues {
  AlignedBuffer<float> values;
  Index images = 0;
  Index height = 0;
  Index width = 0;

  PixelBatch<float> batch() const noexcept { return {values.data(), images, height, width}; }
};

/// A batch of images as the network reads it, in the least memory: 8-bit samples, which stand for
/// pixel values, or the pixel values themselves where the recipe resizes numbers (DINOv3 of
/// transformers).
struct PixelInput {
  AlignedBuffer<std::uint8_t> samples;   ///< `[B, channels, height, width]` or empty
  const float* sample_values = nullptr;  ///< `[3, 256]` of the model, which must outlive this
  AlignedBuffer<float> values;           ///< `[B, channels, height, width]` or empty
  Index images = 0;
  Index height = 0;
  Index width = 0;

  PixelBatch<float> batch() const noexcept {
    return {values.empty() ? nullptr : values.data(),
            images,
            height,
            width,
            samples.data(),
            sample_values};
  }
};

/// A model that was loaded from a folder. Immutable: any number of threads may use one at the same
/// time. Every call runs on the calling thread unless it is given an executor, and allocates its
/// scratch unless it is lent a workspace (one for each thread that calls).
///
///     const auto model = eigenvit::load_model("vit-base-patch16-224");
///     const auto image = eigenvit::load_image("cat.jpg");
///     for (const auto& p : model.classify(image, 5)) {
///       std::cout << p.label << ' ' << p.score << '\n';
///     }
class Model {
 public:
  /// Throws `ConfigError` when the preprocessing is not valid.
  Model(Checkpoint checkpoint, VisionTransformer<float> network);
  /// Throws as above, and as `ModelFolder::read_network`.
  explicit Model(const ModelFolder& folder);

  /// Family, configuration, preprocessing and tensor names, as they were read.
  const Checkpoint& checkpoint() const noexcept { return checkpoint_; }
  const VisionTransformer<float>& network() const noexcept { return network_; }
  const Preprocessor& preprocessor() const noexcept { return preprocessor_; }
  /// One name for each class; empty where the folder brings none.
  const std::vector<std::string>& labels() const noexcept { return checkpoint_.labels; }
  /// Whether it classifies images.
  bool has_head() const noexcept {
    return network_.config().num_classes > 0 && !network_.config().detects();
  }

  /// Whether it takes images: those of three channels, or grey ones of one, as timm's scripts do.
  /// Others take given pixel values only.
  bool takes_images() const noexcept {
    return network_.config().in_chans == 3 || network_.config().in_chans == 1;
  }

  /// What `model_fingerprint` makes of the model's files, for what is stored of its results and
  /// belongs to no other model; empty for a model that was put together from parts. Cost:
  /// milliseconds at each call; none where the weights were read at load.
  std::string fingerprint() const;

  /// The `k` classes of the highest scores, the best first. The scores are those of transformers'
  /// pipeline: softmax, or where the folder says so sigmoid or the logits. Throws
  /// `UnsupportedError` when the model has no head or detects instead, and as `predictions` and
  /// `preprocess`.
  std::vector<Prediction> classify(const ImageView& image, std::size_t k = 5,
                                   Executor* executor = nullptr,
                                   Workspace* workspace = nullptr) const;

  /// The objects whose class is more probable than `threshold`, the most certain first, as
  /// transformers' `post_process_object_detection` finds them. Throws `UnsupportedError` when the
  /// model does not detect, `ConfigError` for logits that are not finite, and as `preprocess`.
  std::vector<Detection> detect(const ImageView& image, float threshold = 0.5F,
                                Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// The tokens after the final norm. Throws as `preprocess`.
  VisualTokens tokens(const ImageView& image, Executor* executor = nullptr,
                      Workspace* workspace = nullptr) const;

  /// Preprocessing and one forward pass over a batch. Throws as `preprocess` and
  /// `VisionTransformer::forward`.
  VitOutput<float> run(const std::vector<ImageView>& images, const Taps& taps,
                       Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// Images as the network sees them. Throws `ShapeError` for an image without pixels or when the
  /// images of the batch come out at different sizes, `UnsupportedError` unless `takes_images`, and
  /// `ConfigError` when a network of one channel has means of three.
  PixelValues preprocess(const std::vector<ImageView>& images, Executor* executor = nullptr) const;

  /// The same pixel values, bit for bit, in the form that takes least memory.
  PixelInput input(const std::vector<ImageView>& images, Executor* executor = nullptr) const;

  /// The `k` best classes of one image's `logits [C]`, equals in the order of their index. Throws
  /// `ConfigError` unless all of them are finite.
  std::vector<Prediction> predictions(const ConstVectorView<float>& logits, std::size_t k) const;

 private:
  /// Makes room for a batch and fills it, image by image, with `write(image, pixels)`.
  template <class Pixels, class Value, class Write>
  void fill(const std::vector<ImageView>& images, Executor* executor, Pixels& pixels,
            AlignedBuffer<Value>& values, const Write& write) const;
  std::string label(Index index) const;

  Checkpoint checkpoint_;
  VisionTransformer<float> network_;
  Preprocessor preprocessor_;
  std::shared_ptr<const TensorStore> tensors_;  ///< null where the fingerprint is known
  std::string fingerprint_;
};

/// Loads a model folder. Throws as `ModelFolder::open` and `ModelFolder::read_network`.
Model load_model(const std::filesystem::path& folder, const ModelOptions& options = {});

/// Loads a model from the bytes of its files.
Model load_model(const ModelBytes& bytes, const ModelOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/pipeline/model.inl>
#endif

#endif
