#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/sine_positions.hpp>

TEST_CASE_TEMPLATE("fill_sine_positions puts columns before rows and sines before cosines", Scalar,
                   float, double) {
  constexpr eigenvit::Index height = 3;
  constexpr eigenvit::Index width = 5;
  constexpr eigenvit::Index bands = 2;
  std::vector<Scalar> table(height * width * 4 * bands, Scalar(-9));
  eigenvit::detail::fill_sine_positions(height, width, 4 * bands, table.data());
  for (eigenvit::Index y = 0; y < height; ++y) {
    for (eigenvit::Index x = 0; x < width; ++x) {
      const Scalar* const row = table.data() + (y * width + x) * 4 * bands;
      for (eigenvit::Index band = 0; band < bands; ++band) {
        // 10000^(-1/2) of the second band.
        const double frequency = band == 0 ? 1.0 : 0.01;
        const double across = double(x) * frequency;
        const double down = double(y) * frequency;
        CHECK(double(row[band]) == doctest::Approx(std::sin(across)).epsilon(1e-6));
        CHECK(double(row[bands + band]) == doctest::Approx(std::cos(across)).epsilon(1e-6));
        CHECK(double(row[2 * bands + band]) == doctest::Approx(std::sin(down)).epsilon(1e-6));
        CHECK(double(row[3 * bands + band]) == doctest::Approx(std::cos(down)).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE_TEMPLATE("fill_sine_places gives the places of a text, sines before cosines", Scalar,
                   float, double) {
  constexpr eigenvit::Index dim = 7;  // the last value is of no band
  std::vector<Scalar> table(3 * dim, Scalar(-9));
  eigenvit::detail::fill_sine_places(900, 3, dim, table.data());
  for (eigenvit::Index i = 0; i < 3; ++i) {
    const Scalar* const row = table.data() + i * dim;
    for (eigenvit::Index band = 0; band < 3; ++band) {
      // 10000^(-1/2) is rounded to float32, and so is the angle.
      const float angle = float(900 + i) * (band == 0 ? 1.0F : band == 1 ? 0.01F : 0.0001F);
      CHECK(double(row[band]) == doctest::Approx(std::sin(double(angle))).epsilon(1e-6));
      CHECK(double(row[3 + band]) == doctest::Approx(std::cos(double(angle))).epsilon(1e-6));
    }
    CHECK(row[6] == 0);
  }
}
