#ifndef EIGENVIT_TEXT_NORMALIZER_INL
#define EIGENVIT_TEXT_NORMALIZER_INL

#include <string_view>

#include <eigenvit/text/byte_characters.hpp>
#include <eigenvit/text/normalizer.hpp>
#include <eigenvit/text/text_repair.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The text without the characters for which `removed` holds.
template <class Predicate>
std::string without(std::string_view text, const Predicate& removed) {
  std::string kept;
  kept.reserve(text.size());
  for_each_character(text, [&](CodePoint code) {
    if (!removed(code)) append_utf8(kept, code);
  });
  return kept;
}

inline std::string_view stripped(std::string_view text, bool left, bool right) {
  while (left && !text.empty()) {
    const Utf8Character first = first_character(text);
    if (!is_white_space(first.code)) break;
    text.remove_prefix(first.bytes);
  }
  while (right && !text.empty()) {
    const std::size_t last = last_character(text);
    if (!is_white_space(first_character(text.substr(last)).code)) break;
    text = text.substr(0, last);
  }
  return text;
}

/// Characters that BERT writes with spaces around them.
inline bool is_bert_ideograph(CodePoint c) noexcept {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

/// Applies one step.
struct NormalizerVisitor {
  std::string text;
  TextBudget& budget;
  bool& from_start;

  void operator()(const NormalFormStep& step) { text = normal_form(text, step.form); }
  void operator()(const LowercaseStep&) { text = lower_case(text); }
  void operator()(const CharacterMap& map) { text = map.apply(text, budget); }
  void operator()(const RepairStep&) { text = repair_text(text, budget); }
  void operator()(const PrependStep& step) {
    if (!text.empty()) text.insert(0, step.text);
  }
  void operator()(const StripStep& step) {
    const std::string_view kept = stripped(text, step.left, step.right);
    from_start = from_start && kept.data() == text.data();
    text = std::string(kept);
  }
  void operator()(const StripAccentsStep&) {
    text = without(text, [](CodePoint c) { return (category(c) & categories_mark) != 0; });
  }
  void operator()(const ByteLevelStep&) {
    std::string spelled;
    append_byte_characters(spelled, text);
    text = std::move(spelled);
  }

  void operator()(const NmtStep&) {
    std::string cleaned;
    for_each_character(text, [&](CodePoint c) {
      if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F ||
          c == 0x9F) {
        return;
      }
      const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 ||
                         c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
      append_utf8(cleaned, space ? ' ' : c);
    });
    text = std::move(cleaned);
  }

  void operator()(const ReplaceStep& step) {
    std::string replaced;
    std::size_t end = 0;
    step.pattern.for_each_match(text, budget.steps_left, [&](TextSpan match) {
      replaced.append(text, end, match.begin - end);
      replaced += step.text;
      budget.check_growth(text.size(), replaced.size());
      end = match.end;
    });
    replaced.append(text, end);
    text = std::move(replaced);
  }

  void operator()(const BertStep& step) {
    std::string result;
    for_each_character(text, [&](CodePoint c) {
      if (step.clean_text) {
        constexpr CategorySet other = 0x2C000000;  // Cc, Cf, Co
        const bool line = c == '\t' || c == '\n' || c == '\r';
        if (c == 0 || c == 0xFFFD || (!line && (category(c) & other) != 0)) return;
        if (is_white_space(c)) c = ' ';
      }
      if (step.handle_chinese_chars && is_bert_ideograph(c)) {
        result += ' ';
        append_utf8(result, c);
        result += ' ';
      } else {
        append_utf8(result, c);
      }
    });
    text = std::move(result);
    if (step.strip_accents) {
      text = without(normal_form(text, NormalForm::nfd),
                     [](CodePoint c) { return (category(c) & category_mn) != 0; });
    }
    if (step.lowercase) text = lower_case(text);
  }

  void operator()(const CanonicalizeStep& step) {
    if (step.lowercase) text = lower_case_of_words(text);
    std::string canonical;
    bool space = false;
    for_each_character(text, [&](CodePoint c) {
      if (!step.keep_punctuation && c < 0x80 && is_punctuation(c)) return;
      // Python counts four separators of ASCII as space.
      if (is_white_space(c) || (c >= 0x1C && c <= 0x1F)) {
        space = true;
        return;
      }
      if (space && !canonical.empty()) canonical += ' ';
      space = false;
      append_utf8(canonical, c);
    });
    text = std::move(canonical);
  }
};

EIGENVIT_INLINE std::string Normalizer::apply(std::string text, TextBudget& budget,
                                              bool& from_start) const {
  NormalizerVisitor visitor{std::move(text), budget, from_start};
  for (const NormalizerStep& step : steps_) {
    const std::size_t before = visitor.text.size();
    std::visit(visitor, step);
    budget.take_growth(before, visitor.text.size());
  }
  return std::move(visitor.text);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
