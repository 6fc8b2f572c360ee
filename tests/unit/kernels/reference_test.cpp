#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>

#include "../support.hpp"

using eigenvit::Activation;
namespace reference = eigenvit::reference;

TEST_CASE("reference::activate has Python's values at 1 and -2") {
  const struct {
    Activation activation;
    double at_one, at_minus_two;
  } rows[] = {
      {Activation::none, 1, -2},
      {Activation::gelu, 0.8413447460685429, -0.0455002638963584},
      {Activation::gelu_tanh, 0.8411919906082768, -0.04540230591222494},
      {Activation::quick_gelu, 0.8457957659328212, -0.06434137685579186},
      {Activation::silu, 0.7310585786300049, -0.2384058440442351},
      {Activation::relu, 1, 0},
      {Activation::tanh, 0.7615941559557649, -0.9640275800758169},
  };
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.activation));
    CHECK(reference::activate(row.activation, 1) == doctest::Approx(row.at_one).epsilon(1e-12));
    CHECK(reference::activate(row.activation, -2) ==
          doctest::Approx(row.at_minus_two).epsilon(1e-12));
  }
}

TEST_CASE("reference::linear by hand") {
  // Two rows of two values with a stride of three.
  const float x[] = {1, 2, 99, 3, 4, 99};
  const float weight[] = {1, 0, 2, 1, -1, 3};
  const float bias[] = {10, 20, 30};
  const float scale[] = {1, 2, 0.5f};
  std::vector<float> y{1, 1, 1, 77, 1, 1, 1, 77};
  eigenvit::reference::Epilogue<float> epilogue;
  reference::linear<float>(x, 2, 3, weight, 3, 2, epilogue, y.data(), 4);
  CHECK(y == std::vector<float>{1, 4, 5, 77, 3, 10, 9, 77});
  epilogue.bias = bias;
  epilogue.scale = scale;
  epilogue.accumulate = true;
  reference::linear<float>(x, 2, 3, weight, 3, 2, epilogue, y.data(), 4);
  CHECK(y == std::vector<float>{12, 52, 22.5f, 77, 16, 70, 28.5f, 77});
  epilogue.activation = Activation::relu;
  epilogue.accumulate = false;
  const float down[] = {-100, -100, -100};
  epilogue.bias = down;
  reference::linear<float>(x, 2, 3, weight, 3, 2, epilogue, y.data(), 4);
  CHECK(y == std::vector<float>{0, 0, 0, 77, 0, 0, 0, 77});
}

TEST_CASE("reference::layer_norm_row by hand") {
  const double x[] = {1, 2, 3, 6};  // mean 3, variance 3.5
  const double gamma[] = {1, 2, 1, -1};
  const double beta[] = {0, 0, 5, 0};
  double y[4];
  reference::layer_norm_row<double>(x, 4, gamma, beta, 0.5, y);
  CHECK(y[0] == doctest::Approx(-1));
  CHECK(y[1] == doctest::Approx(-1));
  CHECK(y[2] == doctest::Approx(5));
  CHECK(y[3] == doctest::Approx(-1.5));
  reference::layer_norm_row<double>(x, 4, gamma, nullptr, 0.5, y);
  CHECK(y[2] == doctest::Approx(0));
}

TEST_CASE("reference::softmax_row by hand") {
  double row[] = {0, std::log(2.0), std::log(3.0)};
  reference::softmax_row(row, 3);
  CHECK(row[0] == doctest::Approx(1 / 6.0));
  CHECK(row[1] == doctest::Approx(2 / 6.0));
  CHECK(row[2] == doctest::Approx(3 / 6.0));
  float large[] = {3e38f, 3e38f, -3e38f};
  reference::softmax_row(large, 3);
  CHECK(large[0] == 0.5f);
  CHECK(large[2] == 0);
}

TEST_CASE("reference::attention by hand") {
  // Rows [q k v] of one head of width 1; the first query is 0, so it weighs both keys the same.
  const double log3 = std::log(3.0);
  const double qkv[] = {0, 0, 10, 2, log3, 20};
  double scores[4];
  double out[2];
  reference::attention<double>(qkv, 2, qkv + 1, qkv + 2, 2, 1, 3, 0.5, scores, out, 1);
  CHECK(out[0] == doctest::Approx(15));
  CHECK(scores[0] == doctest::Approx(0.5));
  CHECK(scores[2] == doctest::Approx(0.25));
  CHECK(scores[3] == doctest::Approx(0.75));
  CHECK(out[1] == doctest::Approx(17.5));
}

TEST_CASE("reference::pack_panel by hand") {
  const int values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const int* rows[16];
  for (int o = 0; o < 16; ++o) rows[o] = values + 15 - o;
  std::vector<int> panel(32);
  reference::pack_panel(rows, 2, panel.data());
  CHECK(panel == std::vector<int>{15, 14, 13, 12, 11, 10, 9,  8, 7, 6, 5, 4, 3, 2, 1, 0,
                                  16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
}
