/// A classifier of a model's features that was fitted to a user's own classes, and its file.
#ifndef EIGENVIT_FEATURES_HEAD_HPP
#define EIGENVIT_FEATURES_HEAD_HPP

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/linear_probe.hpp>
#include <eigenvit/features/logistic_probe.hpp>
#include <eigenvit/features/ridge_probe.hpp>
#include <eigenvit/features/training_set.hpp>
#include <eigenvit/features/weighted_knn.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

enum class HeadMethod { prototypes, knn, ridge, logistic };

/// `prototypes`, `knn`, `ridge` or `logistic`.
std::string_view method_name(HeadMethod method) noexcept;

/// Which of a model's results a head reads.
enum class HeadFeatures {
  pooled,   ///< one vector an image, as the model's own head reads it
  patches,  ///< one vector a patch, after the final norm
};

/// How a head is fitted: the method, and each method's own choices.
struct HeadOptions {
  HeadMethod method = HeadMethod::logistic;
  KnnOptions knn;
  RidgeOptions ridge;
  LogisticOptions logistic;
};

/// Where the features of a head come from.
struct HeadOrigin {
  HeadFeatures features = HeadFeatures::pooled;
  /// `Model::fingerprint` of the model that made them.
  std::string model;
  /// `ModelOptions::image_size` of that model.
  std::optional<std::array<Index, 2>> image_size;
  /// `Model::precision_record` of that model; empty where it is not known. A head may be used in
  /// any precision.
  std::string precision = {};
};

/// Classifies the features of one model into a user's own classes.
///
///     const eigenvit::HeadOrigin origin{eigenvit::HeadFeatures::pooled, model.fingerprint(), {}};
///     eigenvit::Head(set, {"cat", "dog"}, {}, origin).save("head.safetensors");
///
///     const auto head = eigenvit::Head::open("head.safetensors");
///     head.check(model, eigenvit::HeadFeatures::pooled);
///     const auto best = head.classify(output.pooled_of(0), 1);
///
/// The file is in safetensors format, of float32: of k-NN `neighbours [M, D]`, `classes [M]`, `k
/// []` and `temperature []`, of the others `weight [C, D]`, `bias [C]` and, where features are
/// standardised, `mean [D]` and `scale [D]`. Method, scaling, labels (`label.0`, `label.1`, ...)
/// and origin are in its metadata. Immutable; any number of threads may use one at the same time.
class Head {
 public:
  /// Fits a head; `labels` are the names of the set's classes. Throws `ShapeError` unless there is
  /// one label a class, as the fits do, and `ConfigError` when the logistic regression has not
  /// converged.
  Head(const TrainingSet& set, std::vector<std::string> labels, const HeadOptions& options = {},
       HeadOrigin origin = {});

  /// Reads a head. The file is taken as untrusted: throws `FileError` when it cannot be read,
  /// `FormatError` when it is not a head or a part of it is missing, of the wrong shape or out of
  /// range, and `UnsupportedError` for tensors of integers.
  static Head open(const std::filesystem::path& path);

  /// Writes the head; the file is either as it was or complete. Throws `FileError` when it cannot
  /// be written.
  void save(const std::filesystem::path& path) const;

  HeadMethod method() const noexcept { return method_; }
  const std::vector<std::string>& labels() const noexcept { return labels_; }
  const HeadOrigin& origin() const noexcept { return origin_; }
  Index width() const noexcept;                                                      ///< D
  Index class_count() const noexcept { return static_cast<Index>(labels_.size()); }  ///< C

  /// What computes the scores: `WeightedKnn` for `knn`, `LinearProbe` for the other methods.
  const std::variant<LinearProbe, WeightedKnn>& classifier() const noexcept { return classifier_; }

  /// Throws `ConfigError` when the head does not read these features, `ShapeError` when the model's
  /// are of another width than the head's, and `ConfigError` when the head was made for another
  /// model: other weights, another architecture, image size or preprocessing.
  void check(const Model& model, HeadFeatures features) const;

  /// One line where the head was made in another precision than the model's, which is allowed;
  /// empty where in the same.
  std::string precision_note(const Model& model) const;

  /// Scores `[N, C]` of features `[N, D]`; the class of the highest is predicted. Throws
  /// `ShapeError` for another width, `ConfigError` for features that are not finite.
  Matrix<float> scores(const ConstMatrixRef<float>& features) const;

  /// The `k` best classes of one vector's `scores [C]`, equals in the order of their index.
  /// `Prediction::score` is a probability for `logistic`, the share of the votes for `knn`, a
  /// cosine for `prototypes`, and for `ridge` a value near 1 for the vector's class and -1 for the
  /// others. Throws `ShapeError` for another number of scores and `ConfigError` unless all of them
  /// are finite.
  std::vector<Prediction> predictions(const ConstVectorRef<float>& scores, std::size_t k) const;

  /// The `k` best classes of one feature vector `[D]`. Throws as `scores`.
  std::vector<Prediction> classify(const ConstVectorRef<float>& features, std::size_t k = 5) const;

 private:
  Head(HeadMethod method, std::variant<LinearProbe, WeightedKnn> classifier,
       std::vector<std::string> labels, HeadOrigin origin);

  HeadMethod method_;
  std::variant<LinearProbe, WeightedKnn> classifier_;
  std::vector<std::string> labels_;
  HeadOrigin origin_;
  std::string source_ = "head";  ///< the file that it was read from, for messages
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/head.inl>
#endif

#endif
