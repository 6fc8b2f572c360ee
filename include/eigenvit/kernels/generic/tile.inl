// The product that all time is spent in: a tile of sums that stays in registers while it runs
// through the whole depth.

/// One step of the depth: `sum[r][v] += a(r) * b[v]`. The rows of `a` are reached from one pointer
/// for every three, which leaves enough general registers for all of them.
template <int rows, int vecs>
EIGENVIT_FORCE_INLINE void tile_step(const float* const (&a)[(rows + 2) / 3], Stride a_row,
                                     const float* b, Stride b_panel, Vec (&sum)[rows][vecs]) {
  Vec weights[vecs];
  EIGENVIT_UNROLL
  for (int v = 0; v < vecs; ++v) {
    weights[v] = load(b + v * lanes / panel_width * b_panel + v * lanes % panel_width);
  }
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    const Vec x = broadcast_from(a[r / 3] + r % 3 * a_row);
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) multiply_add(sum[r][v], x, weights[v]);
  }
}

/// `c[rows, vecs·lanes] = [c +] sum over k < depth of a(r, k) b(k, ·)`.
///
/// a(r, k) stands at `a[r * a_row + k]`, or at `a[r + k * a_step]` where `columns` says that the
/// rows are neighbours in memory. b(k, ·) begins at `b[k * b_step]`, sixteen values from each of
/// the panels that the tile spans, `b_panel` apart. Every sum is formed in the order of k, from c
/// or from zero, whatever the size of the tile: a result does not depend on how rows are cut.
template <int rows, int vecs, bool columns, bool accumulate>
EIGENVIT_FORCE_INLINE void tile(const float* a, Stride a_stride, const float* b, Stride b_panel,
                                Stride b_step, Stride depth, float* c, Stride c_row) {
  constexpr int pointers = (rows + 2) / 3;
  const Stride a_row = columns ? 1 : a_stride;
  const Stride a_step = columns ? a_stride : 1;
  Vec sum[rows][vecs];
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v)
      sum[r][v] = accumulate ? load(c + r * c_row + v * lanes) : zero();
  }
  const float* row[pointers];
  EIGENVIT_UNROLL
  for (int i = 0; i < pointers; ++i) row[i] = a + 3 * i * a_row;

  // Four steps at a time, so that moving the pointers costs little beside the products.
  Stride k = 0;
  for (; k + 4 <= depth; k += 4) {
    EIGENVIT_UNROLL
    for (int step = 0; step < 4; ++step) {
      tile_step<rows, vecs>(row, a_row, b, b_panel, sum);
      EIGENVIT_UNROLL
      for (int i = 0; i < pointers; ++i) row[i] += a_step;
      b += b_step;
    }
  }
  for (; k < depth; ++k) {
    tile_step<rows, vecs>(row, a_row, b, b_panel, sum);
    EIGENVIT_UNROLL
    for (int i = 0; i < pointers; ++i) row[i] += a_step;
    b += b_step;
  }
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) store(c + r * c_row + v * lanes, sum[r][v]);
  }
}

/// A tile of the packed product, of weights in panels `[depth, 16]`. Not inlined: the loops that
/// call it need registers of their own.
template <int rows, int vecs>
EIGENVIT_NO_INLINE void packed_tile(const float* a, Stride a_row, const float* b, Stride depth,
                                    float* c, Stride c_row) {
  tile<rows, vecs, false, false>(a, a_row, b, panel_width * depth, panel_width, depth, c, c_row);
}

/// Which heights of tiles there are: those near the greatest, which long runs of rows are cut into,
/// and powers of two for the rest. Each further one would cost every user compile time.
template <int vecs>
EIGENVIT_FORCE_INLINE constexpr bool is_tile_height(Stride rows) {
  return rows == 1 || rows == 2 || rows == 4 || rows == 8 ||
         (vecs == tile_vecs && rows > 3 * tile_rows / 4);
}

/// Height of the first tile of `rows` rows. They are shared out evenly, as far as there are tiles
/// for it: a last tile of one row would take half as long as a whole one.
template <int vecs>
EIGENVIT_FORCE_INLINE Stride tile_height(Stride rows) {
  const Stride tiles = (rows + tile_rows - 1) / tile_rows;
  const Stride even = (rows + tiles - 1) / tiles;
  if (is_tile_height<vecs>(even)) return even;
  return even >= 8 ? 8 : even >= 4 ? 4 : even >= 2 ? 2 : 1;
}

/// Runs the tile of `height` rows, one of the heights up to `rows` that there are.
template <int rows, int vecs>
EIGENVIT_FORCE_INLINE void packed_tile_of(Stride height, const float* a, Stride a_row,
                                          const float* b, Stride depth, float* c, Stride c_row) {
  if constexpr (is_tile_height<vecs>(rows)) {
    if (height == rows) return packed_tile<rows, vecs>(a, a_row, b, depth, c, c_row);
  }
  if constexpr (rows > 1) packed_tile_of<rows - 1, vecs>(height, a, a_row, b, depth, c, c_row);
}

/// Rows `[begin, end)` of the piece `i` of `pieces` nearly equal ones of `rows`.
struct Piece {
  Stride begin;
  Stride end;
};

EIGENVIT_FORCE_INLINE Piece piece_of(Stride rows, Stride pieces, Stride i) {
  return {rows * i / pieces, rows * (i + 1) / pieces};
}
