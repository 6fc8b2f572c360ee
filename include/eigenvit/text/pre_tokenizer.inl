#ifndef EIGENVIT_TEXT_PRE_TOKENIZER_INL
#define EIGENVIT_TEXT_PRE_TOKENIZER_INL

#include <string_view>

#include <eigenvit/text/byte_characters.hpp>
#include <eigenvit/text/pre_tokenizer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Applies one step.
struct PreTokenizerVisitor {
  TextPieces& pieces;
  TextBudget& budget;

  void operator()(const PatternSplit& step) {
    split(step.behavior, step.invert, [&](std::string_view text, PieceCutter& cutter) {
      step.pattern.for_each_match(text, budget.steps_left,
                                  [&](TextSpan match) { cutter.add_match(match); });
    });
  }

  void operator()(const CharacterSplit& step) {
    const auto cut = [&](const auto& matches) {
      split(step.behavior, false, [&](std::string_view text, PieceCutter& cutter) {
        for (std::size_t at = 0; at < text.size();) {
          const Utf8Character next = first_character(text.substr(at));
          if (matches(next.code)) cutter.add_match({at, at + next.bytes});
          at += next.bytes;
        }
      });
    };
    switch (step.kind) {
      case CharacterSplit::Kind::white_space:
        return cut(is_white_space);
      case CharacterSplit::Kind::punctuation:
        return cut(is_punctuation);
      case CharacterSplit::Kind::numeric:
        return cut([](CodePoint code) { return (category(code) & categories_number) != 0; });
      case CharacterSplit::Kind::delimiter:
        return cut([&](CodePoint code) { return code == step.delimiter; });
    }
  }

  void operator()(const WordSplit&) {
    split(SplitBehavior::removed, true, [](std::string_view text, PieceCutter& cutter) {
      const auto kind_at = [&](std::size_t at) {
        const CodePoint code = first_character(text.substr(at)).code;
        return is_white_space(code) ? 0 : is_word_character(code) ? 1 : 2;
      };
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const int kind = kind_at(at);
        while (at < text.size() && kind_at(at) == kind) {
          at += first_character(text.substr(at)).bytes;
        }
        if (kind != 0) cutter.add_match({begin, at});
      }
    });
  }

  void operator()(const PrefixSpace&) {
    rewrite([](std::string_view piece, bool, std::string& text) {
      if (piece.front() != ' ') text += ' ';
      text += piece;
    });
  }

  void operator()(const ByteLevelSplit&) {
    rewrite([](std::string_view piece, bool, std::string& text) {
      append_byte_characters(text, piece);
    });
  }

  void operator()(const MetaspaceSplit& step) {
    rewrite([&](std::string_view piece, bool first, std::string& text) {
      const std::size_t begin = text.size();
      for (const char c : piece) c == ' ' ? text += step.replacement : text += c;
      const bool there = text.compare(begin, step.replacement.size(), step.replacement) == 0;
      const bool wanted = step.prepend == MetaspaceSplit::Prepend::always ||
                          (step.prepend == MetaspaceSplit::Prepend::first && first);
      if (wanted && !there) text.insert(begin, step.replacement);
    });
    if (!step.split) return;
    const TextPattern space(step.replacement);
    split(SplitBehavior::merged_with_next, false, [&](std::string_view text, PieceCutter& cutter) {
      space.for_each_match(text, budget.steps_left,
                           [&](TextSpan match) { cutter.add_match(match); });
    });
  }

 private:
  /// Cuts each piece at the matches that `find` tells the cutter.
  template <class Find>
  void split(SplitBehavior behavior, bool invert, const Find& find) {
    const std::vector<TextSpan> before = std::move(pieces.spans);
    pieces.spans.clear();
    pieces.spans.reserve(before.size());
    PieceCutter cutter(behavior, invert, pieces.spans);
    for (const TextSpan& span : before) {
      const std::string_view text = pieces.piece(span);
      cutter.begin_text(span.begin);
      find(text, cutter);
      cutter.end_text(text.size());
    }
    if (pieces.spans.empty() || before.front().begin != pieces.spans.front().begin) {
      pieces.from_start = false;
    }
  }

  /// Writes each piece anew: `append(piece, whether the user's text begins there, text)`.
  template <class Append>
  void rewrite(const Append& append) {
    std::string text;
    text.reserve(pieces.text.size() * 2);
    bool first = pieces.from_start;
    for (TextSpan& span : pieces.spans) {
      const std::size_t begin = text.size();
      append(pieces.piece(span), first, text);
      budget.check_growth(pieces.text.size(), text.size());
      span = {begin, text.size()};
      first = false;
    }
    budget.take_growth(pieces.text.size(), text.size());
    pieces.text = std::move(text);
  }
};

EIGENVIT_INLINE void PreTokenizer::apply(TextPieces& pieces, TextBudget& budget) const {
  for (const PreTokenizerStep& step : steps_) {
    if (pieces.spans.empty()) return;
    std::visit(PreTokenizerVisitor{pieces, budget}, step);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
