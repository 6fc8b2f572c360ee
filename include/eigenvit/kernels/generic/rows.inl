// Steps on single rows.

/// `y[i] = activation(x[i])`; `y` may be `x`.
template <Activation activation>
EIGENVIT_FORCE_INLINE void activate_values(const float* x, Stride count, float* y) {
  const Stride whole = count / lanes * lanes;
  for (Stride i = 0; i < whole; i += lanes) store(y + i, activate<activation>(load(x + i)));
  if (whole == count) return;
  alignas(64) float tail[panel_width] = {};
  copy_values(x + whole, count - whole, tail);
  store(tail, activate<activation>(load(tail)));
  copy_values(tail, count - whole, y + whole);
}

inline void activate_row(Activation activation, const float* x, Stride count, float* y) {
  switch (activation) {
    case Activation::none:
      return activate_values<Activation::none>(x, count, y);
    case Activation::gelu:
      return activate_values<Activation::gelu>(x, count, y);
    case Activation::gelu_tanh:
      return activate_values<Activation::gelu_tanh>(x, count, y);
    case Activation::quick_gelu:
      return activate_values<Activation::quick_gelu>(x, count, y);
    case Activation::silu:
      return activate_values<Activation::silu>(x, count, y);
    case Activation::relu:
      return activate_values<Activation::relu>(x, count, y);
    case Activation::tanh:
      return activate_values<Activation::tanh>(x, count, y);
  }
}

/// `y[i] = activation(a[i]) · b[i]`; `y` may be `a`.
template <Activation activation>
EIGENVIT_FORCE_INLINE void gate_values(const float* a, const float* b, Stride count, float* y) {
  const Stride whole = count / lanes * lanes;
  for (Stride i = 0; i < whole; i += lanes) {
    store(y + i, activate<activation>(load(a + i)) * load(b + i));
  }
  if (whole == count) return;
  alignas(64) float tail[panel_width] = {};
  alignas(64) float other[panel_width] = {};
  copy_values(a + whole, count - whole, tail);
  copy_values(b + whole, count - whole, other);
  store(tail, activate<activation>(load(tail)) * load(other));
  copy_values(tail, count - whole, y + whole);
}

inline void gate(Activation activation, const float* a, const float* b, Stride count, float* y) {
  switch (activation) {
    case Activation::none:
      return gate_values<Activation::none>(a, b, count, y);
    case Activation::gelu:
      return gate_values<Activation::gelu>(a, b, count, y);
    case Activation::gelu_tanh:
      return gate_values<Activation::gelu_tanh>(a, b, count, y);
    case Activation::quick_gelu:
      return gate_values<Activation::quick_gelu>(a, b, count, y);
    case Activation::silu:
      return gate_values<Activation::silu>(a, b, count, y);
    case Activation::relu:
      return gate_values<Activation::relu>(a, b, count, y);
    case Activation::tanh:
      return gate_values<Activation::tanh>(a, b, count, y);
  }
}

/// `y[c] = (sum over rows of x[r, c]) · factor`, the rows in order.
inline void sum_rows(const float* x, Stride rows, Stride x_stride, Stride width, float factor,
                     float* y) {
  for (Stride c = 0; c < width; ++c) {
    float total = 0.0f;
    for (Stride r = 0; r < rows; ++r) total += x[r * x_stride + c];
    y[c] = total * factor;
  }
}

/// `y += x`.
inline void add_row(const float* x, Stride count, float* y) {
  for (Stride i = 0; i < count; ++i) y[i] += x[i];
}
