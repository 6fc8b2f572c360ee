/// How a text is split before a model sees it.
#ifndef EIGENVIT_TEXT_PRE_TOKENIZER_HPP
#define EIGENVIT_TEXT_PRE_TOKENIZER_HPP

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/text_budget.hpp>
#include <eigenvit/text/text_pattern.hpp>
#include <eigenvit/text/text_pieces.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// The steps, each of which splits every piece further.

struct PatternSplit {
  TextPattern pattern;
  SplitBehavior behavior;
  bool invert;
};

/// Splits at single characters.
struct CharacterSplit {
  enum class Kind { white_space, punctuation, numeric, delimiter };

  Kind kind;
  SplitBehavior behavior;
  CodePoint delimiter = 0;
};

/// Keeps words and what is between them, without white space.
struct WordSplit {};

/// Puts a space before each piece that does not begin with one.
struct PrefixSpace {};

/// Spells bytes as characters.
struct ByteLevelSplit {};

/// Writes spaces as another character, puts one before pieces, and splits before each.
struct MetaspaceSplit {
  enum class Prepend { always, first, never };

  std::string replacement;
  Prepend prepend;
  bool split;
};

using PreTokenizerStep = std::variant<PatternSplit, CharacterSplit, WordSplit, PrefixSpace,
                                      ByteLevelSplit, MetaspaceSplit>;

/// Steps in a row.
class PreTokenizer {
 public:
  void add(PreTokenizerStep step) { steps_.push_back(std::move(step)); }

  std::size_t size() const noexcept { return steps_.size(); }

  /// Throws UnsupportedError when it takes more than is left of the budget.
  void apply(TextPieces& pieces, TextBudget& budget) const;

 private:
  std::vector<PreTokenizerStep> steps_;
};

/// The words of GPT-2, most with the space before them. `place` begins messages.
inline PatternSplit gpt2_split(const std::string& place) {
  return {TextPattern(Regex(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+)"
                            R"(|\s+(?!\S)|\s+)",
                            place)),
          SplitBehavior::isolated, false};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/pre_tokenizer.inl>
#endif

#endif
