// Sixteen rows, wherever they stand, turned so that they are neighbours: weights into a panel, and
// the queries of attention.

/// How far ahead of what it turns the kernel asks for each row: sixteen streams that end after a
/// row are more, and shorter, than what the processor finds by itself.
inline constexpr Stride packing_ahead = 64;

/// Four by four values of each four rows turned: value j of `v[i]` becomes value i of `v[j]`.
EIGENVIT_FORCE_INLINE void turn_fours(Vec (&v)[4]) {
  const Vec low[2] = {interleave_low(v[0], v[1]), interleave_low(v[2], v[3])};
  const Vec high[2] = {interleave_high(v[0], v[1]), interleave_high(v[2], v[3])};
  v[0] = join_low(low[0], low[1]);
  v[1] = join_high(low[0], low[1]);
  v[2] = join_low(high[0], high[1]);
  v[3] = join_high(high[0], high[1]);
}

/// `panel[i * 16 + o] = rows[o][i]` for i < depth.
inline void pack_panel(const float* const* rows, Stride depth, float* panel) {
  Stride i = 0;
  for (; i + 4 <= depth; i += 4) {
    if (i % panel_width == 0 && i + packing_ahead < depth) {
      for (Stride o = 0; o < panel_width; ++o) {
        __builtin_prefetch(rows[o] + i + packing_ahead);
      }
    }
    EIGENVIT_UNROLL
    for (int o = 0; o < panel_width; o += lanes) {
      Vec v[4];
      EIGENVIT_UNROLL
      for (int n = 0; n < 4; ++n) v[n] = load_fours(rows + o + n, i);
      turn_fours(v);
      EIGENVIT_UNROLL
      for (int n = 0; n < 4; ++n) store(panel + (i + n) * panel_width + o, v[n]);
    }
  }
  for (; i < depth; ++i) {
    for (Stride o = 0; o < panel_width; ++o) panel[i * panel_width + o] = rows[o][i];
  }
}
