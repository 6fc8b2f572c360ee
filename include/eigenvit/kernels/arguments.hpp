/// What the kernels are told: pointers and sizes, nothing else, so that they can be compiled for
/// any instruction set.
#ifndef EIGENVIT_KERNELS_ARGUMENTS_HPP
#define EIGENVIT_KERNELS_ARGUMENTS_HPP

#include <cstddef>

#include <eigenvit/kernels/activation.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {

/// Distances in memory are counted in values.
using Stride = std::ptrdiff_t;

/// Outputs of a panel of packed weights, and the virtual lanes of every sum across a row: the same
/// for all instruction sets, so that they agree bit for bit.
constexpr Stride panel_width = 16;

/// `width`, filled up to whole panels.
constexpr Stride padded_width(Stride width) noexcept {
  return (width + panel_width - 1) / panel_width * panel_width;
}

/// Distance between rows of `width` values that a product reads as its left side. It reads a dozen
/// of them at a time, and where they are a multiple of 4 KB apart they all need the same few lines
/// of the L1 cache: 78 to 91 % of the peak at a width of 1024 or 3072, and 92 to 98 % with a line
/// between the rows (Zen 4).
constexpr Stride spread_rows(Stride width) noexcept {
  const Stride padded = padded_width(width);
  return padded % 256 == 0 ? padded + panel_width : padded;
}

/// Keys of one step of the online softmax: a step's scores for 32 queries are 13 KB and stay in the
/// L1 cache beside the keys and values that they meet.
constexpr Stride key_block = 104;

/// How weights are held, and the arithmetic of their products. Sums are in the type of the network
/// but for int8.
enum class WeightFormat : unsigned char {
  native,          ///< values of the type that is computed in
  float16,         ///< IEEE binary16, which becomes float as it is read
  bfloat16,        ///< bfloat16, which becomes float as it is read
  bfloat16_pairs,  ///< bfloat16 for products of bfloat16, in pairs of inputs; x is encoded
  int8,            ///< 8-bit integers with a scale for each output; x is encoded
};
constexpr int weight_formats = 5;

/// `y = [y +] scale ⊙ activation(x Wᵀ + bias)` for a range of panels of W.
template <class Scalar>
struct GemmArguments {
  /// `[rows, depth]`; where the format wants it, rows that were encoded in place.
  const Scalar* x = nullptr;
  Stride rows = 0;
  Stride x_stride = 0;
  Stride depth = 0;  ///< inputs of W
  /// The inputs of a row come in so many runs of one length, each `run_stride` after the one before
  /// it: the rows of a convolution's window, read where they lie in a map. More than one where the
  /// format takes them (`FormatKernels::takes_runs`).
  Stride runs = 1;
  Stride run_stride = 0;

  WeightFormat format = WeightFormat::native;
  const void* panels = nullptr;  ///< the first panel of the range, as `PanelLayout` says
  Stride outputs = 0;            ///< columns of y that are written, from the first panel on
  Stride panels_after = 0;       ///< further panels in memory that are likely to be used next

  const Scalar* bias = nullptr;  ///< `[outputs]` or null
  Activation activation = Activation::none;
  const Scalar* scale = nullptr;  ///< `[outputs]` or null: LayerScale
  bool accumulate = false;        ///< add to what `y` holds: the residual connection

  Scalar* y = nullptr;
  Stride y_stride = 0;
  /// Outputs come in groups of so many panels, each group a matrix of its own that begins
  /// `group_stride` after the one before it; 0 where there is one matrix. Queries, keys and values
  /// are written head by head in this way.
  Stride group_panels = 0;
  Stride group_stride = 0;
  /// Panels before the first one in its group.
  Stride group_offset = 0;
};

/// In which numbers attention multiplies.
enum class AttentionFormat : unsigned char {
  native,    ///< the type of the network
  bfloat16,  ///< pairs of bfloat16, sums in float; keys and values are packed
  words,     ///< pairs of 16-bit integers, sums in integers; keys and values are packed
};
constexpr int attention_formats = 3;

/// Where in the memory of a head its packed keys and values are, in floats.
///
///     [keys, width / 2]  pairs of neighbours of a key, two of them in the place of a float
///     [keys / 2, width]  pairs of neighbouring values
///     [3, keys]          of integers: scale of a key; exponent and share of a value
struct PackedHead {
  Stride values;
  Stride key_scales;
  Stride exponents;
  Stride shares;
  Stride size;

  constexpr PackedHead(Stride keys, Stride width) noexcept
      : values(keys * width / 2),
        key_scales(values + (keys + 1) / 2 * width),
        exponents(key_scales + padded_width(keys)),
        shares(exponents + padded_width(keys)),
        size(shares + padded_width(keys)) {}
};

