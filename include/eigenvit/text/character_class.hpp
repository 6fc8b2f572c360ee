/// Sets of characters.
#ifndef EIGENVIT_TEXT_CHARACTER_CLASS_HPP
#define EIGENVIT_TEXT_CHARACTER_CLASS_HPP

#include <array>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A set of characters as regular expressions state it: ranges, categories, and their complements.
class CharacterClass {
 public:
  void add_range(CodePoint first, CodePoint last) {
    items_.push_back({Kind::range, false, first, last});
  }
  void add_categories(CategorySet categories, bool complement) {
    items_.push_back({Kind::categories, complement, categories, 0});
  }
  void add_white_space(bool complement) { items_.push_back({Kind::space, complement, 0, 0}); }
  void add_word_characters(bool complement) { items_.push_back({Kind::word, complement, 0, 0}); }
  void add_punctuation(bool complement) { items_.push_back({Kind::punctuation, complement, 0, 0}); }

  /// To be called once after everything was added. With `any_case`, a character is in the set where
  /// a form of it in another case is.
  void finish(bool complement, bool any_case) {
    complement_ = complement;
    any_case_ = any_case;
    for (CodePoint code = 0; code < 0x80; ++code) ascii_[code] = find(code);
  }

  bool contains(CodePoint code) const noexcept { return code < 0x80 ? ascii_[code] : find(code); }

 private:
  enum class Kind { range, categories, space, word, punctuation };

  struct Item {
    Kind kind;
    bool complement;
    CodePoint first;  ///< or the categories
    CodePoint last;

    bool contains(CodePoint code) const noexcept {
      switch (kind) {
        case Kind::range:
          return code >= first && code <= last;
        case Kind::categories:
          return ((category(code) & first) != 0) != complement;
        case Kind::space:
          return is_white_space(code) != complement;
        case Kind::word:
          return is_word(code) != complement;
        default:
          return is_punctuation(code) != complement;
      }
    }
  };

  /// `\w` of Oniguruma: Latin-1's small digits and fractions belong to it, joiners do not.
  static bool is_word(CodePoint code) noexcept {
    if (code == 0x200C || code == 0x200D) return false;
    return code == 0xB2 || code == 0xB3 || code == 0xB9 || (code >= 0xBC && code <= 0xBE) ||
           is_word_character(code);
  }

  bool find_exactly(CodePoint code) const noexcept {
    for (const Item& item : items_) {
      if (item.contains(code)) return true;
    }
    return false;
  }

  bool find_other_case(CodePoint code) const noexcept {
    const CodePoint folded = case_fold(code);
    const CodePoint capital = capital_letter(folded);
    return find_exactly(folded) || (case_fold(capital) == folded && find_exactly(capital));
  }

  bool find(CodePoint code) const noexcept {
    const bool found = find_exactly(code) || (any_case_ && find_other_case(code));
    return found != complement_;
  }

  std::vector<Item> items_;
  std::array<bool, 0x80> ascii_{};
  bool complement_ = false;
  bool any_case_ = false;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
