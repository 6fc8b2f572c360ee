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

/// What is multiplied in a tile of the packed product.
struct TileFactors {
  const float* a;  ///< `[rows, depth]`
  Stride a_row;    ///< from one row to the next
  const float* b;  ///< `[depth, 16]` of each panel that the tile spans
  Stride b_panel;  ///< from one panel to the next
  Stride depth;
  /// `4 depth` values for each panel, that are brought into the L2 cache meanwhile.
  const float* ahead;
};

/// Where the sums of a tile begin, and what is done to them on their way to memory.
struct TileSums {
  const float* begin;  ///< what the first row's sums begin with
  Stride begin_row;    ///< from there to the next row's; 0 for a bias, which all rows have
  float* y;            ///< the first sum, its row's neighbours behind it
  Stride y_row;        ///< from one row to the next
  Stride y_panel;      ///< from one panel's sums to those of the panel beside it
  const float* scale;  ///< of each column; null for 1
  bool accumulate;     ///< add to what stands in memory

  EIGENVIT_FORCE_INLINE float* place(int row, int vec) const {
    return y + row * y_row + vec * lanes / panel_width * y_panel + vec * lanes % panel_width;
  }
};

/// `sum[r][·] = sum[r][·] + sum over k < depth of a(r, k) b(k, ·)`.
///
/// a(r, k) stands at `a[r * a_row + k]`, or at `a[r + k * a_step]` where `columns` says that the
/// rows are neighbours in memory. b(k, ·) begins at `b[k * b_step]`, sixteen values from each of
/// the panels that the tile spans, `b_panel` apart. Every sum is formed in the order of k whatever
/// the size of the tile: a result does not depend on how rows are cut. Of packed weights, a cache
/// line for each panel is brought near every four steps, from `ahead` on: about what memory gives
/// without being waited for.
template <int rows, int vecs, bool columns>
EIGENVIT_FORCE_INLINE void add_products(const float* a, Stride a_stride, const float* b,
                                        Stride b_panel, Stride b_step, Stride depth,
                                        const float* ahead, Vec (&sum)[rows][vecs]) {
  constexpr int pointers = (rows + 2) / 3;
  const Stride a_row = columns ? 1 : a_stride;
  const Stride a_step = columns ? a_stride : 1;
  const float* row[pointers];
  EIGENVIT_UNROLL
  for (int i = 0; i < pointers; ++i) row[i] = a + 3 * i * a_row;

  // Four steps at a time, so that moving the pointers costs little beside the products.
  Stride k = 0;
  for (; k + 4 <= depth; k += 4) {
    if constexpr (!columns) {
      EIGENVIT_UNROLL
      for (int v = 0; v < vecs; v += panel_vecs) {
        __builtin_prefetch(ahead, 0, 2);
        ahead += panel_width;
      }
    }
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
}

/// A tile of the packed product, of weights in panels `[depth, 16]`. Not inlined: the loops that
/// call it need registers of their own. What follows the sums is done while they are in registers,
/// and decided once for the tile.
template <int rows, int vecs>
EIGENVIT_NO_INLINE void packed_tile(const TileFactors& factors, const TileSums& sums) {
  Vec sum[rows][vecs];
  EIGENVIT_UNROLL
  for (int v = 0; v < vecs; ++v) {
    sum[0][v] = load(sums.begin + v * lanes);
    EIGENVIT_UNROLL
    for (int r = 1; r < rows; ++r) sum[r][v] = sum[0][v];
  }
  if (sums.begin_row != 0) {
    EIGENVIT_UNROLL
    for (int r = 1; r < rows; ++r) {
      EIGENVIT_UNROLL
      for (int v = 0; v < vecs; ++v) {
        sum[r][v] = load(sums.begin + r * sums.begin_row + v * lanes);
      }
    }
  }
  add_products<rows, vecs, false>(factors.a, factors.a_row, factors.b, factors.b_panel, panel_width,
                                  factors.depth, factors.ahead, sum);
  if (sums.accumulate) {
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) {
      const Vec scale = sums.scale ? load(sums.scale + v * lanes) : broadcast(1.0f);
      EIGENVIT_UNROLL
      for (int r = 0; r < rows; ++r) sum[r][v] = fma(sum[r][v], scale, load(sums.place(r, v)));
    }
  } else if (sums.scale) {
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) {
      const Vec scale = load(sums.scale + v * lanes);
      EIGENVIT_UNROLL
      for (int r = 0; r < rows; ++r) sum[r][v] = sum[r][v] * scale;
    }
  }
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) store(sums.place(r, v), sum[r][v]);
  }
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
EIGENVIT_FORCE_INLINE constexpr Stride tile_height(Stride rows) {
  const Stride tiles = (rows + tile_rows - 1) / tile_rows;
  const Stride even = (rows + tiles - 1) / tiles;
  if (is_tile_height<vecs>(even)) return even;
  return even >= 8 ? 8 : even >= 4 ? 4 : even >= 2 ? 2 : 1;
}

/// Runs the tile of `height` rows, one of the heights up to `rows` that there are.
template <int rows, int vecs>
EIGENVIT_FORCE_INLINE void packed_tile_of(Stride height, const TileFactors& factors,
                                          const TileSums& sums) {
  if constexpr (is_tile_height<vecs>(rows)) {
    if (height == rows) return packed_tile<rows, vecs>(factors, sums);
  }
  if constexpr (rows > 1) packed_tile_of<rows - 1, vecs>(height, factors, sums);
}

/// Rows `[begin, end)` of the piece `i` of `pieces` nearly equal ones of `rows`.
struct Piece {
  Stride begin;
  Stride end;
};

EIGENVIT_FORCE_INLINE Piece piece_of(Stride rows, Stride pieces, Stride i) {
  return {rows * i / pieces, rows * (i + 1) / pieces};
}
