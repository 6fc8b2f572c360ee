// Attention that never holds more scores than those of 104 keys, and sums of rows by weight.

/// Where the search for a greatest score begins. Not at -infinity: between that and a block of
/// scores that are all -infinity lies NaN.
inline constexpr float least_score = std::numeric_limits<float>::lowest();

/// Whether weighted sums for one or two panels of queries are cut into tiles of this height.
template <int vecs>
EIGENVIT_FORCE_INLINE constexpr bool is_value_height(Stride rows) {
  for (Stride left = attention_queries; left > 0; left -= tile_height<vecs>(left)) {
    if (tile_height<vecs>(left) == rows) return true;
  }
  for (Stride left = panel_width; left > 0; left -= tile_height<vecs>(left)) {
    if (tile_height<vecs>(left) == rows) return true;
  }
  return false;
}

template <int rows, int vecs>
EIGENVIT_NO_INLINE void value_tile(const float* p, Stride p_step, const float* v, Stride v_stride,
                                   Stride depth, float* out, Stride out_stride) {
  Vec sum[rows][vecs];
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int i = 0; i < vecs; ++i) sum[r][i] = load(out + r * out_stride + i * lanes);
  }
  add_products<rows, vecs, true>(p, p_step, v, panel_width, v_stride, depth, nullptr, sum);
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int i = 0; i < vecs; ++i) store(out + r * out_stride + i * lanes, sum[r][i]);
  }
}

/// Runs the tile of `height` rows, one of the heights up to `rows` that there are.
template <int rows, int vecs>
EIGENVIT_FORCE_INLINE void value_tile_of(Stride height, const float* p, Stride p_step,
                                         const float* v, Stride v_stride, Stride depth, float* out,
                                         Stride out_stride) {
  if constexpr (is_value_height<vecs>(rows)) {
    if (height == rows) {
      return value_tile<rows, vecs>(p, p_step, v, v_stride, depth, out, out_stride);
    }
  }
  if constexpr (rows > 1) {
    value_tile_of<rows - 1, vecs>(height, p, p_step, v, v_stride, depth, out, out_stride);
  }
}

template <int vecs>
EIGENVIT_FORCE_INLINE void add_weighted_columns(const float* p, Stride rows, const float* v,
                                                Stride v_stride, Stride depth, float* out,
                                                Stride out_stride) {
  for (Stride row = 0; row < rows;) {
    const Stride height = tile_height<vecs>(rows - row);
    value_tile_of<tile_rows, vecs>(height, p + row, rows, v, v_stride, depth,
                                   out + row * out_stride, out_stride);
    row += height;
  }
}

/// `out[r] += sum over k < depth of p(r, k) v[k]` for `rows` rows r, 16 or 32, of `width` columns,
/// a multiple of 16; the weights of value k stand at `p + k * rows`.
EIGENVIT_NO_INLINE void add_weighted(const float* p, Stride rows, const float* v, Stride v_stride,
                                     Stride depth, Stride width, float* out, Stride out_stride) {
  Stride c = 0;
  for (; c + tile_columns <= width; c += tile_columns) {
    add_weighted_columns<tile_vecs>(p, rows, v + c, v_stride, depth, out + c, out_stride);
  }
  if constexpr (tile_columns > panel_width) {
    if (c < width) {
      add_weighted_columns<panel_vecs>(p, rows, v + c, v_stride, depth, out + c, out_stride);
    }
  }
}

/// Queries times scale, turned so that sixteen of them are neighbours: `[panel][width][16]`. The
/// last one stands in the place of those that are missing from the last panel: nobody reads what
/// becomes of them.
EIGENVIT_FORCE_INLINE void turn_queries(const AttentionArguments<float>& a, Stride panels,
                                        float* turned) {
  // Scores are used as powers of two.
  const Vec scale = broadcast(a.scale * 1.44269504f);
  for (Stride panel = 0; panel < panels; ++panel) {
    float* const into = turned + panel * a.width * panel_width;
    const float* queries[panel_width];
    for (Stride lane = 0; lane < panel_width; ++lane) {
      const Stride query = panel * panel_width + lane;
      queries[lane] = a.q + (query < a.queries ? query : a.queries - 1) * a.q_stride;
    }
    pack_panel(queries, a.width, into);
    for (Stride i = 0; i < a.width * panel_width; i += lanes) {
      store(into + i, load(into + i) * scale);
    }
  }
}

