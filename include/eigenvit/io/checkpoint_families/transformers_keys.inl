/// What all model classes of transformers share, of images and of texts.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_KEYS_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_KEYS_INL

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/kernels/activation.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether a config.json, which may hold anything, states that `model_type`.
inline bool has_model_type(const nlohmann::json& config, const char* name) {
  const std::string* const found = json_string(config, "model_type");
  return found != nullptr && *found == name;
}

/// An activation by the name that transformers' `ACT2FN` has for it.
inline Activation transformers_activation(const JsonObject& config, const char* key,
                                          const char* fallback) {
  struct Named {
    std::string_view name;
    Activation activation;
  };
  static constexpr Named known[] = {
      {"gelu", Activation::gelu},          {"gelu_fast", Activation::gelu_tanh},
      {"gelu_new", Activation::gelu_tanh}, {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"linear", Activation::none},        {"quick_gelu", Activation::quick_gelu},
      {"relu", Activation::relu},          {"silu", Activation::silu},
      {"swish", Activation::silu},         {"tanh", Activation::tanh},
  };
  const std::string name = config.string_or(key, fallback);
  std::string supported;
  for (const Named& entry : known) {
    if (entry.name == name) return entry.activation;
    supported += message({supported.empty() ? "" : ", ", entry.name});
  }
  raise<UnsupportedError>(
      {config.place(key), ": expected one of ", supported, ", found ", Quoted{name}});
}

/// `backbone` where the tensor is in the file with that before its name and not without.
inline const char* transformers_prefix(const TensorStore& tensors, const char* backbone,
                                       const char* tensor) {
  const bool prefixed =
      tensors.find(tensor) == nullptr && tensors.find(message({backbone, tensor})) != nullptr;
  return prefixed ? backbone : "";
}

/// The name of the model class.
inline std::string transformers_architecture(const JsonObject& json, const char* fallback) {
  if (!json.has("architectures")) return fallback;
  const std::vector<std::string> names = json.strings("architectures");
  return names.empty() ? fallback : names.front();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
