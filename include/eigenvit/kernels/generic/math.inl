// Elementary functions on one vector register. Every instruction set takes the same steps in the
// same order, so their results agree bit for bit where it has fused multiply-adds.

/// `2^x` for x that is less than 127.5 or NaN, relative error at most 1.9e-7; 0 below -126, the
/// smallest power that is a normal number, since arithmetic with subnormal ones is slow. NaN stays
/// NaN.
EIGENVIT_FORCE_INLINE Vec exp2_below_limit(Vec x) {
  // Beyond 2^23 there are only integers, so adding this rounds x to one, ties to even, and leaves
  // it, with the bias of an exponent, in the lowest bits.
  const Vec shift = broadcast(12582912.0f + 127.0f);
  const Vec shifted = x + shift;
  const Vec f = x - (shifted - shift);
  // Fitted to 2^f on [-1/2, 1/2] for least relative error, 9.1e-8 before rounding.
  Vec p = broadcast(1.326472731e-3f);
  p = fma(p, f, broadcast(9.671512991e-3f));
  p = fma(p, f, broadcast(5.550733581e-2f));
  p = fma(p, f, broadcast(2.402224243e-1f));
  p = fma(p, f, broadcast(6.931470037e-1f));
  p = fma(p, f, broadcast(1.0f));
  return zero_where_less(x, broadcast(-126.0f), p * lowest_bits_as_exponent(shifted));
}

/// The same for all x: no more than 2^127.5.
EIGENVIT_FORCE_INLINE Vec exp2(Vec x) {
  // The order of the operands keeps NaN: where one is, this gives the second.
  return exp2_below_limit(min(broadcast(127.49999f), x));
}

/// `1 / (1 + e^-x)`, absolute error at most 1e-7.
EIGENVIT_FORCE_INLINE Vec sigmoid(Vec x) {
  const Vec one = broadcast(1.0f);
  const Vec y = one / (one + exp2(x * broadcast(-1.44269504f)));
  // 0 where it is no normal number: the little that is left would grow with x in x · sigmoid(x).
  return zero_where_less(x, broadcast(-87.33654f), y);
}

/// `tanh(x)`, absolute error at most 2.1e-7.
EIGENVIT_FORCE_INLINE Vec tanh(Vec x) {
  return fma(broadcast(2.0f), sigmoid(x + x), broadcast(-1.0f));
}

/// `erf(x)`: an odd rational function of degree 11 over 10 on [-3.92, 3.92], fitted for least
/// relative error (1.9e-8). Further out |erf| is 1 in float, and so is the result: the quotient has
/// passed 1 by more than its rounding at 4.05, and is clamped. With float rounding the error is at
/// most 3.5e-7.
EIGENVIT_FORCE_INLINE Vec erf(Vec value) {
  const Vec bound = broadcast(4.05f);
  const Vec x = min(bound, max(broadcast(-4.05f), value));
  const Vec t = x * x;
  Vec p = broadcast(2.050145667e-6f);
  p = fma(p, t, broadcast(2.848785080e-4f));
  p = fma(p, t, broadcast(3.765373491e-3f));
  p = fma(p, t, broadcast(5.274797231e-2f));
  p = fma(p, t, broadcast(1.904005706e-1f));
  p = fma(p, t, broadcast(1.128379107f));
  Vec q = broadcast(3.809211194e-5f);
  q = fma(q, t, broadcast(1.162479049e-3f));
  q = fma(q, t, broadcast(1.496872585e-2f));
  q = fma(q, t, broadcast(1.141066998e-1f));
  q = fma(q, t, broadcast(5.020708442e-1f));
  q = fma(q, t, broadcast(1.0f));
  // Exactly 1, or GELU would not vanish where x is large and negative.
  return min(broadcast(1.0f), max(broadcast(-1.0f), x * p / q));
}

template <Activation activation>
EIGENVIT_FORCE_INLINE Vec activate(Vec x) {
  if constexpr (activation == Activation::gelu) {
    const Vec half = x * broadcast(0.5f);
    return fma(half, erf(x * broadcast(0.70710678f)), half);
  } else if constexpr (activation == Activation::gelu_tanh) {
    // x/2 (1 + tanh(u)) = x sigmoid(2u)
    const Vec cubic = x * x * broadcast(0.044715f);
    return x * sigmoid(fma(cubic, x, x) * broadcast(1.59576912f));
  } else if constexpr (activation == Activation::quick_gelu) {
    return x * sigmoid(x * broadcast(1.702f));
  } else if constexpr (activation == Activation::silu) {
    return x * sigmoid(x);
  } else if constexpr (activation == Activation::relu) {
    return max(zero(), x);
  } else if constexpr (activation == Activation::tanh) {
    return tanh(x);
  } else {
    return x;
  }
}

/// Sixteen virtual lanes in as many registers as they take.
inline constexpr int panel_vecs = static_cast<int>(panel_width) / lanes;

/// Sum of sixteen values: those 8 apart first, then 4, 2 and 1.
EIGENVIT_FORCE_INLINE float sum_lanes(const Vec (&values)[panel_vecs]) {
  alignas(64) float t[panel_width];
  EIGENVIT_UNROLL
  for (int v = 0; v < panel_vecs; ++v) store(t + v * lanes, values[v]);
  EIGENVIT_UNROLL
  for (int i = 0; i < 8; ++i) t[i] += t[i + 8];
  EIGENVIT_UNROLL
  for (int i = 0; i < 4; ++i) t[i] += t[i + 4];
  return (t[0] + t[2]) + (t[1] + t[3]);
}
