/// What is put around the tokens of a text, and to which length.
#ifndef EIGENVIT_TEXT_TOKEN_LAYOUT_HPP
#define EIGENVIT_TEXT_TOKEN_LAYOUT_HPP

#include <cstddef>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/token_table.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

struct TokenLayout {
  std::vector<TokenId> before;  ///< of a text, `<bos>` say
  std::vector<TokenId> after;
  bool after_once = false;         ///< not where the text ends with it already
  std::size_t context_length = 0;  ///< 0: none
  bool truncate_left = false;      ///< the beginning of a long text, instead of its end
  bool pad_left = false;
  TokenId pad = 0;
  TokenId zeroed = no_token;  ///< given as 0 wherever it is: OpenCLIP's `strip_sep_token`
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
