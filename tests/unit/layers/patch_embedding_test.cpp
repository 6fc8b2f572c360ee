#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/patch_embedding.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::PatchEmbedding;
using eigenvit::detail::PackedMatrix;
using support::random_values;

TEST_CASE_TEMPLATE("PatchEmbedding is a convolution whose stride is the patch", Scalar, float,
                   double) {
  constexpr Index channels = 2, patch_height = 3, patch_width = 5, width = 7;
  constexpr Index size = channels * patch_height * patch_width;
  const auto weight = random_values<Scalar>(width * size, 1);
  const auto bias = random_values<Scalar>(width, 2);
  // 60 x 62 gives 20 x 12 patches, more than one block, and two columns of pixels too many.
  for (const auto& [height, columns] :
       {std::pair<Index, Index>{3, 5}, {7, 11}, {8, 14}, {60, 62}}) {
    for (const bool with_bias : {false, true}) {
      const PatchEmbedding<Scalar> embedding(PackedMatrix<Scalar>(weight, width, size),
                                             with_bias ? bias : AlignedBuffer<Scalar>(), channels,
                                             patch_height, patch_width);
      CHECK(embedding.parameters() == width * size + (with_bias ? width : 0));
      const auto values = random_values<Scalar>(channels * height * (columns + 3), 3);
      // A block of a wider image.
      const eigenvit::ConstMatrixView<Scalar> wide(values.data(), channels * height, columns + 3);
      const auto pixels = wide.middleCols(2, columns);
      const Matrix<Scalar> tokens = embedding(pixels, height, columns);
      const Index grid_width = columns / patch_width;
      REQUIRE(tokens.rows() == height / patch_height * grid_width);
      double worst = 0;
      for (Index t = 0; t < tokens.rows(); ++t) {
        for (Index o = 0; o < width; ++o) {
          double expected = with_bias ? static_cast<double>(bias[static_cast<std::size_t>(o)]) : 0;
          for (Index i = 0; i < size; ++i) {
            const Index channel = i / (patch_height * patch_width);
            const Index row = t / grid_width * patch_height + i / patch_width % patch_height;
            const Index column = t % grid_width * patch_width + i % patch_width;
            expected += static_cast<double>(weight[static_cast<std::size_t>(o * size + i)]) *
                        static_cast<double>(pixels(channel * height + row, column));
          }
          worst = std::max(worst, support::worst_error(&tokens(t, o), &expected, 1));
        }
      }
      // Measured: 3.3e-7 and 1.0e-15.
      CHECK(worst < (sizeof(Scalar) == 4 ? 1e-6 : 3e-15));
    }
  }
}

TEST_CASE("PatchEmbedding flattens any run of patches into rows with room between them") {
  constexpr Index height = 33, columns = 24, patch = 2, stride = 15;
  constexpr Index patches = 16 * 12;
  const PatchEmbedding<float> embedding(
      PackedMatrix<float>(random_values<float>(5 * 3 * patch * patch, 1), 5, 12),
      random_values<float>(5, 2), 3, patch, patch);
  CHECK(embedding.width() == 5);
  CHECK(embedding.channels() == 3);
  CHECK(embedding.patch_height() == patch);
  CHECK(embedding.patch_width() == patch);
  CHECK(embedding.patch_size() == 12);
  CHECK(embedding.proj().out_features() == 5);
  const auto pixels = random_values<float>(3 * height * columns, 3);
  for (const auto& [first, count] : {std::pair<Index, Index>{0, patches}, {11, 2}, {190, 2}}) {
    std::vector<float> flat(static_cast<std::size_t>((count + 1) * stride), -9.0f);
    embedding.flatten(pixels.data(), height, columns, first, count, flat.data(), stride);
    bool right = true;
    for (Index i = 0; i < static_cast<Index>(flat.size()); ++i) {
      const Index t = first + i / stride, at = i % stride;
      const Index row = t / 12 * patch + at / patch % patch;
      const Index column = t % 12 * patch + at % patch;
      const bool inside = i / stride < count && at < 12;
      right = right && flat[static_cast<std::size_t>(i)] ==
                           (inside ? pixels[static_cast<std::size_t>(
                                         (at / (patch * patch) * height + row) * columns + column)]
                                   : -9);
    }
    CHECK(right);
  }
}

