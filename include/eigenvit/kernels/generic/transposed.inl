// The product with the transpose of packed weights, for one vector.

/// `u[i * u_stride] = sum over o of W[o, i] q[o]` for i < depth, where W is `panels` panels
/// `[depth, 16]` and `q [16 panels]`.
inline void transposed_product(const float* panels_data, Stride panels, Stride depth,
                               const float* q, float* u, Stride u_stride) {
  for (Stride i = 0; i < depth; ++i) {
    Vec total[panel_vecs];
    EIGENVIT_UNROLL
    for (int v = 0; v < panel_vecs; ++v) total[v] = zero();
    for (Stride panel = 0; panel < panels; ++panel) {
      const float* const weights = panels_data + (panel * depth + i) * panel_width;
      EIGENVIT_UNROLL
      for (int v = 0; v < panel_vecs; ++v) {
        total[v] =
            fma(load(weights + v * lanes), load(q + panel * panel_width + v * lanes), total[v]);
      }
    }
    u[i * u_stride] = sum_lanes(total);
  }
}
