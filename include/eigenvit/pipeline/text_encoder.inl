#ifndef EIGENVIT_PIPELINE_TEXT_ENCODER_INL
#define EIGENVIT_PIPELINE_TEXT_ENCODER_INL

#include <algorithm>
#include <string_view>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/model/unit_length.hpp>
#include <eigenvit/pipeline/text_encoder.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The folder's tokenizer, for texts of the network's length at most. One that states no length of
/// its own, or a longer one, fills texts up to the network's: SigLIP's reads the last token.
inline Tokenizer tokenizer_for(const std::filesystem::path& folder, const TextConfig& config,
                               const std::string& language) {
  TokenizerOptions options;
  options.language = language;
  options.vocabulary = static_cast<std::int32_t>(config.vocabulary);
  Tokenizer tokenizer = Tokenizer::open(folder, options);
  const auto most = static_cast<std::size_t>(config.context_length);
  if (tokenizer.context_length() == 0 || tokenizer.context_length() > most) {
    options.context_length = most;
    tokenizer = Tokenizer::open(folder, options);
  }
  return tokenizer;
}

/// Throws `UnsupportedError` where tokens would attend to what fills texts up before them: Python
/// masks it. Networks without a mask see it in Python too, and those whose mask is of ids find it.
inline void check_padding_side(const TextConfig& config, const Tokenizer& tokenizer,
                               const std::string& source) {
  const bool masks_end = config.masks_padding && !config.masks_inner_padding;
  if (!tokenizer.pads_left() || !(config.causal || masks_end)) return;
  raise<UnsupportedError>(
      {source, ": expected a tokenizer that fills texts up on the right, for a ", "network that ",
       config.causal ? "is causal" : "masks their end alone", ", found padding_side 'left'"});
}

/// The text of a class.
inline std::string fill_template(std::string_view pattern, std::string_view label) {
  const std::size_t place = pattern.find("{}");
  return message({pattern.substr(0, place), label, pattern.substr(place + 2)});
}

inline void check_templates(const std::vector<std::string>& templates) {
  if (templates.empty()) raise<ConfigError>({"templates: expected at least one, found none"});
  for (const std::string& pattern : templates) {
    const std::size_t place = pattern.find("{}");
    if (place == std::string::npos || pattern.find("{}", place + 2) != std::string::npos) {
      raise<ConfigError>({"template ", Quoted{pattern},
                          ": expected one {}, where the label goes, found ",
                          place == std::string::npos ? "none" : "more"});
    }
  }
}

/// Throws `FormatError` for a text of white space alone, which is `what` number `number`.
inline void check_has_word(const char* what, std::size_t number, const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") != std::string::npos) return;
  raise<FormatError>({what, " ", number, ": expected a word, found an empty text"});
}

/// Throws `ConfigError` unless all rows, of length 1, are finite: scaling one of zeros is not.
inline void check_directions(const Matrix<float>& rows, std::string_view source) {
  for (Index i = 0; i < rows.rows(); ++i) {
    const float* const row = rows.data() + i * rows.cols();
    if (std::all_of(row, row + rows.cols(), [](float value) { return is_finite(value); })) continue;
    raise<ConfigError>({source, ": expected a vector with a direction, found text ", i + 1,
                        " with one of zeros or of values that are not finite"});
  }
}

}  // namespace detail

EIGENVIT_INLINE TextEncoder::TextEncoder(TextCheckpoint checkpoint, Tokenizer tokenizer,
                                         TextTransformer<float> network, Index batch_size,
                                         std::string source)
    : checkpoint_(std::move(checkpoint)),
      tokenizer_(std::move(tokenizer)),
      network_(std::move(network)),
      batch_size_(batch_size),
      source_(std::move(source)) {
  if (batch_size_ < 1) {
    detail::raise<ConfigError>(
        {"text encoder: expected a batch size of at least 1, found ", batch_size_});
  }
  detail::check_padding_side(network_.config(), tokenizer_, source_);
  const Index vocabulary = network_.config().vocabulary;
  if (tokenizer_.vocabulary_size() > vocabulary) {
    detail::raise<ConfigError>({source_, ": expected a tokenizer of ids below ", vocabulary,
                                ", the vocab_size of its configuration, found one with ids up to ",
                                tokenizer_.vocabulary_size() - 1});
  }
}

