/// What configurations call the classes, in the forms that they have it, and how they score them.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_CLASS_LABELS_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_CLASS_LABELS_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/json_reader.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Labels by their class.
using LabelMap = std::map<std::size_t, std::string>;

/// A label as Python prints it, and several names of one class with commas between them; nothing
/// for null and for objects.
inline std::optional<std::string> label_text(const nlohmann::json& value) {
  if (const auto* const text = value.get_ptr<const nlohmann::json::string_t*>()) return *text;
  if (const auto* const truth = value.get_ptr<const nlohmann::json::boolean_t*>()) {
    return *truth ? "True" : "False";
  }
  if (value.is_number()) return json_text(value);
  const auto* const names = value.get_ptr<const nlohmann::json::array_t*>();
  if (names == nullptr) return std::nullopt;
  std::string all;
  for (const nlohmann::json& name : *names) {
    const auto* const text = name.get_ptr<const nlohmann::json::string_t*>();
    if (text == nullptr) return std::nullopt;
    all += message({all.empty() ? "" : ", ", *text});
  }
  if (all.empty()) return std::nullopt;
  return all;
}

/// The class that a key names, as Python's `int` reads it; nothing for another text.
inline std::optional<std::size_t> label_index(std::string_view key) {
  constexpr std::string_view spaces = " \t\n\r\f\v";
  key.remove_prefix(std::min(key.find_first_not_of(spaces), key.size()));
  key = key.substr(0, key.find_last_not_of(spaces) + 1);
  if (!key.empty() && key.front() == '+') key.remove_prefix(1);
  constexpr std::size_t most = std::size_t{1} << 24;
  if (key.empty()) return std::nullopt;
  std::size_t index = 0;
  for (const char digit : key) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = 10 * index + static_cast<std::size_t>(digit - '0');
    if (index > most) return std::nullopt;
  }
  return index;
}

/// The labels of an array, or of an object whose keys are classes.
inline LabelMap read_label_map(const nlohmann::json& value) {
  LabelMap labels;
  const auto add = [&](std::size_t index, const nlohmann::json& label) {
    if (std::optional<std::string> text = label_text(label)) labels[index] = std::move(*text);
  };
  if (const auto* const items = value.get_ptr<const nlohmann::json::array_t*>()) {
    for (std::size_t i = 0; i < items->size(); ++i) add(i, (*items)[i]);
  } else if (const auto* const members = value.get_ptr<const nlohmann::json::object_t*>()) {
    for (const auto& [key, label] : *members) {
      if (const std::optional<std::size_t> index = label_index(key)) add(*index, label);
    }
  }
  return labels;
}

/// One label for each class: its index where there is none. Says in the checkpoint's notes how many
/// classes have none.
inline std::vector<std::string> label_all(const LabelMap& labels, std::size_t classes,
                                          const std::string& place, Checkpoint& checkpoint) {
  std::vector<std::string> all(classes);
  std::size_t missing = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    const auto found = labels.find(i);
    if (found == labels.end()) ++missing;
    all[i] = found == labels.end() ? message({i}) : found->second;
  }
  if (missing > 0) {
    checkpoint.notes.push_back(
        message({place, ": no label for ", missing, " of ", classes, " classes"}));
  }
  return all;
}

/// As above where as many labels are given as there are classes; else labels of other classes would
/// be printed, and the indices are.
inline std::vector<std::string> label_all_or_none(const nlohmann::json& given, std::size_t classes,
                                                  const std::string& place,
                                                  Checkpoint& checkpoint) {
  const std::size_t count = given.is_array() || given.is_object() ? given.size() : 0;
  if (count == classes) return label_all(read_label_map(given), classes, place, checkpoint);
  checkpoint.notes.push_back(
      message({place, ": ", count, " labels for ", classes, " classes: not used"}));
  std::vector<std::string> indices(classes);
  for (std::size_t i = 0; i < classes; ++i) indices[i] = message({i});
  return indices;
}

