/// Positions of patches and of tokens that are computed rather than learned.
#ifndef EIGENVIT_LAYERS_SINE_POSITIONS_HPP
#define EIGENVIT_LAYERS_SINE_POSITIONS_HPP

#include <cmath>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Writes the position embeddings of a grid: of the patch at row y and column x
/// `[sin x w_k | cos x w_k | sin y w_k | cos y w_k]`, `w_k = 10000^(-4k/D)`, k < D/4.
///
/// Shape: `table [height * width, D]`; 4 divides D. Formed in double and rounded once, as the
/// reference does it. Cost: `(height + width) D / 2` sines and cosines.
/// Source: transformers' `build_2d_sinusoidal_position_embedding` with its halves exchanged
/// (AIMv2).
template <class Scalar>
void fill_sine_positions(Index height, Index width, Index dim, Scalar* table) {
  const Index bands = dim / 4;
  // A row has those of its column in its first half, those of its row in its second.
  const auto put = [&](Index position, Index band, Scalar* half) {
    const double frequency =
        1 / std::pow(10000.0, static_cast<double>(band) / static_cast<double>(bands));
    const double angle = static_cast<double>(position) * frequency;
    half[band] = static_cast<Scalar>(std::sin(angle));
    half[bands + band] = static_cast<Scalar>(std::cos(angle));
  };
  for (Index band = 0; band < bands; ++band) {
    for (Index x = 0; x < width; ++x) put(x, band, table + x * dim);
    for (Index y = 0; y < height; ++y) put(y, band, table + y * width * dim + 2 * bands);
  }
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      Scalar* const row = table + (y * width + x) * dim;
      for (Index i = 0; y > 0 && i < 2 * bands; ++i) row[i] = table[x * dim + i];
      for (Index i = 2 * bands; x > 0 && i < dim; ++i) row[i] = table[y * width * dim + i];
    }
  }
}

/// Writes the position embeddings of the places `first .. first + count - 1` of a text: of place i
/// `[sin i w_k | cos i w_k]`, `w_k = 10000^(-k / (D/2 - 1))`, k < D/2; the last value of an odd D
/// is zero.
///
/// Shape: `table [count, D]`; D is at least 4. Frequencies and angles are rounded to float32, as
/// the reference does it: an angle of many turns is not the exact one. Cost: `count D` sines and
/// cosines. Source: transformers' `M2M100SinusoidalPositionalEmbedding`, after tensor2tensor;
/// Vaswani et al., arXiv:1706.03762.
template <class Scalar>
void fill_sine_places(Index first, Index count, Index dim, Scalar* table) {
  const Index bands = dim / 2;
  const auto step = static_cast<float>(-std::log(10000.0) / static_cast<double>(bands - 1));
  for (Index band = 0; band < bands; ++band) {
    const float exponent = static_cast<float>(band) * step;
    const auto frequency = static_cast<float>(std::exp(static_cast<double>(exponent)));
    for (Index i = 0; i < count; ++i) {
      const float angle = static_cast<float>(first + i) * frequency;
      Scalar* const row = table + i * dim;
      row[band] = static_cast<Scalar>(std::sin(static_cast<double>(angle)));
      row[bands + band] = static_cast<Scalar>(std::cos(static_cast<double>(angle)));
    }
  }
  for (Index i = 0; dim % 2 == 1 && i < count; ++i) table[i * dim + dim - 1] = Scalar(0);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
