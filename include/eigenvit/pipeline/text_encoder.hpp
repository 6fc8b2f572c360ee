/// Texts as the vectors that are compared with those of images.
#ifndef EIGENVIT_PIPELINE_TEXT_ENCODER_HPP
#define EIGENVIT_PIPELINE_TEXT_ENCODER_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/io/text_embeddings.hpp>
#include <eigenvit/io/text_folder.hpp>
#include <eigenvit/model/text_transformer.hpp>
#include <eigenvit/text/tokenizer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Choices about how a network of texts is read and run.
struct TextEncoderOptions : TextOptions {
  Index batch_size = 16;  ///< texts of one pass
  std::string language;   ///< of the texts: as `TokenizerOptions::language`
};

/// Vectors of some texts, and what making them takes; used again and again.
struct TextVectors {
  Matrix<float> vectors;     ///< `[N, E]`, of length 1
  TextOutput<float> output;  ///< of the last pass
};

/// The side of texts of a model of images and texts: tokenizer and network. Immutable: any number
/// of threads may use one at the same time. Every call runs on the calling thread unless it is
/// given an executor, and allocates its scratch unless it is lent a workspace.
///
///     const auto texts = eigenvit::TextEncoder::open("clip-vit-base-patch32");
///     const eigenvit::Matrix<float> vectors = texts.embed({"a cat", "a dog on a beach"});
///
///     const auto classes = texts.classes({"cat", "dog"}, {"a photo of a {}"});
///     const eigenvit::ZeroShot zero_shot(model, classes);
///
/// Vectors are the model's `get_text_features`, scaled to length 1, of texts that its tokenizer
/// cuts and fills up to the context length. The bits of a vector in float32 do not depend on the
/// other texts, the threads or the executor. Cost of a text: `TextConfig::flops`; many texts go
/// through the network batch by batch, in the memory that one takes.
///
/// Source: Radford et al., arXiv:2103.00020; Zhai et al., arXiv:2303.15343.
class TextEncoder {
 public:
  /// Reads a model folder. Throws as `TextFolder::open`, `TextFolder::read_network` and
  /// `Tokenizer::open`, and `ConfigError` when the tokenizer gives ids that the network's table of
  /// tokens does not have, or the batch size is not positive; `UnsupportedError` when the tokenizer
  /// fills texts up on the left, and the network is causal or masks only the end of a text.
  static TextEncoder open(const std::filesystem::path& folder,
                          const TextEncoderOptions& options = {});

  /// What was read of the folder: family, configuration, scale and bias.
  const TextCheckpoint& checkpoint() const noexcept { return checkpoint_; }
  const Tokenizer& tokenizer() const noexcept { return tokenizer_; }
  const TextTransformer<float>& network() const noexcept { return network_; }
  Index width() const noexcept { return network_.config().embeds_width(); }  ///< E

  /// The tokens `[N, T]` of texts. Throws `FormatError`, which names the text by its number, for
  /// one of white space alone or that is not valid UTF-8, and when there is no text.
  TokenBatch tokenize(const std::vector<std::string>& texts) const;

  /// The vectors `[N, E]` of texts, of length 1. Throws as `tokenize`, and `ConfigError` for a
  /// vector that has no direction, as weights that are not finite make them.
  Matrix<float> embed(const std::vector<std::string>& texts, Executor* executor = nullptr,
                      Workspace* workspace = nullptr) const;

  /// The same of tokens, into a result that is used again: after the first call with as many texts,
  /// with the same executor and workspace, nothing is allocated. Throws `ShapeError` when there is
  /// no text, texts are longer than the context length or there are not `N T` ids, `ConfigError`
  /// for ids that the network's table does not have, and as above.
  void embed(const TokenBatch& tokens, TextVectors& into, Executor* executor = nullptr,
             Workspace* workspace = nullptr) const;

  /// Classes for `ZeroShot`: each label put into each template in place of `{}`; the vector of a
  /// class is the mean of the vectors of its texts, scaled to length 1, as in CLIP's evaluation.
  /// Throws `ConfigError` when there is no label or no template, and for a template without one
  /// `{}`; `FormatError` for a label of white space alone; and as `embed`.
  TextEmbeddings classes(const std::vector<std::string>& labels,
                         const std::vector<std::string>& templates = {"{}"},
                         Executor* executor = nullptr, Workspace* workspace = nullptr) const;

 private:
  TextEncoder(TextCheckpoint checkpoint, Tokenizer tokenizer, TextTransformer<float> network,
              Index batch_size, std::string source);

  TextCheckpoint checkpoint_;
  Tokenizer tokenizer_;
  TextTransformer<float> network_;
  Index batch_size_;
  std::string source_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/pipeline/text_encoder.inl>
#endif

#endif
