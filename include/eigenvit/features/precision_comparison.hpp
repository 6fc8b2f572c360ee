/// What a precision costs in accuracy, on images of one's own.
#ifndef EIGENVIT_FEATURES_PRECISION_COMPARISON_HPP
#define EIGENVIT_FEATURES_PRECISION_COMPARISON_HPP

#include <cstddef>
#include <string>
#include <vector>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/kernels/precision.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How near vectors are to those of float32, `a` to `b`: cosine `a · b / (|a| |b|)`, which is 1 for
/// two zero vectors and 0 for one, and error `max |a - b|`.
struct VectorAgreement {
  std::size_t vectors = 0;       ///< that were compared; 0 where the model has none
  double mean_cosine = 1;        ///< over the vectors
  double percentile_cosine = 1;  ///< the first percentile: one vector of a hundred is below it
  double largest_error = 0;      ///< of any value of any vector
};

/// What a precision gives beside what float32 gives.
struct PrecisionAgreement {
  VectorAgreement pooled;
  VectorAgreement logits;      ///< of a model that classifies
  VectorAgreement cls;         ///< CLS token, of a model that has one
  VectorAgreement patches;     ///< patch tokens
  std::size_t same_class = 0;  ///< images whose class of the greatest logit is the same
  std::size_t images = 0;
};

/// What one layer costs where it alone is in a precision.
struct LayerCost {
  std::string layer;  ///< as `ModelOptions::float_layers` takes it
  /// `1 -` mean cosine of the patch tokens.
  double loss = 0;
};

/// Compares what a model gives in bfloat16 or int8 with what it gives in float32, image by image.
///
///     eigenvit::PrecisionComparison comparison(eigenvit::ModelFolder::open("vit-base"));
///     comparison.add(eigenvit::load_image("cat.jpg"));
///     const auto int8 = comparison.agreement(eigenvit::Precision::int8);
///     std::cout << int8.patches.mean_cosine << '\n';
///     for (const auto& cost : comparison.layer_costs(eigenvit::Precision::int8)) {
///       std::cout << cost.layer << ' ' << cost.loss << '\n';  // the worst first
///     }
///
/// Memory: the model in two precisions; of each image the pixel values and the tokens.
class PrecisionComparison {
 public:
  /// Keeps the folder; its options hold but for the precision, so layers that they keep in float
  /// stay in float. Throws as `ModelFolder::read_network` and `Model`.
  explicit PrecisionComparison(ModelFolder folder);

  /// Adds an image. Throws as `Model::run`. Cost: a pass in float32.
  void add(const ImageView& image, Executor* executor = nullptr);

  std::size_t images() const noexcept { return images_.size(); }

  /// Compares all images. Throws `ConfigError` without images or where a result is not finite, and
  /// as the constructor. Cost: packing the model and a pass for each image.
  PrecisionAgreement agreement(Precision precision, Executor* executor = nullptr) const;

  /// Called with the number of layers that are done; false ends the measuring.
  using Progress = detail::FunctionRef<bool(std::size_t)>;

  /// The layers that the precision changes, each measured with all others in float, the one that
  /// costs most first; those that were done where `progress` ended it. Throws as `agreement`. Cost:
  /// that of `agreement` for each layer.
  std::vector<LayerCost> layer_costs(Precision precision, Executor* executor = nullptr) const;
  std::vector<LayerCost> layer_costs(Precision precision, Executor* executor,
                                     Progress progress) const;

  /// How many layers `layer_costs` measures.
  std::size_t layers(Precision precision) const { return layer_names(precision).size(); }

 private:
  struct Reference {
    PixelValues pixels;
    VitOutput<float> output;
  };

  std::vector<std::string> layer_names(Precision precision) const;
  PrecisionAgreement compare(const ModelFolder& folder, Executor* executor) const;

  ModelFolder folder_;
  Model model_;
  Taps taps_;
  std::vector<Reference> images_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/precision_comparison.inl>
#endif

#endif
