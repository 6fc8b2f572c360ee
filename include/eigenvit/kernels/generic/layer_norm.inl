// Normalisation of rows.

/// The `count < 16` last values of a row, the rest of the sixteen lanes filled with `padding`.
EIGENVIT_FORCE_INLINE void load_tail(const float* values, Stride count, float padding,
                                     float* lanes_of_tail) {
  for (Stride i = 0; i < panel_width; ++i) lanes_of_tail[i] = i < count ? values[i] : padding;
}

/// Sum over a row of `step(x)` in sixteen virtual lanes; `padding` is a value whose step is zero.
template <bool squares>
EIGENVIT_FORCE_INLINE float sum_row(const float* x, Stride size, float mean) {
  Vec total[panel_vecs];
  const Vec middle = broadcast(mean);
  EIGENVIT_UNROLL
  for (int v = 0; v < panel_vecs; ++v) total[v] = zero();
  alignas(64) float tail[panel_width];
  const Stride whole = size / panel_width * panel_width;
  load_tail(x + whole, size - whole, squares ? mean : 0.0f, tail);
  for (Stride i = 0; i < size; i += panel_width) {
    const float* const from = i < whole ? x + i : tail;
    EIGENVIT_UNROLL
    for (int v = 0; v < panel_vecs; ++v) {
      const Vec value = load(from + v * lanes);
      if constexpr (squares) {
        total[v] = fma(value - middle, value - middle, total[v]);
      } else {
        total[v] = total[v] + value;
      }
    }
  }
  return sum_lanes(total);
}

/// See `LayerNormArguments`: the biased variance, in two passes over a row that is in the L1 cache.
inline void layer_norm(const LayerNormArguments<float>& n) {
  const Stride whole = n.size / panel_width * panel_width;
  const float count = static_cast<float>(n.size);
  for (Stride r = 0; r < n.rows; ++r) {
    const float* const x = n.x + r * n.x_stride;
    float* const y = n.y + r * n.y_stride;
    const float mean = n.centered ? sum_row<false>(x, n.size, 0.0f) / count : 0.0f;
    const float variance = sum_row<true>(x, n.size, mean) / count;
    const Vec middle = broadcast(mean);
    const Vec scale = broadcast(1.0f) / square_root(broadcast(variance + n.eps));
    for (Stride i = 0; i < whole; i += lanes) {
      const Vec value = (load(x + i) - middle) * scale;
      store(y + i, fma(value, load(n.gamma + i), n.beta ? load(n.beta + i) : zero()));
    }
    if (whole == n.size) continue;
    alignas(64) float value[panel_width], gamma[panel_width], beta[panel_width];
    load_tail(x + whole, n.size - whole, mean, value);
    load_tail(n.gamma + whole, n.size - whole, 0.0f, gamma);
    load_tail(n.beta ? n.beta + whole : value, n.beta ? n.size - whole : 0, 0.0f, beta);
    EIGENVIT_UNROLL
    for (int v = 0; v < panel_vecs; ++v) {
      const int at = v * lanes;
      store(value + at,
            fma((load(value + at) - middle) * scale, load(gamma + at), load(beta + at)));
    }
    copy_values(value, n.size - whole, y + whole);
  }
}