/// The columns of `scores` that begin at `first`, `vecs` registers of them.
template <int vecs>
EIGENVIT_FORCE_INLINE void score_columns(const float* turned, Stride width, const float* k,
                                         Stride k_stride, Stride keys, float* scores,
                                         Stride columns, Stride first) {
  const float* const b = turned + first / panel_width * panel_width * width + first % panel_width;
  alignas(64) const float zeros[vecs * lanes] = {};
  for (Stride row = 0; row < keys;) {
    const Stride height = tile_height<vecs>(keys - row);
    packed_tile_of<tile_rows, vecs>(
        height, {k + row * k_stride, k_stride, b, panel_width * width, width, b},
        {zeros, 0, scores + row * columns + first, columns, panel_width, nullptr, false});
    row += height;
  }
}

/// `scores [keys, 16 panels]` of `keys` keys and the turned queries.
EIGENVIT_NO_INLINE void score_keys(const float* turned, Stride panels, Stride width, const float* k,
                                   Stride k_stride, Stride keys, float* scores) {
  const Stride columns = panels * panel_width;
  Stride c = 0;
  for (; c + tile_columns <= columns; c += tile_columns) {
    score_columns<tile_vecs>(turned, width, k, k_stride, keys, scores, columns, c);
  }
  if constexpr (tile_columns > panel_width) {
    if (c < columns) {
      score_columns<panel_vecs>(turned, width, k, k_stride, keys, scores, columns, c);
    }
  }
}

/// Adds `bias [keys, attention_queries]` to the scores of some keys.
EIGENVIT_FORCE_INLINE void add_bias(const float* bias, Stride keys, Stride columns, float* scores) {
  const Vec to_base_two = broadcast(1.44269504f);
  for (Stride j = 0; j < keys; ++j) {
    for (Stride c = 0; c < columns; c += lanes) {
      float* const score = scores + j * columns + c;
      store(score, fma(load(bias + j * attention_queries + c), to_base_two, load(score)));
    }
  }
}

/// One step of the online softmax for each column: raises `greatest` to the greatest score, makes
/// the scores powers of two relative to it, adds them to `total`, and leaves in `factor` by what
/// earlier sums must be multiplied. Returns whether any factor is not 1.
EIGENVIT_NO_INLINE bool softmax_step(float* scores, Stride keys, Stride columns, float* greatest,
                                     float* total, float* factor) {
  bool changed = false;
  for (Stride c = 0; c < columns; c += lanes) {
    const Vec before = load(greatest + c);
    // Four at a time: one maximum waits for the one before it.
    Vec mosts[4] = {before, before, before, before};
    Stride i = 0;
    for (; i + 4 <= keys; i += 4) {
      EIGENVIT_UNROLL
      for (int n = 0; n < 4; ++n) mosts[n] = max(mosts[n], load(scores + (i + n) * columns + c));
    }
    for (; i < keys; ++i) mosts[0] = max(mosts[0], load(scores + i * columns + c));
    const Vec most = max(max(mosts[0], mosts[1]), max(mosts[2], mosts[3]));
    const Vec shrink = exp2_below_limit(before - most);
    Vec sum = zero();
    for (Stride j = 0; j < keys; ++j) {
      const Vec p = exp2_below_limit(load(scores + j * columns + c) - most);
      store(scores + j * columns + c, p);
      sum = sum + p;
    }
    store(greatest + c, most);
    store(total + c, fma(load(total + c), shrink, sum));
    store(factor + c, shrink);
  }
  for (Stride c = 0; c < columns; ++c) changed = changed || !(factor[c] == 1.0f);
  return changed;
}

/// Rows of `[rows, width]` times one factor each.
EIGENVIT_FORCE_INLINE void scale_rows(const float* factor, Stride rows, Stride width, float* out) {
  for (Stride r = 0; r < rows; ++r) {
    const Vec by = broadcast(factor[r]);
    for (Stride c = 0; c < width; c += lanes) {
      store(out + r * width + c, load(out + r * width + c) * by);
    }
  }
}

