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
#include <eigenvit/image/image_box.hpp>
#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/model/vision_transformer.hpp>
#include <eigenvit/model/visual_tokens.hpp>
#include <eigenvit/pipeline/dense_tasks.hpp>
#include <eigenvit/pipeline/pose.hpp>
#include <eigenvit/pipeline/segment_options.hpp>
#include <eigenvit/pipeline/segmentation.hpp>
#include <eigenvit/pipeline/tiles.hpp>

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

/// A batch of images as the network reads it, in the least memory: 8-bit samples, which mean
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

/// Bytes of memory of a model and of the calls that run it.
struct ModelMemory {
  /// Of all weights as float32, once for all threads. They come into memory when they are first
  /// used, and are packed then.
  std::size_t weights = 0;
  /// Of the matrices of the patch embedding and of the blocks, which are most of the weights,
  /// packed in the precision of the model: what they take when all have been used and are kept.
  std::size_t packed = 0;
  std::size_t pass = 0;   ///< of the workspace, for the forward pass
  std::size_t input = 0;  ///< of the workspace, for the pixels and for making them
  std::size_t maps = 0;   ///< of the result of a dense head that is asked for

  /// Of a workspace; callers at the same time need one each.
  std::size_t workspace() const noexcept { return pass + input; }
  /// Of a model in float32 whose packed weights are kept, and one call: what it adds to the memory
  /// of a process at most, beside results that are not maps.
  std::size_t peak() const noexcept { return weights + workspace() + maps; }
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
  /// Throws as above, and as `ModelFolder::read_network`. `dense_tasks` is what `load_dense_model`
  /// gives it.
  explicit Model(const ModelFolder& folder, const detail::DenseTasks* dense_tasks = nullptr);

  /// Family, configuration, preprocessing and tensor names, as they were read.
  const Checkpoint& checkpoint() const noexcept { return checkpoint_; }
  const VisionTransformer<float>& network() const noexcept { return network_; }
  const Preprocessor& preprocessor() const noexcept { return preprocessor_; }
  /// In which numbers its linear layers multiply, and which of them stay in float, as
  /// `ModelOptions` said; float32 for a model that was put together from parts.
  Precision precision() const noexcept { return precision_; }
  const std::vector<std::string>& float_layers() const noexcept { return float_layers_; }
  /// The two as text, for what is stored of its results: "int8", "int8, float blocks.*.mlp.fc2".
  std::string precision_record() const;
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

  /// How far away what each pixel of the image shows is, `[height, width]`: metres where
  /// `estimates_metres(checkpoint().dense_head)`, else numbers that are larger where it is nearer;
  /// the network's map enlarged as transformers' `post_process_depth_estimation` does it, without
  /// the border that ZoeDepth's preprocessing mirrors. Throws `UnsupportedError` unless
  /// `load_dense_model` gave the model and it has a depth head, `ConfigError` for depths that are
  /// not finite, and as `preprocess`.
  Matrix<float> depth(const ImageView& image, Executor* executor = nullptr,
                      Workspace* workspace = nullptr) const;

