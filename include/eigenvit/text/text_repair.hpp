/// Texts of the web as OpenCLIP cleans them.
#ifndef EIGENVIT_TEXT_TEXT_REPAIR_HPP
#define EIGENVIT_TEXT_TEXT_REPAIR_HPP

#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/text_budget.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A text of valid UTF-8 as OpenCLIP's `basic_clean` changes it: HTML's characters, in lines before
/// the first `<` of the text also those that were escaped several times; in each line, what was
/// decoded by a wrong encoding (`repair_mojibake`); straight quotation marks; letters for Latin
/// ligatures; characters of usual width; `\n` between lines; neither control characters nor the
/// commands of terminals; normal form C. Takes steps from the budget and throws UnsupportedError
/// when they are used up. Cost: linear for each time that something was escaped or decoded wrongly.
/// Source: mlfoundations/open_clip, tokenizer.py; ftfy 6.3.1 (Apache License 2.0).
std::string repair_text(const std::string& text, TextBudget& budget);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/text_repair.inl>
#endif

#endif
