/// From the text of a pattern to the program of a `Regex`.
#ifndef EIGENVIT_TEXT_REGEX_COMPILER_INL
#define EIGENVIT_TEXT_REGEX_COMPILER_INL

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/pattern_reader.inl>
#include <eigenvit/text/regex.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Compiles a pattern by recursive descent.
class RegexCompiler : private PatternReader {
 public:
  RegexCompiler(std::string_view pattern, Regex& regex)
      : PatternReader(pattern, regex.place_), regex_(regex) {}

  void compile() {
    constexpr std::size_t longest = 4096;
    if (pattern_.size() > longest) {
      raise<UnsupportedError>({regex_.place_, ": expected a pattern of at most ", longest,
                               " bytes, found ", pattern_.size()});
    }
    if (const auto byte = invalid_utf8(pattern_)) damaged("valid UTF-8");
    alternatives();
    if (!rest_.empty()) damaged("no ')' without '('");
    add({Op::match});
    find_first_bytes();
  }

 private:
  using Op = Regex::Op;
  using Instruction = Regex::Instruction;
  using Program = std::vector<Instruction>;

  std::uint32_t size() const { return static_cast<std::uint32_t>(regex_.program_.size()); }

  void add(Instruction instruction) {
    constexpr std::size_t most = 65536;
    if (regex_.program_.size() >= most) unsupported("so much repetition");
    regex_.program_.push_back(instruction);
  }

  std::uint32_t add_class(CharacterClass characters, bool complement) {
    characters.finish(complement, any_case_);
    regex_.classes_.push_back(std::move(characters));
    return static_cast<std::uint32_t>(regex_.classes_.size() - 1);
  }

  /// Takes instructions off the end of the program.
  Program cut(std::uint32_t from) {
    Program part(regex_.program_.begin() + from, regex_.program_.end());
    regex_.program_.resize(from);
    return part;
  }

  /// Puts instructions that stood at `from` to the end, their targets moved with them.
  void append(const Program& part, std::uint32_t from) {
    const std::uint32_t moved = size() - from;  // may wrap around, as the sums below do
    for (Instruction instruction : part) {
      switch (instruction.op) {
        case Op::split:
          instruction.b += moved;
          [[fallthrough]];
        case Op::jump:
        case Op::ahead:
        case Op::not_ahead:
        case Op::atomic:
          instruction.a += moved;
          break;
        default:
          break;
      }
      add(instruction);
    }
  }

  void alternatives() {
    constexpr int deepest = 32;
    if (++depth_ > deepest) unsupported("so deep nesting");
    const std::uint32_t begin = size();
    sequence();
    if (!rest_.empty() && rest_.front() == '|') {
      const Program first = cut(begin);
      const auto length = static_cast<std::uint32_t>(first.size());
      rest_.remove_prefix(1);
      add({Op::split, begin + 1, begin + length + 2});
      append(first, begin);
      add({Op::jump});
      const std::uint32_t jump = size() - 1;
      --depth_;  // a list of alternatives is no nesting
      alternatives();
      ++depth_;
      regex_.program_[jump].a = size();
    }
    --depth_;
  }

