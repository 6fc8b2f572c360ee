/// How the blocks of a forward pass are cut into tasks.
#ifndef EIGENVIT_MODEL_PASS_BLOCK_PLAN_HPP
#define EIGENVIT_MODEL_PASS_BLOCK_PLAN_HPP

#include <algorithm>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// How the rows of each sequence of a pass are cut into parts: whole tiles of the product kernel,
/// as far as that goes, and about `part_rows` of them in each.
struct RowParts {
  Index tile_rows;
  Index part_rows;
  Index sequences = 1;  ///< of the pass
  Index threads = 1;

  /// About so many rows make a part: at a width of 768 they take 200 KB, a fraction of any L2
  /// cache, and the weights that each meets are used 66 times for being read.
  static constexpr Index usual_rows = 66;
  /// The same where weights are packed anew for each part, which takes as long as 30 rows do.
  static constexpr Index large_rows = 264;

  /// Parts of each sequence of so many rows. Where parts are up to a fifth larger, weights are read
  /// less often, which saves one thread 1 to 4 % in bfloat16 and int8. Several threads take such
  /// parts only where each gets as many of them; else one would wait while the other computes.
  Index of(Index rows) const noexcept {
    const Index usual = parts_of(rows, part_rows);
    for (Index parts = parts_of(rows, part_rows + part_rows / 5); parts < usual; ++parts) {
      if (parts * sequences % threads == 0) return parts;
    }
    return usual;
  }

 private:
  Index parts_of(Index rows, Index most_rows) const noexcept {
    return ceil_div(ceil_div(rows, tile_rows), std::max<Index>(1, most_rows / tile_rows));
  }
};

/// How many sequences of a batch one pass computes; the batch is a row of passes of nearly equal
/// size. A pass of few rows has what one stage writes in the cache when the next one reads it: a
/// batch of eight images in one pass took 12 to 28 % longer in int8, 4 to 17 % in bfloat16. It has
/// as many rows as give each thread two parts of them.
class PassSize {
 public:
  PassSize(Index batch, Index tokens, const RowParts& parts, Index threads) noexcept
      : batch_(batch), passes_(ceil_div(batch, ceil_div(2 * parts.part_rows * threads, tokens))) {}

  /// Of the largest pass.
  Index most() const noexcept { return ceil_div(batch_, passes_); }

  /// Calls `run(first, count)` for each pass. None is larger than the first one.
  template <class Run>
  void for_each_pass(const Run& run) const {
    for (Index pass = passes_; pass > 0; --pass) {
      const Index first = batch_ - batch_ * pass / passes_;
      run(first, batch_ - batch_ * (pass - 1) / passes_ - first);
    }
  }

 private:
  Index batch_;
  Index passes_;
};

/// Shares of the weights of each linear layer of a block: a task takes one of them.
struct BlockShares {
  Index qkv = 1;
  Index proj = 1;
  Index fc1 = 1;
  Index fc2 = 1;
};

/// Into how many shares the weights of a linear layer are cut, by the rows that each share meets.
class LayerShares {
 public:
  /// For `sequences` sequences of `tokens` tokens, each cut into `parts`, on `threads` threads.
  LayerShares(Index sequences, Index tokens, Index parts, Index threads) noexcept
      : rows_(ceil_div(tokens, parts)), parts_(parts * sequences), threads_(threads) {}

  Index of(Index outputs, Index inputs) const noexcept;
  BlockShares of_blocks(const EncoderConfig& config) const noexcept;

 private:
  /// Floating-point operations of the smallest task: about 10 microseconds.
  static constexpr Index least_task = 1000000;

  Index rows_;   ///< of a part
  Index parts_;  ///< of the batch
  Index threads_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/model/pass/block_plan.inl>
#endif

#endif