/// Probabilities `[queries, keys]`, from the greatest score and the sum of each query.
EIGENVIT_FORCE_INLINE void write_probabilities(const AttentionArguments<float>& a,
                                               const float* turned, Stride panels, float* scores,
                                               const float* greatest, const float* total) {
  const Stride columns = panels * panel_width;
  for (Stride first = 0; first < a.keys; first += key_block) {
    const Stride count = a.keys - first < key_block ? a.keys - first : key_block;
    score_keys(turned, panels, a.width, a.k + first * a.kv_stride, a.kv_stride, count, scores);
    if (a.bias) add_bias(a.bias + first * attention_queries, count, columns, scores);
    for (Stride c = 0; c < columns; c += lanes) {
      for (Stride j = 0; j < count; ++j) {
        float* const score = scores + j * columns + c;
        store(score, exp2_below_limit(load(score) - load(greatest + c)) / load(total + c));
      }
    }
    for (Stride q = 0; q < a.queries; ++q) {
      for (Stride j = 0; j < count; ++j) {
        a.probabilities[q * a.keys + first + j] = scores[j * columns + q];
      }
    }
  }
}

/// See `AttentionArguments`. The scores stand turned, a key a row and a query a column, so that
/// greatest score and sum of each query are found without crossing lanes, and probabilities lie as
/// the product with the values reads them.
/// Source: Milakov and Gimelshein, arXiv:1805.02867; Dao et al., arXiv:2205.14135.
inline void attention(const AttentionArguments<float>& a) {
  const Stride panels = (a.queries + panel_width - 1) / panel_width;
  const Stride columns = panels * panel_width;
  float* const turned = a.scratch;
  float* const out = turned + columns * a.width;
  float* const scores = out + columns * a.width;
  float* const greatest = scores + key_block * columns;
  float* const total = greatest + columns;
  float* const factor = total + columns;

  turn_queries(a, panels, turned);
  for (Stride c = 0; c < columns; ++c) greatest[c] = least_score;
  for (Stride c = 0; c < columns; ++c) total[c] = 0.0f;
  for (Stride i = 0; i < columns * a.width; ++i) out[i] = 0.0f;

  const Stride blocks = (a.keys + key_block - 1) / key_block;
  for (Stride block = 0; block < blocks; ++block) {
    const Piece keys = piece_of(a.keys, blocks, block);
    const Stride count = keys.end - keys.begin;
    score_keys(turned, panels, a.width, a.k + keys.begin * a.kv_stride, a.kv_stride, count, scores);
    if (a.bias) add_bias(a.bias + keys.begin * attention_queries, count, columns, scores);
    const bool changed = softmax_step(scores, count, columns, greatest, total, factor);
    if (block > 0 && changed) scale_rows(factor, columns, a.width, out);
    add_weighted(scores, columns, a.v + keys.begin * a.kv_stride, a.kv_stride, count, a.width, out,
                 a.width);
  }

  for (Stride c = 0; c < columns; c += lanes) {
    store(factor + c, broadcast(1.0f) / load(total + c));
  }
  scale_rows(factor, a.queries, a.width, out);
  for (Stride q = 0; q < a.queries; ++q) {
    copy_values(out + q * a.width, a.out_width, a.out + q * a.out_stride);
  }
  if (a.probabilities) write_probabilities(a, turned, panels, scores, greatest, total);
}

/// Softmax down each of sixteen columns of `scores [rows, 16]`, which are times log2(e), in place.
inline void softmax_columns(float* scores, Stride rows) {
  alignas(64) float greatest[panel_width];
  alignas(64) float total[panel_width];
  alignas(64) float factor[panel_width];
  for (Stride c = 0; c < panel_width; ++c) greatest[c] = least_score;
  for (Stride c = 0; c < panel_width; ++c) total[c] = 0.0f;
  softmax_step(scores, rows, panel_width, greatest, total, factor);
  for (Stride c = 0; c < panel_width; c += lanes) {
    const Vec by = broadcast(1.0f) / load(total + c);
    for (Stride r = 0; r < rows; ++r) {
      float* const p = scores + r * panel_width + c;
      store(p, load(p) * by);
    }
  }
}

/// `out [16, width] = pᵀ x` for `p [rows, 16]` and `x [rows, width]`; `width` is a multiple of 16.
inline void weighted_sums(const float* p, const float* x, Stride x_stride, Stride rows,
                          Stride width, float* out, Stride out_stride) {
  for (Stride r = 0; r < panel_width; ++r) {
    for (Stride c = 0; c < width; ++c) out[r * out_stride + c] = 0.0f;
  }
  if (rows > 0) add_weighted(p, panel_width, x, x_stride, rows, width, out, out_stride);
}
