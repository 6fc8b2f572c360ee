#ifndef EIGENVIT_IO_TEXT_EMBEDDINGS_INL
#define EIGENVIT_IO_TEXT_EMBEDDINGS_INL

#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text_embeddings.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE TextEmbeddings read_text_embeddings(const std::filesystem::path& path) {
  const TensorStore store = TensorStore::open_file(path);
  const TensorInfo& info = store.at("text_embeds");
  TextEmbeddings texts;
  texts.source = store.source();
  if (info.shape.size() != 2 || info.element_count() == 0) {
    detail::raise<FormatError>(
        {texts.source, ": tensor 'text_embeds': expected [C, D], found ", info.description()});
  }
  const auto metadata = store.metadata();
  const auto found = metadata.find("names");
  if (found == metadata.end()) {
    detail::raise<FormatError>(
        {texts.source, ": expected a JSON list of texts as 'names' in __metadata__, found none"});
  }
  const std::string names_source = texts.source + ": __metadata__ 'names'";
  constexpr std::size_t most_bytes = std::size_t{64} << 20;
  const detail::JsonDocument document = detail::parse_json(found->second, names_source, most_bytes);
  const nlohmann::json& names = *document;
  if (!names.is_array()) {
    detail::raise<FormatError>(
        {names_source, ": expected a JSON list of strings, found ", detail::json_text(names)});
  }
  for (const nlohmann::json& name : names) {
    const std::string* const text = name.get_ptr<const nlohmann::json::string_t*>();
    if (text == nullptr) {
      detail::raise<FormatError>({names_source, ": expected a list of strings, found ",
                                  detail::json_text(name), " in it"});
    }
    texts.names.push_back(*text);
  }
  if (texts.names.size() != info.shape[0]) {
    detail::raise<ShapeError>({names_source, ": expected ", info.shape[0],
                               " names, one for each row of 'text_embeds', found ",
                               texts.names.size()});
  }
  const auto number = [&](const char* key, std::optional<double>& into) {
    const auto entry = metadata.find(key);
    if (entry == metadata.end()) return;
    const std::string source = detail::message({texts.source, ": __metadata__ '", key, "'"});
    const detail::JsonDocument value = detail::parse_json(entry->second, source);
    into = detail::json_number(*value);
    if (!into) {
      detail::raise<FormatError>(
          {source, ": expected a number, found ", detail::json_text(*value)});
    }
  };
  number("logit_scale", texts.logits.log_scale);
  number("logit_bias", texts.logits.bias);
  texts.vectors.resize(static_cast<Index>(info.shape[0]), static_cast<Index>(info.shape[1]));
  store.read(info, texts.vectors.data());
  return texts;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
