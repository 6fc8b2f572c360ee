/// In which format the weights of each layer are held.
#ifndef EIGENVIT_IO_WEIGHT_FORMATS_HPP
#define EIGENVIT_IO_WEIGHT_FORMATS_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/safetensors.hpp>
#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/precision.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// How a network holds its weights.
struct WeightOptions {
  /// Keep weights packed for the next pass.
  bool keep_packed = true;
  Precision precision = Precision::float32;
  /// Layers that multiply in float in every precision, by name: `*` is any text.
  std::vector<std::string> float_layers;
};

/// Whether `text` is what `pattern` says, in which `*` is any text.
inline bool matches(std::string_view pattern, std::string_view text) noexcept {
  // Where the last `*` was, and how much of the text it takes so far.
  std::size_t star = std::string_view::npos, taken = 0;
  std::size_t p = 0, t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Chooses the format of each linear layer by the precision that is asked for, what the file has
/// and what the processor can. For a network in float; one in double holds all weights as doubles.
class WeightFormats {
 public:
  explicit WeightFormats(WeightOptions options)
      : options_(std::move(options)), matched_(options_.float_layers.size(), false) {}

  /// Of a layer that multiplies in the type of the network: as the file has it where that takes two
  /// bytes, the sums being the same. No tensors where the weights are not as in the file.
  static kernels::WeightFormat stored(const std::vector<const TensorInfo*>& tensors) {
    if (tensors.empty()) return kernels::WeightFormat::native;
    const DType type = tensors.front()->dtype;
    for (const TensorInfo* const tensor : tensors) {
      if (tensor->dtype != type) return kernels::WeightFormat::native;
    }
    return type == DType::f16    ? available(kernels::WeightFormat::float16)
           : type == DType::bf16 ? available(kernels::WeightFormat::bfloat16)
                                 : kernels::WeightFormat::native;
  }

  /// Of a layer of the blocks, `blocks.I.attn.qkv`, `attn.proj`, `mlp.fc1` or `mlp.fc2`, of a
  /// convolution of a head, or of `patch_embed.proj`, which is never int8.
  kernels::WeightFormat of(std::string_view layer, const std::vector<const TensorInfo*>& tensors) {
    bool is_float = options_.precision == Precision::float32;
    for (std::size_t i = 0; i < matched_.size(); ++i) {
      if (!matches(options_.float_layers[i], layer)) continue;
      matched_[i] = true;
      is_float = true;
    }
    if (layers_.empty() || layers_.back() != layer) layers_.emplace_back(layer);
    const bool is_int8 = options_.precision == Precision::int8;
    if (is_float || (is_int8 && layer == "patch_embed.proj")) return stored(tensors);
    if (is_int8) return kernels::WeightFormat::int8;
    const auto pairs = available(kernels::WeightFormat::bfloat16_pairs);
    return pairs != kernels::WeightFormat::native ? pairs
                                                  : available(kernels::WeightFormat::bfloat16);
  }

  /// The layers that `of` was called for, in that order; once each where branches share a name.
  const std::vector<std::string>& layers() const noexcept { return layers_; }

  /// Throws `ConfigError` where a pattern has matched no layer.
  void check_used() const {
    for (std::size_t i = 0; i < matched_.size(); ++i) {
      if (matched_[i]) continue;
      raise<ConfigError>(
          {"float layers: expected the name of a layer (patch_embed.proj, "
           "blocks.0.attn.qkv, blocks.*.mlp.fc2, ...), found '",
           options_.float_layers[i], "'"});
    }
  }

 private:
  static kernels::WeightFormat available(kernels::WeightFormat format) {
    return kernels::active_kernels().has(format) ? format : kernels::WeightFormat::native;
  }

  WeightOptions options_;
  std::vector<bool> matched_;  ///< of `float_layers`
  std::vector<std::string> layers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
