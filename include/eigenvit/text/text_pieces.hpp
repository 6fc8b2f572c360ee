/// A text in pieces, and how matches cut it.
#ifndef EIGENVIT_TEXT_TEXT_PIECES_HPP
#define EIGENVIT_TEXT_TEXT_PIECES_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/regex.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Parts of one text, from left to right, none of them empty.
struct TextPieces {
  std::string text;
  std::vector<TextSpan> spans;
  /// Whether the first piece is at the beginning of what the user wrote.
  bool from_start = true;

  std::string_view piece(const TextSpan& span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
};

/// What becomes of the matches that a text is split by.
enum class SplitBehavior { removed, isolated, contiguous, merged_with_previous, merged_with_next };

/// Cuts a text of `size` bytes, which begins at `begin` of `pieces.text`, at matches.
class PieceCutter {
 public:
  PieceCutter(SplitBehavior behavior, bool invert, std::vector<TextSpan>& spans)
      : behavior_(behavior), invert_(invert), spans_(spans) {}

  void begin_text(std::size_t begin) {
    begin_ = begin;
    end_ = 0;
    parts_.clear();
  }

  void add_match(TextSpan match) {
    if (end_ < match.begin) parts_.push_back({{end_, match.begin}, invert_});
    if (match.begin < match.end) parts_.push_back({match, !invert_});
    end_ = match.end;
  }

  void end_text(std::size_t size) {
    if (end_ < size) parts_.push_back({{end_, size}, invert_});
    const std::size_t first = spans_.size();
    bool previous_match = false;
    if (behavior_ == SplitBehavior::merged_with_next) {
      // From the right: a match takes the piece after it, unless that is a match too.
      for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
        if (part->match && !previous_match && spans_.size() > first) {
          spans_.back().begin = begin_ + part->span.begin;
        } else {
          add(part->span);
        }
        previous_match = part->match;
      }
      for (std::size_t i = first, j = spans_.size(); i + 1 < j; ++i)
        std::swap(spans_[i], spans_[--j]);
      return;
    }
    for (const Part& part : parts_) {
      const bool has_piece = spans_.size() > first;
      const bool joined =
          has_piece &&
          ((behavior_ == SplitBehavior::contiguous && part.match == previous_match) ||
           (behavior_ == SplitBehavior::merged_with_previous && part.match && !previous_match));
      if (joined) {
        spans_.back().end = begin_ + part.span.end;
      } else if (!(behavior_ == SplitBehavior::removed && part.match)) {
        add(part.span);
      }
      previous_match = part.match;
    }
  }

 private:
  struct Part {
    TextSpan span;
    bool match;
  };

  void add(TextSpan span) { spans_.push_back({begin_ + span.begin, begin_ + span.end}); }

  SplitBehavior behavior_;
  bool invert_;
  std::vector<TextSpan>& spans_;
  std::vector<Part> parts_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
