/// Classes that are described by texts.
#ifndef EIGENVIT_FEATURES_ZERO_SHOT_HPP
#define EIGENVIT_FEATURES_ZERO_SHOT_HPP

#include <cstddef>
#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/io/text_embeddings.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Zero-shot classification with texts whose vectors were computed beforehand:
/// `logits = exp(log_scale) cos(image, text) + bias`, then softmax over the texts (CLIP) or the
/// sigmoid of each (SigLIP).
///
/// Scale and bias are those of the checkpoint where it holds them (the files of whole models do),
/// else those of the text file, else 100 and 0 for softmax, where all of OpenAI's CLIPs ended.
/// For a model that does not say which family it is of, a text file with a bias means sigmoid.
///
///     const auto texts = eigenvit::read_text_embeddings("texts.safetensors");
///     const eigenvit::ZeroShot zero_shot(model, texts);
///     const auto output = model.run({image}, zero_shot.taps());
///     for (const auto& p : zero_shot.predictions(output, 0, 5)) std::cout << p.label << '\n';
///
/// Source: Radford et al., arXiv:2103.00020; Zhai et al., arXiv:2303.15343; CLIPModel and
/// SiglipModel of transformers.
class ZeroShot {
 public:
  /// Throws `ShapeError` when the texts are not as wide as the model's vectors or one has no
  /// direction, and `ConfigError` when neither file states SigLIP's scale and bias.
  ZeroShot(const Model& model, const TextEmbeddings& texts);

  Index size() const noexcept { return texts_.rows(); }  ///< C
  TextScore score() const noexcept { return score_; }
  double log_scale() const noexcept { return log_scale_; }
  double bias() const noexcept { return bias_; }

  /// What a forward pass must be asked for.
  Taps taps() const;
  /// The logits `[C]` of an image by its vector `[D]`, of any length. Throws `ShapeError` when it
  /// has another width.
  Vector<float> logits(const ConstVectorRef<float>& image) const;
  /// The `k` best texts for one image of a pass, with the probabilities of above as scores; equals
  /// in the order of the texts. Throws `ConfigError` unless all logits are finite.
  std::vector<Prediction> predictions(const VitOutput<float>& output, Index image,
                                      std::size_t k) const;

 private:
  ImageVector vector_;
  Matrix<float> texts_;  ///< `[C, D]`, of length 1
  std::vector<std::string> names_;
  TextScore score_ = TextScore::softmax;
  double log_scale_ = 0;
  double bias_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/zero_shot.inl>
#endif

#endif