EIGENVIT_INLINE TextEncoder TextEncoder::open(const std::filesystem::path& folder,
                                              const TextEncoderOptions& options) {
  const TextFolder opened = TextFolder::open(folder, options);
  Tokenizer tokenizer = detail::tokenizer_for(folder, opened.checkpoint().config, options.language);
  return TextEncoder(opened.checkpoint(), std::move(tokenizer), opened.read_network<float>(),
                     options.batch_size, detail::path_text(folder));
}

EIGENVIT_INLINE TokenBatch TextEncoder::tokenize(const std::vector<std::string>& texts) const {
  if (texts.empty()) detail::raise<FormatError>({"texts: expected at least one, found none"});
  for (std::size_t i = 0; i < texts.size(); ++i) detail::check_has_word("text", i + 1, texts[i]);
  return tokenizer_.encode_batch(texts);
}

EIGENVIT_INLINE Matrix<float> TextEncoder::embed(const std::vector<std::string>& texts,
                                                 Executor* executor, Workspace* workspace) const {
  TextVectors into;
  embed(tokenize(texts), into, executor, workspace);
  return std::move(into.vectors);
}

EIGENVIT_INLINE void TextEncoder::embed(const TokenBatch& tokens, TextVectors& into,
                                        Executor* executor, Workspace* workspace) const {
  Workspace own;
  Workspace& memory = workspace ? *workspace : own;
  TextTaps taps;
  taps.text_embeds = true;
  const auto count = static_cast<Index>(tokens.count);
  const auto length = static_cast<Index>(tokens.length);
  if (count == 0) detail::raise<ShapeError>({"tokens: expected at least 1 text, found 0"});
  // As a quotient: the product of two numbers of the caller may be too great.
  if (tokens.length == 0 || tokens.ids.size() % tokens.length != 0 ||
      tokens.ids.size() / tokens.length != tokens.count) {
    detail::raise<ShapeError>({"tokens: expected ", tokens.count, " texts of ", tokens.length,
                               " ids, found ", tokens.ids.size(), " ids"});
  }
  into.vectors.resize(count, width());
  for (Index first = 0; first < count; first += batch_size_) {
    const TextTokens some{tokens.ids.data() + first * length, std::min(batch_size_, count - first),
                          length};
    network_.forward(some, taps, into.output, executor, &memory);
    std::copy_n(into.output.text_embeds.data(), some.texts * width(),
                into.vectors.data() + first * width());
  }
  if (!network_.config().normalize_embeds) {
    detail::scale_to_unit_length(into.vectors.data(), count, width());
  }
  detail::check_directions(into.vectors, source_);
}

EIGENVIT_INLINE TextEmbeddings TextEncoder::classes(const std::vector<std::string>& labels,
                                                    const std::vector<std::string>& templates,
                                                    Executor* executor,
                                                    Workspace* workspace) const {
  if (labels.empty()) detail::raise<ConfigError>({"labels: expected at least one, found none"});
  detail::check_templates(templates);
  std::vector<std::string> texts;
  texts.reserve(labels.size() * templates.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    detail::check_has_word("label", i + 1, labels[i]);
    for (const std::string& pattern : templates) {
      texts.push_back(detail::fill_template(pattern, labels[i]));
    }
  }
  const Matrix<float> vectors = embed(texts, executor, workspace);
  TextEmbeddings classes;
  classes.names = labels;
  classes.logits = checkpoint_.contrastive;
  classes.source = source_;
  const auto each = static_cast<Index>(templates.size());
  classes.vectors.resize(static_cast<Index>(labels.size()), width());
  for (Index i = 0; i < classes.vectors.rows(); ++i) {
    classes.vectors.row(i) = vectors.middleRows(i * each, each).colwise().mean();
  }
  detail::scale_to_unit_length(classes.vectors.data(), classes.vectors.rows(), width());
  detail::check_directions(classes.vectors, source_);
  return classes;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