/// The rows of a classifier's weight, which is a matrix `[C, D]` or that of a convolution `[C, D,
/// h, w]`; nothing where there is none, where it has another number of dimensions, and where it has
/// more rows than bytes or than classes are allowed.
inline std::optional<Index> classifier_rows(const TensorInfo* weight) {
  if (weight == nullptr || (weight->shape.size() != 2 && weight->shape.size() != 4)) {
    return std::nullopt;
  }
  const std::uint64_t rows = weight->shape[0];
  if (rows > weight->bytes || rows > 1U << 24) return std::nullopt;
  return static_cast<Index>(rows);
}

/// Whether all labels are those that transformers makes up: `LABEL_0`, `LABEL_1`, ...
inline bool are_placeholders(const std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != message({"LABEL_", i})) return false;
  }
  return true;
}

/// `id2label`: used where it has as many labels as the classifier has classes, as transformers
/// replaces it where `num_labels` is another number. Empty where it is absent, or when a model of
/// ImageNet's 1000 classes has only placeholders.
inline std::vector<std::string> transformers_labels(const JsonObject& json, std::size_t classes,
                                                    Checkpoint& checkpoint) {
  const nlohmann::json* const given = json.find("id2label");
  if (given == nullptr) return {};
  std::vector<std::string> labels =
      label_all_or_none(*given, classes, json.place("id2label"), checkpoint);
  if (classes == 1000 && are_placeholders(labels)) return {};
  return labels;
}

/// The first of the configurations that has one of the keys, and that key.
struct FoundLabels {
  const JsonObject* holder = nullptr;
  const char* key = nullptr;
};

/// timm's `label_names`, formerly `labels`, each replaced by its entry in `label_descriptions`
/// where there is one; either is in the configuration or in its pretrained part. They may leave
/// classes out, and name more than there are.
/// Source: timm, models/_hub.py and data/dataset_info.py.
inline std::vector<std::string> timm_labels(const JsonObject& config, const JsonObject& pretrained,
                                            std::size_t classes, Checkpoint& checkpoint) {
  FoundLabels found;
  for (const char* const key : {"label_names", "labels"}) {
    for (const JsonObject* const holder : {&config, &pretrained}) {
      const nlohmann::json* const value = holder->find(key);
      if (found.key == nullptr && value != nullptr && !value->empty()) found = {holder, key};
    }
  }
  if (found.key == nullptr) return {};
  const std::string place = found.holder->place(found.key);
  const nlohmann::json& given = found.holder->required(found.key);
  const LabelMap map = read_label_map(given);
  std::vector<std::string> labels = label_all(map, classes, place, checkpoint);
  if (!map.empty() && map.rbegin()->first >= classes) {
    checkpoint.notes.push_back(message({place, ": labels of more than ", classes, " classes"}));
  }
  const JsonObject& describer = config.has("label_descriptions") ? config : pretrained;
  const nlohmann::json* const descriptions = describer.find("label_descriptions");
  for (std::string& label : labels) {
    const std::string* const text =
        descriptions == nullptr ? nullptr : json_string(*descriptions, label);
    if (text != nullptr) label = *text;
  }
  return labels;
}

/// `problem_type` decides, then the number of classes. One that transformers does not know decides
/// nothing; the checkpoint's notes say so.
/// Source: transformers 5.24, pipelines/image_classification.py.
inline ClassScores class_scores(const JsonObject& json, Index classes, Checkpoint& checkpoint) {
  if (const nlohmann::json* const given = json.find("problem_type")) {
    const auto* const text = given->get_ptr<const nlohmann::json::string_t*>();
    const std::string_view type = text == nullptr ? std::string_view() : std::string_view(*text);
    if (type == "regression") return ClassScores::none;
    if (type == "multi_label_classification") return ClassScores::sigmoid;
    if (type != "single_label_classification") {
      checkpoint.notes.push_back(message(
          {json.place("problem_type"), ": ", json_text(*given), " is not known: not used"}));
    }
  }
  return classes == 1 ? ClassScores::sigmoid : ClassScores::softmax;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
