/// Matrices in memory that shows when somebody writes beside them.
#ifndef EIGENVIT_TESTS_UNIT_FRAMED_HPP
#define EIGENVIT_TESTS_UNIT_FRAMED_HPP

#include <algorithm>
#include <cstdint>

#include <eigenvit/core/types.hpp>

#include "support.hpp"

namespace support {

constexpr double canary = -12345;

/// A matrix `[rows, cols]` of random values inside memory that is `margin` wider on each side, so
/// that rows begin at odd places, and full of canaries.
template <class Scalar>
struct Framed {
  using Index = eigenvit::Index;

  static constexpr Index margin = 3;
  Index rows, cols, stride;
  eigenvit::AlignedBuffer<Scalar> memory;

  Framed(Index row_count, Index col_count, std::uint64_t seed, double spread = 1)
      : rows(row_count),
        cols(col_count),
        stride(col_count + 2 * margin),
        memory(static_cast<std::size_t>((row_count + 2) * stride), Scalar(canary)) {
    Random random(seed);
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c) (*this)(r, c) = static_cast<Scalar>(spread * random());
    }
  }

  Scalar* data() { return memory.data() + stride + margin; }
  const Scalar* data() const { return memory.data() + stride + margin; }
  Scalar& operator()(Index r, Index c) { return data()[r * stride + c]; }
  const Scalar& operator()(Index r, Index c) const { return data()[r * stride + c]; }

  bool frame_is_whole() const {
    for (Index i = 0; i < static_cast<Index>(memory.size()); ++i) {
      const Index row = i / stride - 1;
      const Index col = i % stride - margin;
      const bool inside = row >= 0 && row < rows && col >= 0 && col < cols;
      if (!inside && memory[static_cast<std::size_t>(i)] != Scalar(canary)) return false;
    }
    return true;
  }

  /// Whether this is the upper left part of `other`, bit for bit, in a whole frame.
  bool is_part_of(const Framed& other) const {
    bool same = frame_is_whole();
    for (Index r = 0; same && r < rows; ++r) same = same_bits(&(*this)(r, 0), &other(r, 0), cols);
    return same;
  }
};

/// `worst_error` of two matrices of one size.
template <class Actual, class Expected>
double worst_error(const Framed<Actual>& actual, const Framed<Expected>& expected) {
  double worst = 0;
  for (eigenvit::Index r = 0; r < expected.rows; ++r) {
    worst = std::max(worst, worst_error(&actual(r, 0), &expected(r, 0), expected.cols));
  }
  return worst;
}

}  // namespace support

#endif
