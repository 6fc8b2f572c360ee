/// Models of SentencePiece: `spiece.model` and `sentencepiece.bpe.model`.
#ifndef EIGENVIT_TEXT_SENTENCE_PIECE_HPP
#define EIGENVIT_TEXT_SENTENCE_PIECE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/character_map.hpp>
#include <eigenvit/text/token_trie.hpp>
#include <eigenvit/text/unigram.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// How SentencePiece prepares a text.
struct SentencePieceOptions {
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};

/// Kinds of models, by the numbers that files have for them.
enum class SentencePieceType : std::uint64_t { unigram = 1, byte_pairs = 2 };

/// What a model file holds.
struct SentencePieceFile {
  std::vector<UnigramToken> tokens;
  std::vector<TokenId> symbols;  ///< control symbols, and those that users defined
  TokenId unk = 0;
  bool byte_fallback = false;
  std::string character_map;
  SentencePieceOptions options;
};

/// Reads a file in the format of protocol buffers. Throws FormatError when it is damaged and
/// UnsupportedError when the model is of another type; `place` begins the messages.
SentencePieceFile read_sentence_piece(std::string_view bytes, std::string_view place,
                                      SentencePieceType type = SentencePieceType::unigram);

/// A unigram model with its own normalisation, as the sentencepiece library runs it. Source: Kudo
/// and Richardson, arXiv:1808.06226.
class SentencePiece {
 public:
  SentencePiece(SentencePieceFile file, std::string_view place);

  const TokenTable& tokens() const noexcept { return model_.tokens(); }

  /// Puts a text before all others and drops as many tokens as it has by itself: transformers does
  /// so with `<unk>` to keep the space at the beginning of a text.
  void set_hidden_prefix(std::string text);

  /// Appends the tokens of valid UTF-8. Throws UnsupportedError when its normalisation adds more
  /// than is left of the budget.
  void encode(std::string_view text, std::vector<TokenId>& ids, TextBudget& budget) const;

  std::string normalize(std::string_view text, TextBudget& budget) const;

 private:
  struct Prefix {
    std::size_t length;     ///< bytes of the text
    std::string_view text;  ///< what they become
  };

  Prefix normalize_prefix(std::string_view text, TextBudget& budget) const;

  std::string place_;
  SentencePieceOptions options_;
  CharacterMap map_;
  TokenTrie user_defined_;
  Unigram model_;
  std::string hidden_prefix_;
  std::size_t hidden_tokens_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/sentence_piece.inl>
#endif

#endif
