/// Regular expressions of tokenizers.
#ifndef EIGENVIT_TEXT_REGEX_HPP
#define EIGENVIT_TEXT_REGEX_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/character_class.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A part of a text, in bytes.
struct TextSpan {
  std::size_t begin;
  std::size_t end;
};

/// A regular expression over characters, with the meaning that Oniguruma gives it: alternatives,
/// groups, `* + ? {n,m}` greedy, lazy (`?`) and possessive (`+`), classes with `\s \S \d \D \w \W`,
/// `\p{..}` and `[:punct:]`, `(?=..)`, `(?!..)`, `(?i:..)`, `^ $ \A \z`.
class Regex {
 public:
  /// Throws UnsupportedError, which names the construct, where the pattern has another one, and
  /// FormatError where it is damaged. `place` begins both messages.
  Regex(std::string_view pattern, std::string_view place);

  /// Calls `visit(TextSpan)` for each match in valid UTF-8, from left to right. An empty match at
  /// the end of the last one does not count. Takes a step from `steps_left` for each instruction,
  /// and throws UnsupportedError when none is left, or when more than a million alternatives are
  /// open. Cost: memory for these.
  template <class Visit>
  void for_each_match(std::string_view text, std::size_t& steps_left, const Visit& visit) const {
    Search search{text, {}, steps_left};
    std::size_t from = 0;
    std::optional<std::size_t> last_end;
    while (from <= text.size()) {
      const std::optional<TextSpan> match = find(search, from);
      steps_left = search.steps_left;
      if (!match) return;
      if (match->begin == match->end && last_end == match->end) {
        if (match->end == text.size()) return;
        from = match->end + first_character(text.substr(match->end)).bytes;
        continue;
      }
      visit(*match);
      last_end = match->end;
      from = match->end;
    }
  }

 private:
  friend class RegexCompiler;

  enum class Op : std::uint8_t {
    character,  ///< `a` is the code point
    in_class,   ///< `a` is the class
    run,        ///< class `a`, at least `b` and at most `c` times, greedy
    run_kept,   ///< the same, and never given back
    split,      ///< tries `a`, later `b`
    jump,       ///< to `a`
    ahead,      ///< what follows up to `a` must match here, and takes nothing
    not_ahead,  ///< or must not match
    atomic,     ///< what follows up to `a`, of which nothing is tried again
    line_begin,
    line_end,
    text_begin,
    text_end,
    match
  };

  struct Instruction {
    Op op;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
  };

  /// A place to go on from when the current one leads nowhere: `at`, or after a run any character
  /// boundary from `least` to `at`.
  struct Alternative {
    std::uint32_t instruction;
    std::size_t at;
    std::size_t least;
  };

  struct Search {
    std::string_view text;
    std::vector<Alternative> open;
    std::size_t steps_left;
  };

  /// Remembers an alternative, of which there may be a million.
  void open(Search& search, const Alternative& alternative) const;
  std::optional<TextSpan> find(Search& search, std::size_t from) const;
  /// The end of a match of the instructions from there on that begins at `at`.
  std::optional<std::size_t> match(Search& search, std::uint32_t instruction, std::size_t at) const;
  bool may_begin(std::string_view text, std::size_t at) const noexcept;

  std::vector<Instruction> program_;
  std::vector<CharacterClass> classes_;
  /// The bytes that a match can begin with; all where it can be empty.
  std::array<bool, 256> first_bytes_{};
  std::string place_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/regex.inl>
#endif

#endif
