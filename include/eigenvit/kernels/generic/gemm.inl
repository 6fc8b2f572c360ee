// The product with packed weights, and what is done to it on the way to memory.

/// Columns of a whole tile, and those of it that lie in one panel.
inline constexpr int tile_columns = tile_vecs * lanes;
inline constexpr int part_columns = tile_columns < panel_width ? tile_columns : int{panel_width};

/// Sums of a tile, begun with their bias, and where they go: `part_columns` columns of one panel.
struct TilePart {
  const float* sums;  ///< rows `sums_stride` apart
  Stride sums_stride;
  Stride rows;
  const float* scale;  ///< may be null
  bool accumulate;
  float* y;  ///< may be `sums`
  Stride y_stride;
};

template <Activation activation>
EIGENVIT_FORCE_INLINE void finish(const TilePart& part) {
  EIGENVIT_UNROLL
  for (int c = 0; c < part_columns; c += lanes) {
    const Vec scale = part.scale ? load(part.scale + c) : zero();
    for (Stride r = 0; r < part.rows; ++r) {
      Vec value = activate<activation>(load(part.sums + r * part.sums_stride + c));
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
  alignas(64) float scale[part_columns] = {};
  alignas(64) float y[tile_rows * part_columns] = {};
  TilePart whole = part;
  if (part.scale) copy_values(part.scale, valid, scale);
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

/// Where output `column` stands in a row of y.
EIGENVIT_FORCE_INLINE Stride place_of(const GemmArguments<float>& g, Stride column) {
  if (g.group_panels == 0) return column;
  const Stride panel = g.group_offset + column / panel_width;
  return panel / g.group_panels * g.group_stride + panel % g.group_panels * panel_width +
         column % panel_width;
}

/// The tiles of `vecs` registers' width that begin at output `first`, all rows, straight into y.
template <int vecs>
EIGENVIT_FORCE_INLINE void gemm_columns_in_place(const GemmArguments<float>& g, Stride first,
                                                 const float* b) {
  constexpr int columns = vecs * lanes;
  const Stride place = place_of(g, first);
  const Stride next_panel = columns > panel_width ? place_of(g, first + panel_width) - place : 0;
  const float* const bias = g.bias ? g.bias + first : nullptr;
  const float* const scale = g.scale ? g.scale + first : nullptr;
  // Each tile brings 8 depth values of the panels that come next near, as long as there are some.
  const bool has_next = g.outputs - first + g.panels_behind * panel_width >= 2 * columns;
  const float* ahead = has_next ? b + columns * g.depth : b;
  Stride shares = has_next ? columns / 8 : 0;
  for (Stride row = 0; row < g.rows;) {
    const Stride height = tile_height<vecs>(g.rows - row);
    float* const y = g.y + row * g.y_stride + place;
    packed_tile_of<tile_rows, vecs>(height, g.x + row * g.x_stride, g.x_stride, b, g.depth, ahead,
                                    {y, g.y_stride, next_panel, bias, scale, g.accumulate});
    if (g.activation != Activation::none) {
      // While the tile is in the L1 cache.
      for (int c = 0; c < columns; c += part_columns) {
        float* const part = y + c / panel_width * next_panel + c % panel_width;
        finish_whole(g.activation, {part, g.y_stride, height, nullptr, false, part, g.y_stride});
      }
    }
    row += height;
    ahead = --shares > 0 ? ahead + 8 * g.depth : b;
  }
}

/// The same by way of a copy of each tile: where y ends within it, or what stands in y is still
/// wanted after an activation.
template <int vecs>
EIGENVIT_FORCE_INLINE void gemm_columns_by_copy(const GemmArguments<float>& g, Stride first,
                                                const float* b) {
  constexpr int columns = vecs * lanes;
  alignas(64) float sums[tile_rows * columns];
  alignas(64) float bias[columns] = {};
  if (g.bias) {
    copy_values(g.bias + first, g.outputs - first < columns ? g.outputs - first : columns, bias);
  }
  for (Stride row = 0; row < g.rows;) {
    const Stride height = tile_height<vecs>(g.rows - row);
    packed_tile_of<tile_rows, vecs>(height, g.x + row * g.x_stride, g.x_stride, b, g.depth, b,
                                    {sums, columns, panel_width, bias, nullptr, false});
    for (Stride c = 0; c < columns && first + c < g.outputs; c += part_columns) {
      const Stride valid = g.outputs - first - c;
      const TilePart part{sums + c,     columns,
                          height,       g.scale ? g.scale + first + c : nullptr,
                          g.accumulate, g.y + row * g.y_stride + place_of(g, first + c),
                          g.y_stride};
      if (valid >= part_columns) {
        finish_whole(g.activation, part);
      } else {
        finish_tail(g.activation, part, valid);
      }
    }
    row += height;
  }
}

template <int vecs>
EIGENVIT_FORCE_INLINE void gemm_columns(const GemmArguments<float>& g, Stride first) {
  const float* const b =
      g.panels + first / panel_width * panel_width * g.depth + first % panel_width;
  const bool ends_within = g.outputs - first < vecs * lanes;
  if (ends_within || (g.activation != Activation::none && (g.scale || g.accumulate))) {
    gemm_columns_by_copy<vecs>(g, first, b);
  } else {
    gemm_columns_in_place<vecs>(g, first, b);
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
