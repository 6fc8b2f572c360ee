#ifndef EIGENVIT_FEATURES_HEAD_INL
#define EIGENVIT_FEATURES_HEAD_INL

#include <algorithm>
#include <map>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/head.hpp>
#include <eigenvit/features/head_file.inl>
#include <eigenvit/features/precision_note.hpp>
#include <eigenvit/features/prototypes.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/pipeline/best_predictions.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

using HeadClassifier = std::variant<LinearProbe, WeightedKnn>;

EIGENVIT_INLINE HeadClassifier fit_classifier(const TrainingSet& set, const HeadOptions& options) {
  switch (options.method) {
    case HeadMethod::prototypes:
      return fit_prototypes(set);
    case HeadMethod::knn:
      return WeightedKnn(set, options.knn);
    case HeadMethod::ridge:
      return fit_ridge_probe(set, options.ridge);
    case HeadMethod::logistic: {
      const LogisticFit fit = fit_logistic_probe(set, options.logistic);
      if (fit.converged) return fit.probe;
      raise<ConfigError>(
          {"head: expected the logistic regression to converge, found it still "
           "moving after ",
           fit.iterations, " iterations (a smaller C makes it easier)"});
    }
  }
  raise<ConfigError>({"head: unknown method ", static_cast<int>(options.method)});
}

}  // namespace detail

EIGENVIT_INLINE std::string_view method_name(HeadMethod method) noexcept {
  return detail::head_methods[static_cast<std::size_t>(method)];
}

EIGENVIT_INLINE Head::Head(HeadMethod method, std::variant<LinearProbe, WeightedKnn> classifier,
                           std::vector<std::string> labels, HeadOrigin origin)
    : method_(method),
      classifier_(std::move(classifier)),
      labels_(std::move(labels)),
      origin_(std::move(origin)) {}

EIGENVIT_INLINE Head::Head(const TrainingSet& set, std::vector<std::string> labels,
                           const HeadOptions& options, HeadOrigin origin)
    : Head(options.method, detail::fit_classifier(set, options), std::move(labels),
           std::move(origin)) {
  if (class_count() != set.class_count()) {
    detail::raise<ShapeError>({"head: expected a label for each of ", set.class_count(),
                               " classes, found ", class_count()});
  }
}

EIGENVIT_INLINE Head Head::open(const std::filesystem::path& path) {
  const detail::HeadFile file(path);
  const auto method = static_cast<HeadMethod>(file.choice("method", detail::head_methods));
  std::vector<std::string> labels = file.labels();
  const auto class_count = static_cast<Index>(labels.size());
  HeadOrigin origin;
  origin.features = static_cast<HeadFeatures>(file.choice("features", detail::head_features));
  origin.model = file.text("model");
  origin.image_size = file.image_size();
  origin.precision = file.text_or("precision", "");
  const auto classifier =
      method == HeadMethod::knn
          ? detail::HeadClassifier(detail::read_weighted_knn(file, class_count))
          : detail::HeadClassifier(detail::read_linear_probe(file, class_count));
  Head head(method, classifier, std::move(labels), std::move(origin));
  head.source_ = file.source();
  return head;
}

