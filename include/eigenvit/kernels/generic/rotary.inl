// Rotation of queries and keys by the places of their tokens.

/// `count < 16` pairs whose partners stand `distance` apart, both in copies.
EIGENVIT_FORCE_INLINE void rotate_half_tail(float* x, const float* cos, const float* sin,
                                            Stride distance, Stride count) {
  alignas(64) float values[6][panel_width] = {};
  const float* const from[] = {x, x + distance, cos, cos + distance, sin, sin + distance};
  for (int i = 0; i < 6; ++i) copy_values(from[i], count, values[i]);
  for (Stride c = 0; c < count; c += lanes) {
    const Vec a = load(values[0] + c);
    const Vec b = load(values[1] + c);
    store(values[0] + c, fma(a, load(values[2] + c), b * load(values[4] + c)));
    store(values[1] + c, fma(b, load(values[3] + c), a * load(values[5] + c)));
  }
  copy_values(values[0], count, x);
  copy_values(values[1], count, x + distance);
}

EIGENVIT_FORCE_INLINE void rotate_halves(float* x, const float* cos, const float* sin,
                                         Stride half) {
  const Stride whole = half / lanes * lanes;
  for (Stride i = 0; i < whole; i += lanes) {
    const Vec a = load(x + i);
    const Vec b = load(x + half + i);
    store(x + i, fma(a, load(cos + i), b * load(sin + i)));
    store(x + half + i, fma(b, load(cos + half + i), a * load(sin + half + i)));
  }
  if (whole < half) rotate_half_tail(x + whole, cos + whole, sin + whole, half, half - whole);
}

EIGENVIT_FORCE_INLINE void rotate_pairs(float* x, const float* cos, const float* sin, Stride size) {
  const Stride whole = size / lanes * lanes;
  for (Stride i = 0; i < whole; i += lanes) {
    const Vec a = load(x + i);
    store(x + i, fma(a, load(cos + i), swap_pairs(a) * load(sin + i)));
  }
  if (whole == size) return;
  alignas(64) float values[3][panel_width] = {};
  const float* const from[] = {x + whole, cos + whole, sin + whole};
  for (int i = 0; i < 3; ++i) copy_values(from[i], size - whole, values[i]);
  const Vec a = load(values[0]);
  store(values[0], fma(a, load(values[1]), swap_pairs(a) * load(values[2])));
  copy_values(values[0], size - whole, x + whole);
}

/// See `RotationArguments`.
inline void rotate(const RotationArguments<float>& r) {
  for (Stride row = 0; row < r.rows; ++row) {
    float* const x = r.x + row * r.x_stride;
    const float* const cos = r.cos + row * r.table_stride;
    const float* const sin = r.sin + row * r.table_stride;
    if (r.halves) {
      rotate_halves(x, cos, sin, r.size / 2);
    } else {
      rotate_pairs(x, cos, sin, r.size);
    }
  }
}