  /// The same of a large image, tile by tile, with the detail that the network finds in a tile of
  /// the image's own pixels. Metres are blended as they are. Relative depths have a scale and an
  /// offset of their own in each tile: each tile's are fitted by least squares to those of `depth`
  /// of the whole image, and where that finds no scale above 0 the tile has the latter. Of one tile
  /// the result is that of `depth`. Throws as it, `ConfigError` for tiles that have no pixels or
  /// overlap wholly, and `UnsupportedError` where the preprocessing cuts off or pads a tile:
  /// `ModelOptions::image_size` of transformers' folders does not. Cost: a pass for each tile, and
  /// one for relative depths. Memory: a map of the image beside the result, and what a tile takes.
  ///
  ///     const auto depths = model.depth(image, eigenvit::TileOptions{518, 130});
  Matrix<float> depth(const ImageView& image, const TileOptions& tiles,
                      Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// Where the joints of the bodies in some boxes of the image are, as transformers'
  /// `post_process_pose_estimation` finds them; without boxes those of one body that fills the
  /// image. Of a joint whose heatmap has no value above 0 the place means nothing: it is beside the
  /// box. Throws `UnsupportedError` unless `load_dense_model` gave the model and it has a pose
  /// head, `ShapeError` for a box without a size (`ImageBox`), `ConfigError` for heatmaps that are
  /// not finite. Cost: a pass for each eight boxes.
  std::vector<Pose> keypoints(const ImageView& image, const std::vector<ImageBox>& boxes = {},
                              Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// What each pixel of the image shows, as the `post_process_semantic_segmentation` of
  /// transformers' processors finds it: a segment for each class that is the best one of a pixel.
  /// Of a model with masks of things (EoMT) things, as `post_process_panoptic_segmentation` finds
  /// them, unless it takes images in windows. Throws `UnsupportedError` unless `load_dense_model`
  /// gave the model and it has a head that segments, `ShapeError` for images of too few patches,
  /// `ConfigError` for scores that are not finite, and as `preprocess`.
  Segmentation segment(const ImageView& image, Executor* executor = nullptr,
                       Workspace* workspace = nullptr) const;

  /// The same with the task chosen, of things also as `post_process_instance_segmentation` finds
  /// them, and other thresholds. Throws as above, and `UnsupportedError` for things where the model
  /// has no masks of them or takes images in windows.
  Segmentation segment(const ImageView& image, const SegmentOptions& options,
                       Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// The same of a large image, tile by tile, each pixel the class whose scores, the means over the
  /// tiles by their weights, are the best: mmseg's `slide_inference`, whose tiles all weigh the
  /// same. Of one tile the result is that of `segment`. Throws as it and as `depth` of tiles, and
  /// `UnsupportedError` for heads that find segments rather than score pixels. Cost: a pass for
  /// each tile. Memory: the result, the scores of the tiles of two rows (more where they overlap by
  /// more than half) as the network gives them, and what a tile takes.
  Segmentation segment(const ImageView& image, const TileOptions& tiles,
                       Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// The tokens after the final norm. Throws as `preprocess`.
  VisualTokens tokens(const ImageView& image, Executor* executor = nullptr,
                      Workspace* workspace = nullptr) const;

  /// The patches of a large image, tile by tile: as many along each axis as patches of a tile's
  /// size fit into it, means of the tiles' by their weights, and interpolated where the grid of a
  /// tile lies between those of others. Without prefix tokens, which belong to a tile; but of one
  /// tile the result is that of `tokens`. Throws as `depth` of tiles. Cost: a pass for each tile.
  /// Memory: the result, the tokens of the tiles of two rows, and what a tile takes.
  VisualTokens tokens(const ImageView& image, const TileOptions& tiles,
                      Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// Preprocessing and one forward pass over a batch. Images that come out at several sizes, as
  /// those of any aspect do (SigLIP 2 NaFlex), take a pass for each size; each has the bits that it
  /// has alone. Throws as `preprocess`, but for sizes that differ, and as
  /// `VisionTransformer::forward`; `ShapeError` where sizes differ and what blocks have or merged
  /// tokens are asked for.
  VitOutput<float> run(const std::vector<ImageView>& images, const Taps& taps,
                       Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// The same into a result that is used again and again, for frames of a camera and for servers.
  /// Pixels and what making them takes are in the workspace: after the first call with images of
  /// such a size, with the same taps, result, executor and workspace, nothing is allocated, but for
  /// batches of several sizes. Throws as above.
  ///
  ///     const eigenvit::ImageView view{frame, 640, 480, 3 * 640, eigenvit::PixelFormat::bgr};
  ///     eigenvit::Taps taps;
  ///     taps.tokens = true;
  ///     eigenvit::VitOutput<float> output;
  ///     eigenvit::Workspace workspace;
  ///     model.run(view, taps, output, nullptr, &workspace);
  ///     model.tokens_of(output, 0).patches();
  void run(const ImageView& image, const Taps& taps, VitOutput<float>& output,
           Executor* executor = nullptr, Workspace* workspace = nullptr) const;
  void run(const std::vector<ImageView>& images, const Taps& taps, VitOutput<float>& output,
           Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// Does what the first of these calls would do beside its own work, for batches of `images`
  /// images of `width` x `height` pixels in any format: packs the weights, makes the tables of
  /// positions, and allocates. Throws as `run`, and `std::bad_alloc`. Cost: one pass over black
  /// images, plus the packing.
  void warm_up(Index width, Index height, const Taps& taps, VitOutput<float>& output,
               Executor* executor, Workspace& workspace, Index images = 1) const;

  /// The tokens of one image of a result, without a copy: valid until the result is used again or
  /// destroyed. Throws `ShapeError` where the result has no such image or no tokens.
  VisualTokensView tokens_of(const VitOutput<float>& output, Index image) const;

  /// What the model and calls of `run` take, for batches of `images` images of `width` x `height`
  /// pixels in any format, and an executor of so many threads. Where the model takes no images, the
  /// size is that of the pixel values. Throws as `preprocess`.
  ModelMemory memory(Index width, Index height, const Taps& taps, Index images = 1,
                     int threads = 1) const;

  /// The numbers of the images that come out at the same size, of each size in a list: what
  /// `preprocess` and `input` can take at once. Throws `ShapeError` for an image without pixels.
  std::vector<std::vector<std::size_t>> groups_of_one_size(
      const std::vector<ImageView>& images) const;

  /// Images as the network sees them. Throws `ShapeError` for an image without pixels or when the
  /// images of the batch come out at different sizes, `UnsupportedError` unless `takes_images`, and
  /// `ConfigError` when a network of one channel has means of three.
  PixelValues preprocess(const std::vector<ImageView>& images, Executor* executor = nullptr) const;

  /// The same pixel values, bit for bit, in the form that takes least memory.
  PixelInput input(const std::vector<ImageView>& images, Executor* executor = nullptr) const;

  /// The `k` best classes of one image's `logits [C]`, equals in the order of their index. Throws
  /// `ShapeError` where there are labels of another number, `ConfigError` unless all of them are
  /// finite.
  std::vector<Prediction> predictions(const ConstVectorView<float>& logits, std::size_t k) const;

  /// The same into a list that is used again: once it has been as long, and its labels too, nothing
  /// is allocated. It is left as it is where an exception is thrown for the logits.
  void predictions(const ConstVectorView<float>& logits, std::size_t k,
                   std::vector<Prediction>& best) const;

 private:
  /// A batch whose images can go through the network together.
  struct Batch {
    const ImageView* images;
    Index count;
    Index height;  ///< of the network's input
    Index width;
  };

  /// Throws as `preprocess`.
  Batch check(const ImageView* images, std::size_t count) const;
  /// Bytes in which a worker makes the pixels of any image of the batch.
  template <class Value>
  std::size_t scratch_bytes(const Batch& batch) const;
  /// Values of a batch, `[B, channels, height, width]`.
  std::size_t values(const Batch& batch) const noexcept;
  /// Writes the values. Each worker takes `each` bytes of `scratch`.
  template <class Value>
  void write(const Batch& batch, Executor& executor, std::byte* scratch, std::size_t each,
             Value* values) const;
  /// Fills a `PixelValues` or `PixelInput` and its values.
  template <class Pixels, class Value>
  void fill(const std::vector<ImageView>& images, Executor* executor, Pixels& pixels,
            AlignedBuffer<Value>& values) const;
  /// Writes the values into the workspace.
  template <class Value>
  const Value* input(const Batch& batch, Executor* executor, Workspace& workspace) const;
  /// Bytes of the workspace that this takes.
  template <class Value>
  std::size_t input_bytes(const Batch& batch, Index workers) const;
  void run(const ImageView* images, std::size_t count, const Taps& taps, VitOutput<float>& output,
           Executor* executor, Workspace* workspace) const;
  bool have_one_size(const ImageView* images, std::size_t count) const;
  std::vector<std::vector<std::size_t>> groups_of_one_size(const ImageView* images,
                                                           std::size_t count) const;
  /// A pass for the images of each size.
  void run_by_size(const ImageView* images, std::size_t count, const Taps& taps,
                   VitOutput<float>& output, Executor* executor, Workspace& workspace) const;
  std::string label(Index index) const;
  /// Throws `UnsupportedError`, which names the task, where the model was not loaded with them.
  const detail::DenseTasks& dense_tasks(const char* task) const;

  Checkpoint checkpoint_;
  VisionTransformer<float> network_;
  Preprocessor preprocessor_;
  std::shared_ptr<const TensorStore> tensors_;  ///< null where the fingerprint is known
  std::string fingerprint_;
  Precision precision_ = Precision::float32;
  std::vector<std::string> float_layers_;
  const detail::DenseTasks* dense_tasks_ = nullptr;
};

/// Loads a model folder. Throws as `ModelFolder::open` and `ModelFolder::read_network`.
Model load_model(const std::filesystem::path& folder, const ModelOptions& options = {});

/// Loads a model from the bytes of its files.
Model load_model(const ModelBytes& bytes, const ModelOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/pipeline/model.inl>
#include <eigenvit/pipeline/model_results.inl>
#include <eigenvit/pipeline/model_tiles.inl>
#endif

#endif
