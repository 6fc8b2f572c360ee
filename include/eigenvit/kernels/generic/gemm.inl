// The product with packed weights, and what is done to it on the way to memory.

/// Columns of a whole tile, and those of it that lie in one panel.
inline constexpr int tile_columns = tile_vecs * lanes;
inline constexpr int part_columns = tile_columns < panel_width ? tile_columns : int{panel_width};

/// `y = activation(x)` of `part_columns` columns; `y` may be `x`.
template <Activation activation>
EIGENVIT_FORCE_INLINE void activate_columns_by(const float* x, Stride x_stride, Stride rows,
                                               float* y, Stride y_stride) {
  for (Stride r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int c = 0; c < part_columns; c += lanes) {
      store(y + r * y_stride + c, activate<activation>(load(x + r * x_stride + c)));
    }
  }
}

/// The same for an activation that is known at run time.
EIGENVIT_NO_INLINE void activate_columns(Activation activation, const float* x, Stride x_stride,
                                         Stride rows, float* y, Stride y_stride) {
  switch (activation) {
    case Activation::none:
      return activate_columns_by<Activation::none>(x, x_stride, rows, y, y_stride);
    case Activation::gelu:
      return activate_columns_by<Activation::gelu>(x, x_stride, rows, y, y_stride);
    case Activation::gelu_tanh:
      return activate_columns_by<Activation::gelu_tanh>(x, x_stride, rows, y, y_stride);
    case Activation::quick_gelu:
      return activate_columns_by<Activation::quick_gelu>(x, x_stride, rows, y, y_stride);
    case Activation::silu:
      return activate_columns_by<Activation::silu>(x, x_stride, rows, y, y_stride);
    case Activation::relu:
      return activate_columns_by<Activation::relu>(x, x_stride, rows, y, y_stride);
    case Activation::tanh:
      return activate_columns_by<Activation::tanh>(x, x_stride, rows, y, y_stride);
  }
}

/// Sums of a tile, begun with their bias, and where they go: `part_columns` columns of one panel.
struct TilePart {
  const float* sums;  ///< rows `sums_stride` apart
  Stride sums_stride;
  Stride rows;
  const float* scale;  ///< may be null
  bool accumulate;
  float* y;
  Stride y_stride;
};

EIGENVIT_FORCE_INLINE void copy_values(const float* from, Stride count, float* to) {
  for (Stride i = 0; i < count; ++i) to[i] = from[i];
}

/// `y = [y +] scale · value` of a register's columns.
EIGENVIT_FORCE_INLINE void finish_lanes(const float* values, const float* scale, bool accumulate,
                                        float* y) {
  const Vec factor = scale ? load(scale) : broadcast(1.0f);
  store(y, accumulate ? fma(load(values), factor, load(y)) : load(values) * factor);
}

/// `y = [y +] scale · activation(sums)` of the first `valid` columns: what lies beside them in
/// memory belongs to somebody else.
EIGENVIT_NO_INLINE void finish_tile(Activation activation, const TilePart& part, Stride valid) {
  alignas(64) float activated[tile_rows * part_columns];
  activate_columns(activation, part.sums, part.sums_stride, part.rows, activated, part_columns);
  const Stride whole = valid / lanes * lanes;
  const Stride rest = valid - whole;
  alignas(64) float last_scale[lanes] = {};
  alignas(64) float last_y[lanes] = {};
  if (part.scale) copy_values(part.scale + whole, rest, last_scale);
  for (Stride r = 0; r < part.rows; ++r) {
    const float* const values = activated + r * part_columns;
    float* const y = part.y + r * part.y_stride;
    for (Stride c = 0; c < whole; c += lanes) {
      finish_lanes(values + c, part.scale ? part.scale + c : nullptr, part.accumulate, y + c);
    }
    if (rest != 0) {
      if (part.accumulate) copy_values(y + whole, rest, last_y);
      finish_lanes(values + whole, part.scale ? last_scale : nullptr, part.accumulate, last_y);
      copy_values(last_y, rest, y + whole);
    }
  }
}

/// Where output `column` stands in a row of y.
EIGENVIT_FORCE_INLINE Stride place_of(const GemmArguments<float>& g, Stride column) {
  if (g.group_panels == 0) return column;
  const Stride panel = g.group_offset + column / panel_width;
  return panel / g.group_panels * g.group_stride + panel % g.group_panels * panel_width +
         column % panel_width;
}

/// A part of the depth of some panels, and the weights that come after it: the next part of these
/// panels or the first part of those behind them.
struct DepthPart {
  Stride begin;
  Stride end;
  const float* next;
};

/// How many parts the depth is cut into. Of a deep map, 64 KB of a panel at a time meet the rows:
/// more would leave the L2 cache before they meet the next ones.
EIGENVIT_FORCE_INLINE Stride depth_parts(Stride depth) {
  constexpr Stride part = 1024;
  return depth < 2 * part ? 1 : (depth + part - 1) / part;
}

/// Part `i` of `parts`; `behind` are the panels after those at `b`.
EIGENVIT_FORCE_INLINE DepthPart depth_part(Stride depth, Stride parts, Stride i, const float* b,
                                           const float* behind) {
  const Piece fours = piece_of(depth / 4, parts, i);
  const bool is_last = i == parts - 1;
  const Stride end = is_last ? depth : fours.end * 4;
  return {fours.begin * 4, end, is_last ? behind : b + end * panel_width};
}

