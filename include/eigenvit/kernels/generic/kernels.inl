// All kernels, in terms of `Vec`, `lanes`, `tile_rows` and `tile_vecs` of the namespace that
// includes this file: once for each instruction set, inside its region. So there is no guard.
// Each builds on those before it: the order matters.
// clang-format off
#include <eigenvit/kernels/generic/math.inl>
#include <eigenvit/kernels/generic/tile.inl>
#include <eigenvit/kernels/generic/gemm.inl>
#include <eigenvit/kernels/generic/layer_norm.inl>
#include <eigenvit/kernels/generic/packing.inl>
#include <eigenvit/kernels/generic/attention.inl>
#include <eigenvit/kernels/generic/transposed.inl>
#include <eigenvit/kernels/generic/rows.inl>
#include <eigenvit/kernels/generic/rotary.inl>
// clang-format on

inline constexpr KernelTable table = {name,           int{lanes},
                                      int{tile_rows}, gemm,
                                      attention,      layer_norm,
                                      activate_row,   softmax_columns,
                                      weighted_sums,  transposed_product,
                                      sum_rows,       add_row,
                                      gate,           rotate,
                                      pack_panel};
