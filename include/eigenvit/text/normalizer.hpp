/// What is done to a text before it is split.
#ifndef EIGENVIT_TEXT_NORMALIZER_HPP
#define EIGENVIT_TEXT_NORMALIZER_HPP

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/character_map.hpp>
#include <eigenvit/text/text_budget.hpp>
#include <eigenvit/text/text_pattern.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// The steps, by the names of tokenizer.json. Each turns valid UTF-8 into valid UTF-8.

struct NormalFormStep {
  NormalForm form;
};
struct LowercaseStep {};
struct NmtStep {};
struct StripAccentsStep {};
struct ByteLevelStep {};
struct StripStep {
  bool left;
  bool right;
};
struct PrependStep {
  std::string text;
};
struct ReplaceStep {
  TextPattern pattern;
  std::string text;
};
struct BertStep {
  bool clean_text;
  bool handle_chinese_chars;
  bool strip_accents;
  bool lowercase;
};
/// What OpenCLIP and SiglipTokenizer do in Python: small letters, single spaces, no punctuation of
/// ASCII.
struct CanonicalizeStep {
  bool lowercase;
  bool keep_punctuation;
};

/// What OpenCLIP does first in Python: `repair_text`.
struct RepairStep {};

using NormalizerStep =
    std::variant<NormalFormStep, LowercaseStep, NmtStep, StripAccentsStep, ByteLevelStep, StripStep,
                 PrependStep, ReplaceStep, BertStep, CanonicalizeStep, RepairStep, CharacterMap>;

/// Steps in a row.
class Normalizer {
 public:
  void add(NormalizerStep step) { steps_.push_back(std::move(step)); }
  void add_first(NormalizerStep step) { steps_.insert(steps_.begin(), std::move(step)); }

  bool empty() const noexcept { return steps_.empty(); }
  std::size_t size() const noexcept { return steps_.size(); }

  /// Throws UnsupportedError when it takes more than is left of the budget.
  std::string apply(std::string text, TextBudget& budget) const {
    bool from_start = true;
    return apply(std::move(text), budget, from_start);
  }
  /// The same; `from_start` becomes false where characters were removed from the beginning.
  std::string apply(std::string text, TextBudget& budget, bool& from_start) const;

 private:
  std::vector<NormalizerStep> steps_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/normalizer.inl>
#endif

#endif
