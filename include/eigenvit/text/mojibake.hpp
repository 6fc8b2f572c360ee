/// Texts of UTF-8 that were read by another encoding.
#ifndef EIGENVIT_TEXT_MOJIBAKE_HPP
#define EIGENVIT_TEXT_MOJIBAKE_HPP

#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/text_budget.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A text of valid UTF-8 whose characters are the bytes of UTF-8 in an encoding of one byte for
/// each, as the text that was meant, also where it happened several times, to some parts alone, and
/// where spaces or U+FFFD are in place of some bytes; C1's controls as Windows-1252 has them. As it
/// is where nothing looks so. Takes steps from the budget and throws UnsupportedError when they are
/// used up. Cost: linear for each time that something was repaired.
/// Source: ftfy 6.3.1 (Apache License 2.0), __init__.py (fix_encoding).
std::string repair_mojibake(std::string text, TextBudget& budget);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/mojibake.inl>
#endif

#endif