  void sequence() {
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      const std::uint32_t begin = size();
      const bool repeatable = item();
      repetition(begin, repeatable);
    }
  }

  /// One character, class, group or condition; whether it can be repeated.
  bool item() {
    if (take("(")) {
      group();
      return true;
    }
    if (take("[")) {
      CharacterClass characters;
      const bool complement = bracket_class(characters);
      add({Op::in_class, add_class(std::move(characters), complement)});
      return true;
    }
    if (take(".")) {
      CharacterClass newline;
      newline.add_range('\n', '\n');
      add({Op::in_class, add_class(newline, true)});
      return true;
    }
    if (take("^")) return add({Op::line_begin}), false;
    if (take("$")) return add({Op::line_end}), false;
    if (take("\\A")) return add({Op::text_begin}), false;
    if (take("\\z")) return add({Op::text_end}), false;
    if (rest_.front() == '*' || rest_.front() == '+' || rest_.front() == '?') {
      damaged("something to repeat before '*', '+' and '?'");
    }
    if (take("\\")) {
      CharacterClass characters;
      if (class_escape(characters)) {
        add({Op::in_class, add_class(characters, false)});
      } else {
        literal(character_escape());
      }
      return true;
    }
    literal(take_character("a character"));
    return true;
  }

  void literal(CodePoint code) {
    if (any_case_ && (case_fold(code) != code || capital_letter(code) != code)) {
      CharacterClass characters;
      characters.add_range(case_fold(code), case_fold(code));
      add({Op::in_class, add_class(characters, false)});
    } else {
      add({Op::character, code});
    }
  }

  void group() {
    const bool outer_case = any_case_;
    if (take("?=")) {
      enclosed(Op::ahead);
    } else if (take("?!")) {
      enclosed(Op::not_ahead);
    } else if (take("?>")) {
      enclosed(Op::atomic);
    } else {
      if (take("?i:")) {
        any_case_ = true;
      } else if (take("?i)")) {
        // Oniguruma takes what follows in the group, alternatives too, for the group of the option.
        any_case_ = true;
        alternatives();
        any_case_ = outer_case;
        return;
      } else if (!take("?:") && !rest_.empty() && rest_.front() == '?') {
        unsupported(message({"(", rest_.substr(0, 2)}));
      }
      alternatives();
    }
    any_case_ = outer_case;
    if (!take(")")) damaged("a ')' for each '('");
  }

  /// A group that is matched by itself.
  void enclosed(Op op) {
    add({op});
    const std::uint32_t begin = size() - 1;
    alternatives();
    add({Op::match});
    regex_.program_[begin].a = size();
  }

  /// `*`, `+`, `?` or `{n,m}` after the instructions from `begin` on.
  void repetition(std::uint32_t begin, bool repeatable) {
    constexpr std::uint32_t unbounded = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t least = 0;
    std::uint32_t most = unbounded;
    bool counted = false;
    if (take("*")) {
    } else if (take("+")) {
      least = 1;
    } else if (take("?")) {
      most = 1;
    } else if (!rest_.empty() && rest_.front() == '{') {
      if (!bounds(least, most)) return;
      counted = true;
    } else {
      return;
    }
    if (!repeatable) unsupported("repeating a place");
    const bool lazy = take("?");
    // Oniguruma reads it as a greedy repetition that may be left out.
    if (counted && lazy && least == most) unsupported("{n}?");
    const bool possessive = !lazy && !counted && take("+");
    if (!rest_.empty() && (rest_.front() == '*' || rest_.front() == '+' || rest_.front() == '?')) {
      unsupported("repeating a repetition");
    }
    if (size() == begin + 1 && !lazy) {
      Instruction& only = regex_.program_[begin];
      if (only.op == Op::character) {
        CharacterClass characters;
        characters.add_range(only.a, only.a);
        only = {Op::in_class, add_class(characters, false)};
      }
      if (only.op == Op::in_class) {
        only = {possessive ? Op::run_kept : Op::run, only.a, least, most};
        return;
      }
    }
    const Program part = cut(begin);
    const auto length = static_cast<std::uint32_t>(part.size());
    if (possessive) add({Op::atomic});
    const std::uint32_t inner = size();
    for (std::uint32_t i = 0; i < least; ++i) append(part, begin);
    const auto split = [&](std::uint32_t inside, std::uint32_t behind) {
      add(lazy ? Instruction{Op::split, behind, inside} : Instruction{Op::split, inside, behind});
    };
    if (most == unbounded) {
      if (can_be_empty(part, begin)) unsupported("repeating what can be empty");
      const std::uint32_t loop = size();
      split(loop + 1, loop + length + 2);
      append(part, begin);
      add({Op::jump, loop});
    } else {
      for (std::uint32_t i = least; i < most; ++i) {
        const std::uint32_t end = size() + (most - i) * (length + 1);
        split(size() + 1, end);
        append(part, begin);
      }
    }
    if (possessive) {
      add({Op::match});
      regex_.program_[inner - 1].a = size();
    }
  }

  /// Whether instructions that stood at `begin` can match without taking a character: those that a
  /// loop must not repeat.
  static bool can_be_empty(const Program& part, std::uint32_t begin) {
    std::vector<bool> seen(part.size() + 1);
    std::vector<std::uint32_t> open = {0};
    while (!open.empty()) {
      const std::uint32_t place = open.back();
      open.pop_back();
      if (place >= part.size()) return true;
      if (seen[place]) continue;
      seen[place] = true;
      const Instruction& now = part[place];
      switch (now.op) {
        case Op::character:
        case Op::in_class:
          break;
        case Op::run:
        case Op::run_kept:
          if (now.b == 0) open.push_back(place + 1);
          break;
        case Op::split:
          open.push_back(now.b - begin);
          open.push_back(now.a - begin);
          break;
        case Op::jump:
        case Op::ahead:
        case Op::not_ahead:
          open.push_back(now.a - begin);
          break;
        case Op::match:
          return true;  // the end of an atomic group
        default:
          open.push_back(place + 1);
      }
    }
    return false;
  }

  /// Follows the program from its beginning to the first characters.
  void find_first_bytes() {
    std::vector<bool> seen(regex_.program_.size());
    std::vector<std::uint32_t> open = {0};
    const auto add_all = [&] { regex_.first_bytes_.fill(true); };
    while (!open.empty()) {
      const std::uint32_t place = open.back();
      open.pop_back();
      if (seen[place]) continue;
      seen[place] = true;
      const Instruction& now = regex_.program_[place];
      switch (now.op) {
        case Op::character: {
          std::string bytes;
          append_utf8(bytes, now.a);
          regex_.first_bytes_[static_cast<unsigned char>(bytes.front())] = true;
          break;
        }
        case Op::in_class:
        case Op::run:
        case Op::run_kept:
          for (CodePoint code = 0; code < 256; ++code) {
            // Which bytes begin characters of several is not worth finding out.
            if (code >= 0x80 || regex_.classes_[now.a].contains(code)) {
              regex_.first_bytes_[code] = true;
            }
          }
          if (now.op != Op::in_class && now.b == 0) open.push_back(place + 1);
          break;
        case Op::split:
          open.push_back(now.a);
          open.push_back(now.b);
          break;
        case Op::jump:
          open.push_back(now.a);
          break;
        case Op::atomic:
          open.push_back(place + 1);
          break;
        default:
          // Conditions and an empty match: anywhere.
          return add_all();
      }
    }
  }

  Regex& regex_;
  bool any_case_ = false;
  int depth_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