EIGENVIT_INLINE void Head::save(const std::filesystem::path& path) const {
  std::map<std::string, std::string> metadata;
  metadata["format"] = detail::head_format;
  metadata["method"] = method_name(method_);
  metadata["features"] = detail::head_features[static_cast<std::size_t>(origin_.features)];
  metadata["model"] = origin_.model;
  if (origin_.image_size) {
    const auto [height, width] = *origin_.image_size;
    metadata["image_size"] = detail::message({height, "x", width});
  }
  if (!origin_.precision.empty()) metadata["precision"] = origin_.precision;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    metadata[detail::message({"label.", i})] = labels_[i];
  }
  std::vector<TensorToWrite> tensors;
  const auto add_matrix = [&](const char* name, const Matrix<float>& matrix) {
    tensors.push_back(
        {name,
         {static_cast<std::uint64_t>(matrix.rows()), static_cast<std::uint64_t>(matrix.cols())},
         matrix.data()});
  };
  const auto add_vector = [&](const char* name, const Vector<float>& vector) {
    tensors.push_back({name, {static_cast<std::uint64_t>(vector.size())}, vector.data()});
  };

  if (const auto* const knn = std::get_if<WeightedKnn>(&classifier_)) {
    Vector<float> classes(static_cast<Index>(knn->classes().size()));
    std::copy(knn->classes().begin(), knn->classes().end(), classes.data());
    const auto k = static_cast<float>(knn->options().neighbours);
    add_matrix("neighbours", knn->neighbours());
    add_vector("classes", classes);
    tensors.push_back({"k", {}, &k});
    tensors.push_back({"temperature", {}, &knn->options().temperature});
    return write_safetensors(path, tensors, metadata);
  }
  const auto& probe = std::get<LinearProbe>(classifier_);
  const FeatureScaling& scaling = probe.scaling();
  metadata["scaling"] = detail::scaling_names[static_cast<std::size_t>(scaling.kind())];
  add_matrix("weight", probe.weight());
  add_vector("bias", probe.bias());
  if (scaling.kind() == ScalingKind::standardize) {
    add_vector("mean", scaling.mean());
    add_vector("scale", scaling.scale());
  }
  write_safetensors(path, tensors, metadata);
}

EIGENVIT_INLINE Index Head::width() const noexcept {
  const auto* const probe = std::get_if<LinearProbe>(&classifier_);
  return probe != nullptr ? probe->width() : std::get_if<WeightedKnn>(&classifier_)->width();
}

EIGENVIT_INLINE void Head::check(const Model& model, HeadFeatures features) const {
  const auto what = [](HeadFeatures of) {
    return of == HeadFeatures::pooled ? "whole images" : "patches";
  };
  if (features != origin_.features) {
    detail::raise<ConfigError>({source_, ": expected a head for ", what(features),
                                ", found one for ", what(origin_.features)});
  }
  const VitConfig& config = model.network().config();
  const bool pooled = origin_.features == HeadFeatures::pooled;
  const Index found = pooled ? config.pooled_width() : config.embed_dim;
  if (found != width()) {
    detail::raise<ShapeError>({source_, ": expected a model whose ",
                               pooled ? "pooled vectors" : "patches", " have ", width(),
                               " values, found one of ", found});
  }
  const std::string fingerprint = model.fingerprint();
  if (fingerprint != origin_.model) {
    detail::raise<ConfigError>(
        {source_, ": expected the model that the head was made for, of fingerprint ",
         detail::Quoted{origin_.model}, ", found ", detail::Quoted{fingerprint}});
  }
}

EIGENVIT_INLINE std::string Head::precision_note(const Model& model) const {
  return detail::precision_note(source_, origin_.precision, model);
}

EIGENVIT_INLINE Matrix<float> Head::scores(const ConstMatrixRef<float>& features) const {
  const auto* const probe = std::get_if<LinearProbe>(&classifier_);
  return probe != nullptr ? probe->scores(features)
                          : std::get<WeightedKnn>(classifier_).scores(features);
}

EIGENVIT_INLINE std::vector<Prediction> Head::predictions(const ConstVectorRef<float>& scores,
                                                          std::size_t k) const {
  if (scores.size() != class_count()) {
    detail::raise<ShapeError>(
        {source_, ": expected scores of ", class_count(), " classes, found ", scores.size()});
  }
  // Products of finite numbers may overflow.
  detail::check_logits(source_.c_str(), scores.data(), scores.size());
  const ClassScores kind =
      method_ == HeadMethod::logistic ? ClassScores::softmax : ClassScores::none;
  std::vector<Prediction> best;
  detail::best_predictions({scores.data(), scores.size()}, kind, k, best);
  for (Prediction& prediction : best) {
    prediction.label = labels_[static_cast<std::size_t>(prediction.index)];
  }
  return best;
}

EIGENVIT_INLINE std::vector<Prediction> Head::classify(const ConstVectorRef<float>& features,
                                                       std::size_t k) const {
  const ConstMatrixView<float> row(features.data(), 1, features.size());
  return predictions(scores(row).transpose(), k);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
