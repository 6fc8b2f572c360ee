/// Sixteen values at a time: the unit in which every elementwise step and every sum is done.
#ifndef EIGENVIT_KERNELS_LANES_HPP
#define EIGENVIT_KERNELS_LANES_HPP

#include <algorithm>
#include <type_traits>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

constexpr Index lane_count = 16;

/// Sixteen values. The width is the same whatever the vector registers of the machine, and a tail
/// is padded to it rather than done one by one: so a value is always computed by the same
/// instructions and a sum always in the same order, wherever in memory, in a batch or in a row it
/// stands. Eigen's own loops peel by the alignment of the pointer, and their bits change with it.
template <class Scalar>
using Lanes = Eigen::Array<Scalar, lane_count, 1>;

namespace detail {

/// Copies `count < 16` values in pieces of constant size: a call of memcpy takes longer than the
/// sixteen values that it is for.
template <class Scalar>
void copy_tail(const Scalar* from, Index count, Scalar* to) {
  if (count & 8) from = (std::copy_n(from, 8, to), to += 8, from + 8);
  if (count & 4) from = (std::copy_n(from, 4, to), to += 4, from + 4);
  if (count & 2) from = (std::copy_n(from, 2, to), to += 2, from + 2);
  if (count & 1) *to = *from;
}

}  // namespace detail

/// Sixteen values from memory of any alignment.
template <class Scalar>
Lanes<Scalar> load_lanes(const Scalar* values) {
  return Eigen::Map<const Lanes<Scalar>>(values);
}

/// The first `count` of sixteen values from memory, the rest filled with `padding`.
template <class Scalar>
Lanes<Scalar> load_tail(const Scalar* values, Index count, Scalar padding) {
  Lanes<Scalar> lanes = Lanes<Scalar>::Constant(padding);
  detail::copy_tail(values, count, lanes.data());
  return lanes;
}

template <class Scalar>
void store_lanes(const Lanes<Scalar>& lanes, Scalar* values) {
  Eigen::Map<Lanes<Scalar>> target(values);
  target = lanes;
}

/// Calls `step(first, count)` for consecutive pieces of `[0, size)`: `count` is sixteen but for the
/// last piece. `step` gets a compile-time constant for whole pieces, so its loads need no branch.
template <class Step>
void for_each_lanes(Index size, const Step& step) {
  Index first = 0;
  for (; first + lane_count <= size; first += lane_count) {
    step(first, std::integral_constant<Index, lane_count>{});
  }
  if (first < size) step(first, size - first);
}

/// Sixteen values, or as many as there are.
template <class Scalar>
Lanes<Scalar> load_piece(const Scalar* values, std::integral_constant<Index, lane_count>, Scalar) {
  return load_lanes(values);
}
template <class Scalar>
Lanes<Scalar> load_piece(const Scalar* values, Index count, Scalar padding) {
  return load_tail(values, count, padding);
}
template <class Scalar>
void store_piece(const Lanes<Scalar>& lanes, std::integral_constant<Index, lane_count>,
                 Scalar* values) {
  store_lanes(lanes, values);
}
template <class Scalar>
void store_piece(const Lanes<Scalar>& lanes, Index count, Scalar* values) {
  detail::copy_tail(lanes.data(), count, values);
}

/// Sum of the sixteen, pairwise: lane `i` with lane `i + 8`, then 4, 2 and 1 apart.
template <class Scalar>
Scalar sum(Lanes<Scalar> lanes) {
  for (Index half = lane_count / 2; half > 0; half /= 2) {
    for (Index i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