/// What tile number `tile` of a part brings near: each of the first four a quarter of what comes
/// next; the others what they read themselves, which costs least.
template <int panels>
EIGENVIT_FORCE_INLINE const float* ahead_of(const DepthPart& part, Stride depth, Stride tile,
                                            const float* b) {
  if (tile >= 4) return b;
  return part.next + tile * panels / 4 * panel_width * depth +
         tile * panels % 4 * (panel_width / 4) * (part.end - part.begin);
}

/// Most rows that pass through a part of the depth before the next one is read.
inline constexpr Stride deep_rows = 80 / tile_rows * tile_rows;

/// The tiles of `vecs` registers' width that begin at output `first`, all rows, straight into y.
template <int vecs>
EIGENVIT_FORCE_INLINE void gemm_columns_in_place(const GemmArguments<float>& g, Stride first,
                                                 const float* b, const float* bias) {
  constexpr int columns = vecs * lanes;
  constexpr int panels = columns > panel_width ? columns / int{panel_width} : 1;
  const Stride place = place_of(g, first);
  const Stride next_panel = panels > 1 ? place_of(g, first + panel_width) - place : 0;
  const bool has_next = g.outputs - first + g.panels_behind * panel_width >= 2 * columns;
  const Stride parts = depth_parts(g.depth);
  const Stride row_blocks = parts == 1 ? 1 : (g.rows + deep_rows - 1) / deep_rows;
  // Sums of all parts but the last.
  alignas(64) float partial[deep_rows * columns];

  for (Stride block = 0; block < row_blocks; ++block) {
    const Piece rows = piece_of(g.rows, row_blocks, block);
    for (Stride i = 0; i < parts; ++i) {
      const DepthPart part = depth_part(g.depth, parts, i, b, has_next ? b + columns * g.depth : b);
      Stride tile = 0;
      for (Stride row = rows.begin; row < rows.end; ++tile) {
        const Stride height = tile_height<vecs>(rows.end - row);
        const TileFactors factors{
            g.x + row * g.x_stride + part.begin,
            g.x_stride,
            b + part.begin * panel_width,
            panel_width * g.depth,
            part.end - part.begin,
            ahead_of<panels>(part, g.depth, tile, b + part.begin * panel_width)};
        float* const kept = parts == 1 ? partial : partial + (row - rows.begin) * columns;
        TileSums sums{
            i == 0 ? bias : kept, i == 0 ? 0 : columns, kept, columns, panel_width, nullptr, false};
        if (part.end < g.depth) {
          packed_tile_of<tile_rows, vecs>(height, factors, sums);
        } else {
          sums.y = g.y + row * g.y_stride + place;
          sums.y_row = g.y_stride;
          sums.y_panel = next_panel;
          sums.scale = g.scale ? g.scale + first : nullptr;
          sums.accumulate = g.accumulate;
          packed_tile_of<tile_rows, vecs>(height, factors, sums);
          // While the tile is in the L1 cache.
          for (int c = 0; g.activation != Activation::none && c < columns; c += part_columns) {
            float* const y = sums.y + c / panel_width * next_panel + c % panel_width;
            activate_columns(g.activation, y, g.y_stride, height, y, g.y_stride);
          }
        }
        row += height;
      }
    }
  }
}

/// The same by way of a copy of each tile: where y ends within it, or what stands in y is still
/// wanted after an activation.
template <int vecs>
EIGENVIT_FORCE_INLINE void gemm_columns_by_copy(const GemmArguments<float>& g, Stride first,
                                                const float* b, const float* bias) {
  constexpr int columns = vecs * lanes;
  alignas(64) float sums[tile_rows * columns];
  for (Stride row = 0; row < g.rows;) {
    const Stride height = tile_height<vecs>(g.rows - row);
    packed_tile_of<tile_rows, vecs>(
        height, {g.x + row * g.x_stride, g.x_stride, b, panel_width * g.depth, g.depth, b},
        {bias, 0, sums, columns, panel_width, nullptr, false});
    for (Stride c = 0; c < columns && first + c < g.outputs; c += part_columns) {
      const Stride valid = g.outputs - first - c;
      const TilePart part{sums + c,     columns,
                          height,       g.scale ? g.scale + first + c : nullptr,
                          g.accumulate, g.y + row * g.y_stride + place_of(g, first + c),
                          g.y_stride};
      finish_tile(g.activation, part, valid < part_columns ? valid : part_columns);
    }
    row += height;
  }
}

template <int vecs>
EIGENVIT_NO_INLINE void gemm_columns(const GemmArguments<float>& g, Stride first) {
  constexpr int columns = vecs * lanes;
  const float* const b =
      g.panels + first / panel_width * panel_width * g.depth + first % panel_width;
  const bool ends_within = g.outputs - first < columns;
  alignas(64) float bias[columns] = {};
  if (g.bias) copy_values(g.bias + first, ends_within ? g.outputs - first : columns, bias);
  if (ends_within || (g.activation != Activation::none && (g.scale || g.accumulate))) {
    gemm_columns_by_copy<vecs>(g, first, b, bias);
  } else {
    gemm_columns_in_place<vecs>(g, first, b, bias);
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
