#ifndef EIGENVIT_TEXT_REGEX_INL
#define EIGENVIT_TEXT_REGEX_INL

#include <algorithm>
#include <limits>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/regex.hpp>
#include <eigenvit/text/regex_compiler.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE Regex::Regex(std::string_view pattern, std::string_view place) : place_(place) {
  RegexCompiler(pattern, *this).compile();
}

inline void Regex::open(Search& search, const Alternative& alternative) const {
  constexpr std::size_t most = std::size_t{1} << 20;
  if (search.open.size() >= most) {
    raise<UnsupportedError>({place_, ": matching the pattern leaves too many alternatives open"});
  }
  search.open.push_back(alternative);
}

EIGENVIT_INLINE std::optional<TextSpan> Regex::find(Search& search, std::size_t from) const {
  for (std::size_t at = from;;) {
    if (at == search.text.size() || first_bytes_[static_cast<unsigned char>(search.text[at])]) {
      if (const auto end = match(search, 0, at)) return TextSpan{at, *end};
    }
    if (at == search.text.size()) return std::nullopt;
    at += first_character(search.text.substr(at)).bytes;
  }
}

EIGENVIT_INLINE std::optional<std::size_t> Regex::match(Search& search, std::uint32_t instruction,
                                                        std::size_t at) const {
  const std::string_view text = search.text;
  const std::size_t base = search.open.size();
  for (;;) {
    if (search.steps_left == 0) {
      raise<UnsupportedError>({place_, ": matching the pattern takes too many steps"});
    }
    --search.steps_left;
    const Instruction& now = program_[instruction];
    bool holds = true;
    switch (now.op) {
      case Op::character:
      case Op::in_class: {
        holds = at < text.size();
        if (!holds) break;
        const Utf8Character next = first_character(text.substr(at));
        holds = now.op == Op::character ? next.code == now.a : classes_[now.a].contains(next.code);
        at += next.bytes;
        ++instruction;
        break;
      }
      case Op::run:
      case Op::run_kept: {
        std::size_t least = at;
        std::uint32_t count = 0;
        while (count < now.c && at < text.size()) {
          const Utf8Character next = first_character(text.substr(at));
          if (!classes_[now.a].contains(next.code)) break;
          at += next.bytes;
          if (++count == now.b) least = at;
        }
        holds = count >= now.b;
        search.steps_left -= std::min<std::size_t>(search.steps_left, count / 4);
        ++instruction;
        if (holds && now.op == Op::run && at > least) {
          open(search,
               {instruction, least + last_character(text.substr(least, at - least)), least});
        }
        break;
      }
      case Op::split:
        open(search, {now.b, at, at});
        instruction = now.a;
        break;
      case Op::jump:
        instruction = now.a;
        break;
      case Op::ahead:
      case Op::not_ahead:
      case Op::atomic: {
        const auto end = match(search, instruction + 1, at);
        holds = end.has_value() == (now.op != Op::not_ahead);
        if (holds && now.op == Op::atomic) at = *end;
        instruction = now.a;
        break;
      }
      case Op::line_begin:
        holds = at == 0 || (text[at - 1] == '\n' && at < text.size());
        ++instruction;
        break;
      case Op::line_end:
        holds = at == text.size() || text[at] == '\n';
        ++instruction;
        break;
      case Op::text_begin:
        holds = at == 0;
        ++instruction;
        break;
      case Op::text_end:
        holds = at == text.size();
        ++instruction;
        break;
      case Op::match:
        search.open.resize(base);
        return at;
    }
    if (holds) continue;
    if (search.open.size() == base) return std::nullopt;
    Alternative& last = search.open.back();
    instruction = last.instruction;
    at = last.at;
    if (last.at > last.least) {
      last.at = last.least + last_character(text.substr(last.least, last.at - last.least));
    } else {
      search.open.pop_back();
    }
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
