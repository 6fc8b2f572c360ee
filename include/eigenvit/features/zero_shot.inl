#ifndef EIGENVIT_FEATURES_ZERO_SHOT_INL
#define EIGENVIT_FEATURES_ZERO_SHOT_INL

#include <cmath>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/unit_rows.hpp>
#include <eigenvit/features/zero_shot.hpp>
#include <eigenvit/pipeline/best_predictions.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE ZeroShot::ZeroShot(const Model& model, const TextEmbeddings& texts)
    : names_(texts.names) {
  const ImageEmbedder embedder(model);
  vector_ = embedder.vector();
  if (texts.vectors.cols() != embedder.width() ||
      static_cast<std::size_t>(texts.vectors.rows()) != names_.size() || names_.empty()) {
    detail::raise<ShapeError>(
        {texts.source, ": expected texts of width ", embedder.width(), ", that of the ",
         vector_ == ImageVector::pooled ? "pooled vectors" : "image_embeds", " of ",
         detail::Quoted{model.checkpoint().architecture}, ", and a name for each, found [",
         texts.vectors.rows(), ", ", texts.vectors.cols(), "] and ", names_.size(), " names"});
  }
  texts_ = detail::unit_rows(texts.vectors, detail::message({texts.source, ": text"}));

  const ContrastiveLogits& own = model.checkpoint().contrastive;
  const auto log_scale = own.log_scale ? own.log_scale : texts.logits.log_scale;
  const auto bias = own.bias ? own.bias : texts.logits.bias;
  score_ = own.score.value_or(bias ? TextScore::sigmoid : TextScore::softmax);
  if (score_ == TextScore::sigmoid && (!log_scale || !bias)) {
    detail::raise<ConfigError>(
        {texts.source,
         ": expected 'logit_scale' and 'logit_bias' in __metadata__, as the model's own files "
         "lack them, found ",
         log_scale ? "no bias" : "no scale"});
  }
  log_scale_ = log_scale.value_or(std::log(100.0));
  bias_ = bias.value_or(0);
}

EIGENVIT_INLINE Taps ZeroShot::taps() const {
  Taps taps;
  (vector_ == ImageVector::pooled ? taps.pooled : taps.image_embeds) = true;
  return taps;
}

EIGENVIT_INLINE Vector<float> ZeroShot::logits(const ConstVectorRef<float>& image) const {
  if (image.size() != texts_.cols()) {
    detail::raise<ShapeError>(
        {"zero-shot: expected a vector of ", texts_.cols(), " values, found ", image.size()});
  }
  const double length = std::sqrt(detail::squared_length(image.data(), image.size()));
  const double scale = std::exp(log_scale_) / length;
  Vector<float> logits(size());
  for (Index text = 0; text < size(); ++text) {
    double product = 0;
    for (Index k = 0; k < image.size(); ++k) {
      product += static_cast<double>(image[k]) * texts_(text, k);
    }
    logits[text] = static_cast<float>(scale * product + bias_);
  }
  return logits;
}

EIGENVIT_INLINE std::vector<Prediction> ZeroShot::predictions(const VitOutput<float>& output,
                                                              Index image, std::size_t k) const {
  const Vector<float> logits = this->logits(
      vector_ == ImageVector::pooled ? output.pooled_of(image) : output.image_embeds_of(image));
  detail::check_logits("zero-shot", logits.data(), logits.size());
  const ClassScores kind =
      score_ == TextScore::softmax ? ClassScores::softmax : ClassScores::sigmoid;
  std::vector<Prediction> best;
  detail::best_predictions({logits.data(), logits.size()}, kind, k, best);
  for (Prediction& prediction : best) {
    prediction.label = names_[static_cast<std::size_t>(prediction.index)];
  }
  return best;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
