// The product with packed weights, and what is done to it on the way to memory.

/// Columns of a whole tile, and those of it that lie in one panel.
inline constexpr int tile_columns = tile_vecs * lanes;
inline constexpr int part_columns = tile_columns < panel_width ? tile_columns : int{panel_width};

/// Sums of a tile and where they go: `part_columns` columns of one panel.
struct TilePart {
  const float* sums;  ///< rows `sums_stride` apart
  Stride sums_stride;
  Stride rows;
  const float* bias;   ///< may be null
  const float* scale;  ///< may be null
  bool accumulate;
  float* y;
  Stride y_stride;
};

template <Activation activation>
EIGENVIT_FORCE_INLINE void finish(const TilePart& part) {
  EIGENVIT_UNROLL
  for (int c = 0; c < part_columns; c += lanes) {
    const Vec bias = part.bias ? load(part.bias + c) : zero();
    const Vec scale = part.scale ? load(part.scale + c) : zero();
    for (Stride r = 0; r < part.rows; ++r) {
      Vec value = activate<activation>(load(part.sums + r * part.sums_stride + c) + bias);
      if (part.scale) value = value * scale;
      float* const place = part.y + r * part.y_stride + c;
      if (part.accumulate) value = value + load(place);
      store(place, value);
    }
  }
}

EIGENVIT_NO_INLINE void finish_whole(Activation activation, const TilePart& part) {
  switch (activation) {
    case Activation::none:
      return finish<Activation::none>(part);
    case Activation::gelu:
      return finish<Activation::gelu>(part);
    case Activation::gelu_tanh:
      return finish<Activation::gelu_tanh>(part);
    case Activation::quick_gelu:
      return finish<Activation::quick_gelu>(part);
    case Activation::silu:
      return finish<Activation::silu>(part);
    case Activation::relu:
      return finish<Activation::relu>(part);
    case Activation::tanh:
      return finish<Activation::tanh>(part);
  }
}

EIGENVIT_FORCE_INLINE void copy_values(const float* from, Stride count, float* to) {
  for (Stride i = 0; i < count; ++i) to[i] = from[i];
}

/// As `finish_whole` for the first `valid` columns only: what lies beside them in memory belongs to
/// somebody else, so the rest is done in a copy.
EIGENVIT_NO_INLINE void finish_tail(Activation activation, const TilePart& part, Stride valid) {
  alignas(64) float bias[part_columns] = {};
  alignas(64) float scale[part_columns] = {};
  alignas(64) float y[tile_rows * part_columns] = {};
  TilePart whole = part;
  if (part.bias) copy_values(part.bias, valid, bias);
  if (part.scale) copy_values(part.scale, valid, scale);
  whole.bias = part.bias ? bias : nullptr;
  whole.scale = part.scale ? scale : nullptr;
  whole.y = y;
  whole.y_stride = part_columns;
  for (Stride r = 0; part.accumulate && r < part.rows; ++r) {
    copy_values(part.y + r * part.y_stride, valid, y + r * part_columns);
  }
  finish_whole(activation, whole);
  for (Stride r = 0; r < part.rows; ++r) {
    copy_values(y + r * part_columns, valid, part.y + r * part.y_stride);
  }
}

/// Finishes the columns of a tile that begin at output `first`, `columns` of them.
EIGENVIT_FORCE_INLINE void finish_tile(const GemmArguments<float>& g, const float* sums,
                                       Stride columns, Stride first_row, Stride rows,
                                       Stride first) {
  for (Stride c = 0; c < columns; c += part_columns) {
    const Stride column = first + c;
    const Stride valid = g.outputs - column;
    if (valid <= 0) return;
    Stride place = column;
    if (g.group_panels > 0) {
      const Stride panel = g.group_offset + column / panel_width;
      place = panel / g.group_panels * g.group_stride + panel % g.group_panels * panel_width +
              column % panel_width;
    }
    const TilePart part{sums + c,
                        columns,
                        rows,
                        g.bias ? g.bias + column : nullptr,
                        g.scale ? g.scale + column : nullptr,
                        g.accumulate,
                        g.y + first_row * g.y_stride + place,
                        g.y_stride};
    if (valid >= part_columns) {
      finish_whole(g.activation, part);
    } else {
      finish_tail(g.activation, part, valid);
    }
  }
}

/// The tiles of `vecs` registers' width that begin at output `first`, all rows.
template <int vecs>
EIGENVIT_FORCE_INLINE void gemm_columns(const GemmArguments<float>& g, Stride first) {
  alignas(64) float sums[tile_rows * vecs * lanes];
  const float* const b =
      g.panels + first / panel_width * panel_width * g.depth + first % panel_width;
  for (Stride row = 0; row < g.rows;) {
    const Stride height = tile_height<vecs>(g.rows - row);
    packed_tile_of<tile_rows, vecs>(height, g.x + row * g.x_stride, g.x_stride, b, g.depth, sums,
                                    vecs * lanes);
    finish_tile(g, sums, vecs * lanes, row, height, first);
    row += height;
  }
}

/// See `GemmArguments`. A panel meets all rows before the next one is read: the rows, about 66 of
/// them in a task, stay in the L2 cache, and the panel too, if it does not fit into the L1 cache.
inline void gemm(const GemmArguments<float>& g) {
  Stride first = 0;
  for (; first + tile_columns <= g.outputs || (tile_columns <= panel_width && first < g.outputs);
       first += tile_columns) {
    gemm_columns<tile_vecs>(g, first);
  }
  if constexpr (tile_columns > panel_width) {
    // Whole panels that are left, but no pair of them.
    if (g.outputs - first > panel_width) {
      gemm_columns<tile_vecs>(g, first);
    } else if (first < g.outputs) {
      gemm_columns<panel_vecs>(g, first);
    }
  }
}