/// Scaled dot-product attention of some queries of one head: `out = softmax(q kᵀ scale + bias) v`.
template <class Scalar>
struct AttentionArguments {
  const Scalar* q = nullptr;  ///< `[queries, width]`
  AttentionFormat format = AttentionFormat::native;
  /// `[keys, width]`; where the format packs them, the memory of the packed head that they are of.
  const Scalar* k = nullptr;
  const Scalar* v = nullptr;
  Stride queries = 0;  ///< at most `attention_queries`
  Stride keys = 0;
  /// Keys that the packed head has, if more than these, which are its first ones.
  Stride packed_keys = 0;
  /// Keys of the longest sequence that this one may be computed beside, or 0. Blocks of keys are
  /// cut as its are, so that a sum does not depend on how many masked keys come after the others.
  Stride longest_keys = 0;
  Stride width = 0;      ///< of a head, filled up with zeros to a multiple of 16
  Stride out_width = 0;  ///< of a head
  Stride q_stride = 0;   ///< from one query to the next
  Stride kv_stride = 0;  ///< from one key, or value, to the next
  Scalar scale = 1;
  /// Added to the scores, or null: `[keys, attention_queries]`, as scores are stored: a key a row,
  /// a query a column. Columns beyond `queries` hold numbers, whichever.
  const Scalar* bias = nullptr;
  Scalar* out = nullptr;  ///< `[queries, out_width]`
  Stride out_stride = 0;
  Scalar* probabilities = nullptr;  ///< `[queries, keys]`, or null where they are not asked for
  /// `attention_scratch(width)` values, and `packed_attention_scratch` more where keys are packed.
  Scalar* scratch = nullptr;
};

/// Most queries of one call of the attention kernel.
constexpr Stride attention_queries = 32;

/// Values of scratch that one call of the attention kernel needs: queries and output transposed or
/// not `[32, width]` each, scores `[104, 32]`, and greatest score, sum and factor of each query.
constexpr Stride attention_scratch(Stride width) {
  return 2 * attention_queries * width + key_block * attention_queries + 3 * attention_queries;
}

/// Values of scratch for a block of probabilities in pairs.
constexpr Stride packed_attention_scratch = key_block / 2 * attention_queries;

/// `y = (x - mean) / sqrt(variance + eps) ⊙ gamma + beta`, row by row; where it is not `centered`,
/// `y = x / sqrt(mean of squares + eps) ⊙ gamma + beta`.
template <class Scalar>
struct LayerNormArguments {
  const Scalar* x = nullptr;  ///< `[rows, size]`
  Stride rows = 0;
  Stride x_stride = 0;
  Stride size = 0;
  const Scalar* gamma = nullptr;
  const Scalar* beta = nullptr;  ///< may be null
  Scalar eps = 0;
  bool centered = true;
  Scalar* y = nullptr;  ///< may be x
  Stride y_stride = 0;
};

/// Rotation of pairs of values, in place and row by row: `x = x ⊙ cos + partner(x) ⊙ sin`. The
/// partner of value i is the other one of its pair: of neighbours (0, 1), (2, 3), ... or, where
/// `halves`, of equal places in the two halves of a row. `sin` carries the sign: minus at the first
/// of a pair.
template <class Scalar>
struct RotationArguments {
  Scalar* x = nullptr;  ///< `[rows, size]`
  Stride rows = 0;
  Stride x_stride = 0;
  Stride size = 0;              ///< even
  const Scalar* cos = nullptr;  ///< `[rows, size]`, rows `table_stride` apart
  const Scalar* sin = nullptr;
  Stride table_stride = 0;
  bool halves = false;
};

/// A place between two pixels of a row: `(1 - weight) x(first) + weight x(second)`.
template <class Scalar>
struct PixelTap {
  Stride first = 0;
  Stride second = 0;
  Scalar weight = 0;
};

/// Pixels between those of two rows, `y(i) = [y(i) +] (1 - weight) above(taps[i]) + weight
/// below(taps[i])`, each the sum of four pixels.
template <class Scalar>
struct BlendArguments {
  const Scalar* above = nullptr;  ///< `[_, channels]`
  const Scalar* below = nullptr;
  Scalar weight = 0;
  const PixelTap<Scalar>* taps = nullptr;
  Stride pixels = 0;
  Stride channels = 0;
  bool add = false;     ///< to what `y` holds
  Scalar* y = nullptr;  ///< `[pixels, channels]`
};

}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
