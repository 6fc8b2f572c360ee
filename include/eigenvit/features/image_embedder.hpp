/// Vectors of images: many images, one after the other, in bounded memory.
#ifndef EIGENVIT_FEATURES_IMAGE_EMBEDDER_HPP
#define EIGENVIT_FEATURES_IMAGE_EMBEDDER_HPP

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/image/decode.hpp>
#include <eigenvit/model/taps.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Which vector of a forward pass is that of the image.
enum class ImageVector {
  pooled,        ///< What a classifier reads; every model has it.
  image_embeds,  ///< The projection that is compared with texts: CLIP and SigLIP.
};

struct ImageEmbedderOptions {
  Index batch_size = 8;  ///< images of one forward pass
  /// `image_embeds` where the model has them, else `pooled`.
  std::optional<ImageVector> vector;
  bool normalize = true;  ///< scale every vector to length 1
  DecodeOptions decode;
};

/// What became of the images `[first, first + errors.size())`.
struct EmbeddedImages {
  std::size_t first = 0;
  /// Why an image has no vector, one line that names it; empty where it has one.
  std::vector<std::string> errors;
  Matrix<float> vectors;  ///< `[images, D]`, zeros where there is an error
};

/// Turns images into vectors, batch by batch. While one batch is in the forward pass the next one
/// is read, decoded and resized, on threads of the caller's; an image that cannot be read or
/// prepared is reported and the others go on. A vector does not depend, bit for bit, on the batch
/// that its image is in, nor on the threads.
///
///     eigenvit::ThreadPoolExecutor executor(4), loader(4);
///     const eigenvit::ImageEmbedder embedder(model);
///     const auto print = [](const eigenvit::EmbeddedImages& images) {
///       std::cout << images.first << ": " << images.vectors.rows() << " vectors\n";
///       return true;  // go on
///     };
///     embedder.embed(paths, print, &executor, &loader);
///
/// Memory: the model and its workspace for one batch, two batches of prepared images, and as many
/// decoded images as `loader` has threads, however many images there are.
class ImageEmbedder {
 public:
  /// Keeps a reference to the model. Throws `ConfigError` unless the batch size is positive and
  /// `UnsupportedError` unless `Model::takes_images`, and when the network has no such vector.
  explicit ImageEmbedder(const Model& model, ImageEmbedderOptions options = {});

  const Model& model() const noexcept { return model_; }
  ImageVector vector() const noexcept { return vector_; }
  /// Values of a vector, D.
  Index width() const noexcept { return width_; }

  /// What stored vectors belong to: `Model::fingerprint` where the options are as by default, else
  /// one of it and of every option that changes a vector; codecs of the program's own are not in
  /// it.
  std::string fingerprint() const;

  /// Gives the image with that number; called from several threads at the same time. What it
  /// throws is reported as the error of that image.
  using Load = detail::FunctionRef<Image(std::size_t)>;
  /// Takes a batch, in the order of the images, on the calling thread; false ends it all.
  using Done = detail::FunctionRef<bool(const EmbeddedImages&)>;

  /// Embeds the images `[0, count)`. `executor` runs the forward passes, `loader` loads and
  /// prepares the next batch meanwhile: another executor than the first one, since a task must not
  /// wait for tasks of its own executor. Without a loader, loading and forward passes take turns on
  /// `executor`. Throws `ConfigError` when both are the same executor, and what `done` and the
  /// forward pass throw.
  void embed(std::size_t count, Load load, Done done, Executor* executor = nullptr,
             Executor* loader = nullptr) const;

  /// The same of image files.
  void embed(const std::vector<std::filesystem::path>& paths, Done done,
             Executor* executor = nullptr, Executor* loader = nullptr) const;

 private:
  struct Prepared;
  /// What an image is called in messages.
  using Name = detail::FunctionRef<std::string(std::size_t)>;

  void embed(std::size_t count, Load load, Name name, Done done, Executor* executor,
             Executor* loader) const;
  void prepare(Load load, Name name, std::size_t image, Prepared& into) const;

  const Model& model_;
  ImageEmbedderOptions options_;
  ImageVector vector_;
  Index width_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/image_embedder.inl>
#endif

#endif
