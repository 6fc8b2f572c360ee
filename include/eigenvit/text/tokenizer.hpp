/// From texts to the numbers that a text tower reads.
#ifndef EIGENVIT_TEXT_TOKENIZER_HPP
#define EIGENVIT_TEXT_TOKENIZER_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

namespace detail {
class TextBudget;
struct TokenizerParts;
}  // namespace detail

/// Choices about how texts become tokens.
struct TokenizerOptions {
  /// Tokens of a text at most, special ones included, and of each text of a batch. Otherwise what
  /// the folder states; 0: as many as the text has.
  std::optional<std::size_t> context_length;
  /// Rows of the network's table of tokens. Where it is given, merges of OpenCLIP's SimpleTokenizer
  /// that make another number of ids are refused, unless they are all of the published ones: a file
  /// that is cut short would give other ids.
  std::optional<std::int32_t> vocabulary;
  /// The language of texts, "fra_Latn" say, for a tokenizer that puts a token of it around them
  /// (transformers' NllbTokenizer); empty: the one that the folder states.
  std::string language;
};

/// The tokens of some texts, all of one length.
struct TokenBatch {
  std::size_t count = 0;           ///< B, texts
  std::size_t length = 0;          ///< L, tokens of each
  std::vector<std::int32_t> ids;   ///< `[B, L]`
  std::vector<std::uint8_t> mask;  ///< `[B, L]`: 1 for tokens of the text, 0 for what fills it up
};

/// A tokenizer as its folder states it: normalisation, splitting, byte-pair encoding, unigram model
/// or WordPiece, special tokens, context length and padding.
///
///     const auto tokenizer = eigenvit::Tokenizer::open("clip-vit-base-patch32");
///     const std::vector<std::int32_t> ids = tokenizer.encode("a photo of a cat");
///     const eigenvit::TokenBatch batch = tokenizer.encode_batch({"a cat", "a dog on a beach"});
///
/// Ids are those of Python's `tokenizers`, for SigLIP's `spiece.model` those of transformers'
/// SiglipTokenizer, for OpenCLIP's vocabulary those of its SimpleTokenizer, which cleans texts.
/// Characters that are newer than the Unicode tables of either side may be split differently.
///
/// Immutable: any number of threads may share one. Copies share their tables.
class Tokenizer {
 public:
  /// Reads a folder's `tokenizer.json`, else `vocab.json` and `merges.txt` (CLIP, RoBERTa), else
  /// `spiece.model` (SigLIP, mT5) or `sentencepiece.bpe.model` (XLM-RoBERTa, NLLB), else
  /// `vocab.txt` (BERT), else `bpe_simple_vocab_16e6.txt` (OpenCLIP), with what
  /// `tokenizer_config.json` and `config.json` say of classes, special tokens, lengths, padding and
  /// small letters. An `open_clip_config.json` without a `config.json` chooses as OpenCLIP does.
  /// Throws FileError when there is none of these, FormatError and ConfigError when one is damaged
  /// or contradicts itself or the vocabulary lacks the language, UnsupportedError when it names a
  /// part that the library lacks or a language is asked for where there are none.
  static Tokenizer open(const std::filesystem::path& folder, const TokenizerOptions& options = {});

  /// The same of a `tokenizer.json` in memory, which states no languages.
  static Tokenizer from_json(std::string_view tokenizer_json, const TokenizerOptions& options = {});

  /// The tokens of a text, special ones included, cut to the context length: as Python's
  /// `tokenizer(text, truncation=True)`. Throws FormatError when the text is not valid UTF-8 or is
  /// longer than 16 MiB, UnsupportedError when the folder's normalisation makes it much longer or a
  /// pattern of the folder takes too many steps. Cost: `n log n` in the text.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// The same for texts, each filled up to the context length, or where there is none to the
  /// longest text: as Python's `tokenizer(texts, truncation=True, padding="max_length")`. Throws
  /// FormatError, which names the text by its number, as `encode` does, and for a text that has no
  /// token at all.
  TokenBatch encode_batch(const std::vector<std::string>& texts) const;

  /// L of a batch; 0 where it depends on its texts.
  std::size_t context_length() const noexcept;
  /// Whether texts of a batch are filled up on their left.
  bool pads_left() const noexcept;
  /// What texts are filled up with.
  std::int32_t pad_id() const noexcept;
  /// One more than the greatest id that `encode` can give: the rows that an embedding table must
  /// have at least.
  std::int32_t vocabulary_size() const noexcept { return vocabulary_size_; }
  /// The id of a token by its text in the vocabulary; none where it has no such token.
  std::optional<std::int32_t> token_id(std::string_view token) const;

 private:
  /// `rows`: as `TokenizerOptions::vocabulary`.
  Tokenizer(detail::TokenizerParts parts, std::optional<std::int32_t> rows);

  /// The tokens of a text between those that are put around it.
  void encode_text(std::string_view text, std::vector<std::int32_t>& ids,
                   detail::TextBudget& budget) const;

  /// The same as SiglipTokenizer does it.
  void encode_siglip(std::string_view text, std::vector<std::int32_t>& ids,
                     detail::TextBudget& budget) const;

  struct Tables;
  std::shared_ptr<const Tables> tables_;
  std::int32_t vocabulary_size_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/tokenizer.inl>
#endif

#endif