TEST_CASE("PatchEmbedding flattens samples as it flattens the values that they stand for") {
  constexpr Index height = 21, columns = 34, channels = 3, stride = 70;
  const PatchEmbedding<float> embedding(
      PackedMatrix<float>(random_values<float>(2 * channels * 4 * 5, 1), 2, channels * 4 * 5), {},
      channels, 4, 5);
  const auto table = random_values<float>(256 * channels, 2);
  std::vector<std::uint8_t> samples(channels * height * columns);
  std::vector<float> values(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::uint8_t>(i * 37 % 256);
    values[i] = table[256 * (i / (height * columns)) + samples[i]];
  }
  std::vector<float> flat(17 * stride, -9.0f), expected = flat;
  embedding.flatten(values.data(), height, columns, 11, 17, expected.data(), stride);
  embedding.flatten(samples.data(), table.data(), height, columns, 11, 17, flat.data(), stride);
  CHECK(flat == expected);
}

TEST_CASE("PatchEmbedding with a padding begins outside of the image") {
  constexpr Index height = 14, columns = 19, channels = 2, patch_height = 4, patch_width = 5;
  constexpr Index padding = 2, size = channels * patch_height * patch_width;
  const auto weight = random_values<float>(3 * size, 1);
  const PatchEmbedding<float> plain(PackedMatrix<float>(weight, 3, size), {}, channels,
                                    patch_height, patch_width);
  const PatchEmbedding<float> padded(PackedMatrix<float>(weight, 3, size), {}, channels,
                                     patch_height, patch_width, padding);
  CHECK(plain.padding() == 0);
  CHECK(padded.padding() == padding);
  const auto values = random_values<float>(channels * height * columns, 2);
  const eigenvit::ConstMatrixView<float> pixels(values.data(), channels * height, columns);
  Matrix<float> framed = Matrix<float>::Zero(channels * (height + padding), columns + padding);
  for (Index c = 0; c < channels; ++c) {
    framed.block(c * (height + padding) + padding, padding, height, columns) =
        pixels.middleRows(c * height, height);
  }
  // The image fills 3 x 3 patches, with the padding in front of it 4 x 4, of which Python leaves
  // out those that a network of this size has not.
  const Matrix<float> all = plain(framed, height + padding, columns + padding);
  const Matrix<float> found = padded(pixels, height, columns);
  REQUIRE(all.rows() == 16);
  REQUIRE(found.rows() == 9);
  for (Index t = 0; t < 9; ++t) CHECK(found.row(t) == all.row(t / 3 * 4 + t % 3));

  // Samples are zeros outside too, not what a sample of 0 means.
  std::vector<std::uint8_t> samples(values.size());
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::uint8_t>(i * 37);
  const auto table = random_values<float>(256 * channels, 3, 1, 5);
  std::vector<float> meant(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    meant[i] = table[256 * (i / (height * columns)) + samples[i]];
  }
  std::vector<float> flat(9 * size, -9.0f), expected = flat;
  padded.flatten(meant.data(), height, columns, 0, 9, expected.data(), size);
  padded.flatten(samples.data(), table.data(), height, columns, 0, 9, flat.data(), size);
  CHECK(flat == expected);
  CHECK(flat[0] == 0);
}

TEST_CASE("PatchEmbedding says what does not fit") {
  const Matrix<float> weight = Matrix<float>::Zero(4, 12);
  const eigenvit::Vector<float> none, five = eigenvit::Vector<float>::Zero(5);
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          PatchEmbedding<float> wrong(weight, none, 3, 2, 3);
        }) == "patch embedding: expected a weight of 3 x 2 x 3 inputs, found 12");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          PatchEmbedding<float> wrong(weight, none, -3, -2, 2);
        }) == "patch embedding: expected a weight of -3 x -2 x 2 inputs, found 12");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          PatchEmbedding<float> wrong(weight, five, 3, 2, 2);
        }) == "patch embedding: expected a bias of 4 values, found 5");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          PatchEmbedding<float> wrong(PackedMatrix<float>(weight), {}, 3, 2, 2, 2);
        }) == "patch embedding: expected a padding smaller than a patch of 2 x 2, found 2");
  const PatchEmbedding<float> embedding(weight, none, 3, 2, 2);
  const Matrix<float> pixels = Matrix<float>::Zero(6, 4);
  CHECK(embedding(pixels, 2, 4).rows() == 2);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { embedding(pixels, 3, 4); }) ==
        "patch embedding: expected 3 planes of at least 2 x 2 pixels, found 6 x 4 values for an "
        "image of 3 x 4");
  CHECK(support::message_of<eigenvit::ShapeError>(
            [&] { embedding(Matrix<float>::Zero(6, 1), 2, 1); }) ==
        "patch embedding: expected 3 planes of at least 2 x 2 pixels, found 6 x 1 values for an "
        "image of 2 x 1");
}
