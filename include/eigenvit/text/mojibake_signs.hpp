/// Whether a text looks as if it was decoded by the wrong encoding.
#ifndef EIGENVIT_TEXT_MOJIBAKE_SIGNS_HPP
#define EIGENVIT_TEXT_MOJIBAKE_SIGNS_HPP

#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether characters stand beside each other in a text of valid UTF-8 that hardly do in one that
/// is whole: an accented letter before a sign of currency, as UTF-8 has them that is read by
/// another encoding. Never in a text of ASCII alone. Cost: linear, some rules for each character
/// that is not of ASCII. Source: ftfy 6.3.1 (Apache License 2.0), badness.py (is_bad).
bool looks_like_mojibake(std::string_view text) noexcept;

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/mojibake_signs.inl>
#endif

#endif
