// Steps on single rows.

/// `y[i] = activation(x[i])`; `y` may be `x`. The row is taken for a tile of many rows, so that
/// each activation is in the program once.
inline void activate_row(Activation activation, const float* x, Stride count, float* y) {
  const Stride rows = count / part_columns, whole = rows * part_columns;
  activate_columns(activation, x, part_columns, rows, y, part_columns);
  if (whole == count) return;
  alignas(64) float tail[part_columns] = {};
  copy_values(x + whole, count - whole, tail);
  activate_columns(activation, tail, part_columns, 1, tail, part_columns);
  copy_values(tail, count - whole, y + whole);
}

/// `y[i] = activation(a[i]) · b[i]`; `y` may be `a`, not `b`.
inline void gate(Activation activation, const float* a, const float* b, Stride count, float* y) {
  activate_row(activation, a, count, y);
  Stride i = 0;
  for (; i + lanes <= count; i += lanes) store(y + i, load(y + i) * load(b + i));
  for (; i < count; ++i) y[i] *= b[i];
}

/// `y[c] = (sum over rows of x[r, c]) · factor`, the rows in order.
inline void sum_rows(const float* x, Stride rows, Stride x_stride, Stride width, float factor,
                     float* y) {
  // A line of the cache at a time, so that each is fetched once; the sums do not wait for each
  // other.
  constexpr int vecs = 4;
  Stride c = 0;
  for (; c + vecs * lanes <= width; c += vecs * lanes) {
    Vec total[vecs];
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) total[v] = zero();
    for (Stride r = 0; r < rows; ++r) {
      EIGENVIT_UNROLL
      for (int v = 0; v < vecs; ++v) total[v] = total[v] + load(x + r * x_stride + c + v * lanes);
    }
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) store(y + c + v * lanes, total[v] * broadcast(factor));
  }
  for (; c < width; ++c) {
    float total = 0.0f;
    for (Stride r = 0; r < rows; ++r) total += x[r * x_stride + c];
    y[c] = total * factor;
  }
}

/// `y += x`.
inline void add_row(const float* x, Stride count, float* y) {
  for (Stride i = 0; i < count; ++i) y[i] += x[i];
}
