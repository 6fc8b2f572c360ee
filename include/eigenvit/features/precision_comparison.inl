#ifndef EIGENVIT_FEATURES_PRECISION_COMPARISON_INL
#define EIGENVIT_FEATURES_PRECISION_COMPARISON_INL

#include <algorithm>
#include <cmath>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/precision_comparison.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Collects the vectors of one kind.
class AgreementOfVectors {
 public:
  explicit AgreementOfVectors(const char* name) : name_(name) {}

  /// Adds `rows` vectors of `width` values.
  void add(const float* expected, const float* found, Index rows, Index width) {
    for (Index r = 0; r < rows; ++r) add(expected + r * width, found + r * width, width);
  }

  VectorAgreement result() {
    VectorAgreement result;
    result.vectors = cosines_.size();
    if (cosines_.empty()) return result;
    std::sort(cosines_.begin(), cosines_.end());
    double total = 0;
    for (const double cosine : cosines_) total += cosine;
    result.mean_cosine = total / static_cast<double>(cosines_.size());
    result.percentile_cosine = cosines_[(cosines_.size() - 1) / 100];
    result.largest_error = largest_error_;
    return result;
  }

 private:
  void add(const float* expected, const float* found, Index width) {
    double product = 0, expected_square = 0, found_square = 0;
    for (Index i = 0; i < width; ++i) {
      const double a = expected[i];
      const double b = found[i];
      product += a * b;
      expected_square += a * a;
      found_square += b * b;
      largest_error_ = std::max(largest_error_, std::abs(a - b));
    }
    if (!is_finite(expected_square) || !is_finite(found_square)) {
      raise<ConfigError>({"comparison of precisions: expected finite ", name_, ", found others"});
    }
    const bool both = expected_square > 0 && found_square > 0;
    const bool neither = !(expected_square > 0 || found_square > 0);
    // Each root alone: the product of the squares may leave the range.
    cosines_.push_back(
        both ? std::min(1.0, product / (std::sqrt(expected_square) * std::sqrt(found_square)))
             : (neither ? 1.0 : 0.0));
  }

  const char* name_;
  std::vector<double> cosines_;
  double largest_error_ = 0;
};

}  // namespace detail

EIGENVIT_INLINE PrecisionComparison::PrecisionComparison(ModelFolder folder)
    : folder_(std::move(folder)),
      model_(folder_.with(Precision::float32, folder_.options().float_layers)) {
  taps_.tokens = taps_.pooled = true;
  taps_.logits = model_.has_head();
}

EIGENVIT_INLINE void PrecisionComparison::add(const ImageView& image, Executor* executor) {
  Reference reference;
  reference.pixels = model_.preprocess({image}, executor);
  model_.network().forward(reference.pixels.batch(), taps_, reference.output, executor);
  images_.push_back(std::move(reference));
}

EIGENVIT_INLINE PrecisionAgreement PrecisionComparison::agreement(Precision precision,
                                                                  Executor* executor) const {
  return compare(folder_.with(precision, folder_.options().float_layers), executor);
}

EIGENVIT_INLINE PrecisionAgreement PrecisionComparison::compare(const ModelFolder& folder,
                                                                Executor* executor) const {
  if (images_.empty()) {
    detail::raise<ConfigError>(
        {"comparison of precisions: expected at least one image, found none"});
  }
  const auto network = folder.read_network<float>();
  const bool has_cls = network.config().class_token;
  detail::AgreementOfVectors pooled("pooled vectors"), logits("logits"), cls("CLS tokens"),
      patches("patch tokens");
  PrecisionAgreement result;
  result.images = images_.size();
  Workspace workspace;
  VitOutput<float> output;
  for (const Reference& image : images_) {
    network.forward(image.pixels.batch(), taps_, output, executor, &workspace);
    const VitOutput<float>& expected = image.output;
    pooled.add(expected.pooled.data(), output.pooled.data(), 1, output.pooled_width);
    const float* const from = expected.tokens.data();
    const float* const to = output.tokens.data();
    // The CLS token is the first of the prefix.
    if (has_cls) cls.add(from, to, 1, output.width);
    const Index first = output.prefix_tokens * output.width;
    patches.add(from + first, to + first, output.grid_height * output.grid_width, output.width);
    if (!taps_.logits) continue;
    const Index classes = output.classes;
    logits.add(expected.logits.data(), output.logits.data(), 1, classes);
    const auto best = [classes](const AlignedBuffer<float>& values) {
      return std::max_element(values.data(), values.data() + classes) - values.data();
    };
    if (best(expected.logits) == best(output.logits)) ++result.same_class;
  }
  result.pooled = pooled.result();
  result.logits = logits.result();
  result.cls = cls.result();
  result.patches = patches.result();
  return result;
}

EIGENVIT_INLINE std::vector<std::string> PrecisionComparison::layer_names(
    Precision precision) const {
  std::vector<std::string> names;
  if (precision == Precision::float32) return names;
  for (std::string& name : folder_.layer_names()) {
    const auto& kept = folder_.options().float_layers;
    const bool is_float =
        std::any_of(kept.begin(), kept.end(),
                    [&name](const std::string& pattern) { return detail::matches(pattern, name); });
    const bool is_patches = name == "patch_embed.proj";
    // What a dense head gives is not compared.
    const bool is_compared = is_patches || detail::matches("blocks.*", name);
    if (!is_compared || is_float || (is_patches && precision == Precision::int8)) continue;
    names.push_back(std::move(name));
  }
  return names;
}

EIGENVIT_INLINE std::vector<LayerCost> PrecisionComparison::layer_costs(Precision precision,
                                                                        Executor* executor) const {
  return layer_costs(precision, executor, [](std::size_t) { return true; });
}

EIGENVIT_INLINE std::vector<LayerCost> PrecisionComparison::layer_costs(Precision precision,
                                                                        Executor* executor,
                                                                        Progress progress) const {
  const std::vector<std::string> names = layer_names(precision);
  std::vector<LayerCost> costs;
  for (const std::string& name : names) {
    std::vector<std::string> float_layers = folder_.options().float_layers;
    for (const std::string& other : names) {
      if (other != name) float_layers.push_back(other);
    }
    const ModelFolder alone = folder_.with(precision, std::move(float_layers));
    costs.push_back({name, 1 - compare(alone, executor).patches.mean_cosine});
    if (!progress(costs.size())) break;
  }
  std::stable_sort(costs.begin(), costs.end(),
                   [](const LayerCost& a, const LayerCost& b) { return a.loss > b.loss; });
  return costs;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
