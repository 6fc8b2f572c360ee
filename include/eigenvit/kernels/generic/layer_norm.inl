// Normalisation of rows.

/// The `count < 16` last values of a row, the rest of the sixteen lanes filled with `padding`.
EIGENVIT_FORCE_INLINE void load_tail(const float* values, Stride count, float padding,
                                     float* lanes_of_tail) {
  for (Stride i = 0; i < panel_width; ++i) lanes_of_tail[i] = i < count ? values[i] : padding;
}

/// Rows that are summed side by side, so that four sums are under way: one alone would be waited
/// for at each addition.
inline constexpr int norm_rows = 4 / panel_vecs;

/// `sum += x`, or `sum += (x - mean)²`.
template <bool square>
EIGENVIT_FORCE_INLINE void add_to_sum(Vec x, float mean, Vec& sum) {
  if constexpr (square) {
    const Vec centred = x - broadcast(mean);
    sum = fma(centred, centred, sum);
  } else {
    sum = sum + x;
  }
}

/// Sums over each of some rows of x, or of (x - mean)², in sixteen virtual lanes each.
template <bool squares, int rows>
EIGENVIT_FORCE_INLINE void row_sums(const float* x, Stride x_stride, Stride size, const float* mean,
                                    float* sums) {
  Vec total[rows][panel_vecs];
  EIGENVIT_UNROLL
  for (int i = 0; i < rows * panel_vecs; ++i) total[i / panel_vecs][i % panel_vecs] = zero();
  const Stride whole = size / panel_width * panel_width;
  for (Stride c = 0; c < whole; c += panel_width) {
    EIGENVIT_UNROLL
    for (int i = 0; i < rows * panel_vecs; ++i) {
      const int row = i / panel_vecs, v = i % panel_vecs;
      add_to_sum<squares>(load(x + row * x_stride + c + v * lanes), mean[row], total[row][v]);
    }
  }
  alignas(64) float tail[panel_width];
  EIGENVIT_UNROLL
  for (int row = 0; row < rows; ++row) {
    if (whole < size) {
      load_tail(x + row * x_stride + whole, size - whole, squares ? mean[row] : 0.0f, tail);
      EIGENVIT_UNROLL
      for (int v = 0; v < panel_vecs; ++v) {
        add_to_sum<squares>(load(tail + v * lanes), mean[row], total[row][v]);
      }
    }
    sums[row] = sum_lanes(total[row]);
  }
}

/// `y = (x - mean) scale ⊙ gamma + beta` of one row.
EIGENVIT_NO_INLINE void normalise(const LayerNormArguments<float>& n, const float* x, float mean,
                                  float variance, float* y) {
  const Stride whole = n.size / panel_width * panel_width;
  const Vec middle = broadcast(mean);
  const Vec scale = broadcast(1.0f) / square_root(broadcast(variance + n.eps));
  // Not read from `n` in the loop: a store through a vector may change what a reference stands for.
  const float* const factors = n.gamma;
  const float* const offsets = n.beta;
  for (Stride i = 0; i < whole; i += lanes) {
    const Vec value = (load(x + i) - middle) * scale;
    store(y + i, fma(value, load(factors + i), offsets ? load(offsets + i) : zero()));
  }
  if (whole == n.size) return;
  alignas(64) float value[panel_width], gamma[panel_width], beta[panel_width];
  load_tail(x + whole, n.size - whole, mean, value);
  load_tail(n.gamma + whole, n.size - whole, 0.0f, gamma);
  load_tail(n.beta ? n.beta + whole : value, n.beta ? n.size - whole : 0, 0.0f, beta);
  EIGENVIT_UNROLL
  for (int v = 0; v < panel_vecs; ++v) {
    const int at = v * lanes;
    store(value + at, fma((load(value + at) - middle) * scale, load(gamma + at), load(beta + at)));
  }
  copy_values(value, n.size - whole, y + whole);
}

template <int rows>
EIGENVIT_FORCE_INLINE void normalise_rows(const LayerNormArguments<float>& n, Stride first) {
  const float count = static_cast<float>(n.size);
  const float* const x = n.x + first * n.x_stride;
  float mean[rows] = {}, variance[rows];
  if (n.centered) {
    row_sums<false, rows>(x, n.x_stride, n.size, mean, mean);
    for (int row = 0; row < rows; ++row) mean[row] = mean[row] / count;
  }
  row_sums<true, rows>(x, n.x_stride, n.size, mean, variance);
  for (int row = 0; row < rows; ++row) {
    normalise(n, x + row * n.x_stride, mean[row], variance[row] / count,
              n.y + (first + row) * n.y_stride);
  }
}

/// See `LayerNormArguments`: the biased variance, in two passes over rows that are in the L1 cache.
inline void layer_norm(const LayerNormArguments<float>& n) {
  Stride row = 0;
  for (; row + norm_rows <= n.rows; row += norm_rows) normalise_rows<norm_rows>(n, row);
  for (; row < n.rows; ++row) normalise_rows<1>(n, row);
}
