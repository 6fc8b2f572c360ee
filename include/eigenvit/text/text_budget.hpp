/// What a text may cost, whatever a tokenizer's file says.
#ifndef EIGENVIT_TEXT_TEXT_BUDGET_HPP
#define EIGENVIT_TEXT_TEXT_BUDGET_HPP

#include <algorithm>
#include <cstddef>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What is left of the growth and of the matching that one text pays for, in all steps and pieces
/// together: files can name steps of which each doubles a text, patterns without end, and tokens so
/// long that a text holds the beginnings of many.
class TextBudget {
 public:
  /// For a text of so many bytes: 1 MiB and `63 n` bytes of growth, 64 MiB at most; `4000 n` steps
  /// of patterns and a million, for bytes beyond 100,000 of them `64 n`.
  explicit TextBudget(std::size_t bytes) noexcept
      : steps_left(1000000 + 4000 * std::min(bytes, short_text) +
                   64 * (std::min(bytes, most_growth) - std::min(bytes, short_text))),
        growth_left_(bytes < (std::size_t{1} << 20) ? (std::size_t{1} << 20) + 63 * bytes
                                                    : most_growth) {}

  std::size_t steps_left;  ///< of regular expressions, of repairs and of looking for tokens

  /// Takes the steps of looking for a token, a byte each. Throws UnsupportedError when they are
  /// used up.
  void take_lookup(std::size_t bytes) {
    if (bytes > steps_left) refuse_lookup();
    steps_left -= bytes;
  }

  /// Takes the steps of repairing so many bytes once. Throws UnsupportedError when they are used
  /// up.
  void take_repair(std::size_t bytes) {
    constexpr std::size_t steps_of_byte = 8;
    const std::size_t steps = steps_of_byte * bytes;
    if (steps > steps_left) {
      raise<UnsupportedError>({"expected a text that is repaired in few passes, found one whose ",
                               "characters are escaped or decoded wrongly too many times"});
    }
    steps_left -= steps;
  }

  /// Throws UnsupportedError unless so many bytes may become so many.
  void check_growth(std::size_t before, std::size_t after) const {
    if (after > before && after - before > growth_left_) refuse_growth();
  }
  /// The same, and takes the growth from what is left.
  void take_growth(std::size_t before, std::size_t after) {
    check_growth(before, after);
    if (after > before) growth_left_ -= after - before;
  }

 private:
  static constexpr std::size_t most_growth = std::size_t{64} << 20;
  static constexpr std::size_t short_text = 100000;

  [[noreturn]] static void refuse_lookup() {
    raise<UnsupportedError>(
        {"expected a vocabulary whose tokens are found in few steps, found one ",
         "of long tokens with many beginnings in a text"});
  }
  [[noreturn]] static void refuse_growth() {
    raise<UnsupportedError>({"expected a tokenizer whose steps add at most 1 MiB and 63 bytes for ",
                             "each byte of a text, 64 MiB in all, found one that adds more"});
  }

  std::size_t growth_left_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
