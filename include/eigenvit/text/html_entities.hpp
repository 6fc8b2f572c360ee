/// Characters that HTML writes as `&name;` or `&#number;`.
#ifndef EIGENVIT_TEXT_HTML_ENTITIES_HPP
#define EIGENVIT_TEXT_HTML_ENTITIES_HPP

#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A text of valid UTF-8 with the characters that HTML names or numbers, also those whose semicolon
/// is missing: Python's `html.unescape`. Cost: linear. Source: HTML Living Standard, 13.2.5.
std::string unescape_html(std::string_view text);

/// The same of names and numbers that end with a semicolon alone, and of names of small letters in
/// capitals: `&EACUTE;`. Source: ftfy 6.3.1, fixes.py (unescape_html).
std::string unescape_plain_html(std::string_view text);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/html_entities.inl>
#endif

#endif
