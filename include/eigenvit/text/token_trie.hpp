/// The tokens that a text begins with.
#ifndef EIGENVIT_TEXT_TOKEN_TRIE_HPP
#define EIGENVIT_TEXT_TOKEN_TRIE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/token_table.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A trie over bytes, made once. A node's children are neighbours, ordered by their bytes.
class TokenTrie {
 public:
  /// The texts must be alive until this returns. Of equal texts the last one counts.
  explicit TokenTrie(std::vector<std::pair<std::string_view, TokenId>> tokens) {
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    nodes_.push_back({});
    // Each node with the tokens below it, breadth first, so that children are neighbours.
    struct Range {
      std::size_t begin;
      std::size_t end;
      std::size_t depth;
    };
    std::vector<Range> ranges = {{0, tokens.size(), 0}};
    for (std::size_t node = 0; node < ranges.size(); ++node) {
      auto [at, end, depth] = ranges[node];
      for (; at < end && tokens[at].first.size() == depth; ++at) {
        if (depth > 0) nodes_[node].id = tokens[at].second;
      }
      nodes_[node].children = static_cast<std::uint32_t>(nodes_.size());
      while (at < end) {
        const char byte = tokens[at].first[depth];
        const std::size_t first = at;
        while (at < end && tokens[at].first[depth] == byte) ++at;
        nodes_.push_back({0, no_token, 0, static_cast<unsigned char>(byte)});
        ranges.push_back({first, at, depth + 1});
        ++nodes_[node].count;
      }
    }
    for (std::uint32_t i = 0; i < nodes_[0].count; ++i) {
      roots_[nodes_[nodes_[0].children + i].byte] = nodes_[0].children + i;
    }
  }

  /// Calls `visit(length, id)` for each token that the text begins with, the shortest first.
  /// Returns how many bytes it has looked at.
  template <class Visit>
  std::size_t for_each_prefix(std::string_view text, const Visit& visit) const {
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      node = child(node, static_cast<unsigned char>(text[i]));
      if (node == 0) return i + 1;
      if (nodes_[node].id != no_token) visit(i + 1, nodes_[node].id);
    }
    return text.size();
  }

 private:
  struct Node {
    std::uint32_t children = 0;
    TokenId id = no_token;
    std::uint16_t count = 0;
    unsigned char byte = 0;
  };

  /// The child for that byte; 0, which is no child, where there is none.
  std::uint32_t child(std::uint32_t node, unsigned char byte) const noexcept {
    if (node == 0) return roots_[byte];
    const Node* const first = nodes_.data() + nodes_[node].children;
    const Node* const last = first + nodes_[node].count;
    const Node* const found = std::lower_bound(
        first, last, byte, [](const Node& a, unsigned char wanted) { return a.byte < wanted; });
    return found == last || found->byte != byte ? 0
                                                : static_cast<std::uint32_t>(found - nodes_.data());
  }

  std::vector<Node> nodes_;
  std::array<std::uint32_t, 256> roots_{};
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
