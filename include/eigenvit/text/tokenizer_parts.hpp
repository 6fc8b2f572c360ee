/// What a tokenizer is made of.
#ifndef EIGENVIT_TEXT_TOKENIZER_PARTS_HPP
#define EIGENVIT_TEXT_TOKENIZER_PARTS_HPP

#include <string>
#include <variant>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/added_tokens.hpp>
#include <eigenvit/text/byte_pair_encoding.hpp>
#include <eigenvit/text/normalizer.hpp>
#include <eigenvit/text/pre_tokenizer.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/token_layout.hpp>
#include <eigenvit/text/unigram.hpp>
#include <eigenvit/text/word_piece.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

using TokenModel = std::variant<BytePairEncoding, Unigram, WordPiece, SentencePiece>;

/// The steps from a text to its tokens, in their order.
struct TokenizerParts {
  std::string source;  ///< the file, for messages
  std::vector<AddedToken> added;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  TokenModel model;
  TokenLayout layout;
  Normalizer cleaning = {};  ///< of the whole text, before added tokens are looked for
  /// SiglipTokenizer's way to keep a space at the beginning: each `\u2581` of a text is written as
  /// a space, one is put before it, and taken off again where an added token follows.
  bool begin_with_meta_space = false;
  /// The ids follow from a file of merges that is none of the published one's length: the network
  /// tells whether it is whole.
  bool has_own_merges = false;

  const TokenTable& tokens() const {
    return std::visit([](const auto& one) -> const TokenTable& { return one.tokens(); }, model);
  }
  /// The id of an added token, else of the model's; `no_token` for others.
  TokenId find(std::string_view token) const {
    for (const AddedToken& one : added) {
      if (one.content == token) return one.id;
    }
    return tokens().find(token);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
