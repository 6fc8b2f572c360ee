#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/pipeline/semantic_map.hpp>

#include "../executors.hpp"
#include "../support.hpp"

using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::detail::MapSize;
using eigenvit::detail::semantic_map;

namespace {

/// Where pixel `i` of `out` lies among `in`, by PyTorch's rule for corners that are not aligned.
double place_of(Index in, Index out, Index i) {
  return std::max(0.0, (double(i) + 0.5) * double(in) / double(out) - 0.5);
}

/// A score between the four nearest pixels.
double plain_score(const std::vector<float>& scores, const MapSize& from, Index classes, double y,
                   double x, Index c) {
  const auto top = static_cast<Index>(y);
  const auto left = static_cast<Index>(x);
  const auto at = [&](Index row, Index column) {
    const Index pixel =
        std::min(row, from.height - 1) * from.width + std::min(column, from.width - 1);
    return double(scores[static_cast<std::size_t>(pixel * classes + c)]);
  };
  const double down = y - double(top);
  const double right = x - double(left);
  return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
         down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

Matrix<Index> map_of(const std::vector<float>& scores, const MapSize& from, Index classes,
                     const MapSize& size, eigenvit::Executor& executor) {
  return semantic_map(from, classes, size, executor, [&](Index row, float* out) {
    const Index values = from.width * classes;
    std::copy_n(scores.data() + row * values, values, out);
  });
}

}  // namespace

TEST_CASE("parts of a semantic map are those of the whole, made of the columns that they are of") {
  eigenvit::SerialExecutor serial;
  const MapSize from{9, 40}, size{50, 71};
  const Index classes = 6;
  const auto random = support::random_values<float>(from.pixels() * classes, 5);
  const std::vector<float> scores(random.begin(), random.end());
  const Matrix<Index> whole = map_of(scores, from, classes, size, serial);
  Matrix<Index> map = Matrix<Index>::Constant(size.height, size.width, -1);
  using eigenvit::detail::PixelSpan;
  for (const PixelSpan rows : {PixelSpan{0, 33}, PixelSpan{33, 0}, PixelSpan{33, 17}}) {
    for (const PixelSpan columns : {PixelSpan{0, 1}, PixelSpan{1, 30}, PixelSpan{31, 40}}) {
      eigenvit::detail::fill_semantic_map(
          from, classes, rows, columns, serial,
          [&](Index row, const PixelSpan& read, float* out) {
            CHECK(read.first >= columns.first * 40 / 71 - 1);
            CHECK(read.first + read.count <= (columns.first + columns.count) * 40 / 71 + 2);
            const Index first = (row * from.width + read.first) * classes;
            std::copy_n(scores.data() + first, read.count * classes, out + read.first * classes);
          },
          map);
    }
  }
  CHECK(map == whole);
}

TEST_CASE("semantic_map gives the class of the greatest enlarged score") {
  eigenvit::SerialExecutor serial;
  support::ThreadsExecutor threads(3);
  for (const MapSize from : {MapSize{1, 1}, MapSize{5, 7}, MapSize{40, 33}}) {
    for (const MapSize size : {MapSize{5, 7}, MapSize{71, 44}, MapSize{3, 2}}) {
      for (const Index classes : {1, 3, 20}) {
        const auto scores = support::random_values<float>(from.pixels() * classes, 3);
        const std::vector<float> values(scores.begin(), scores.end());
        const Matrix<Index> map = map_of(values, from, classes, size, serial);
        CHECK(map_of(values, from, classes, size, threads) == map);
        REQUIRE(map.rows() == size.height);
        REQUIRE(map.cols() == size.width);
        Index wrong = 0;
        for (Index y = 0; y < size.height; ++y) {
          for (Index x = 0; x < size.width; ++x) {
            const double down = place_of(from.height, size.height, y);
            const double right = place_of(from.width, size.width, x);
            const double found = plain_score(values, from, classes, down, right, map(y, x));
            for (Index c = 0; c < classes; ++c) {
              // Scores that are as good as equal may change places.
              wrong += plain_score(values, from, classes, down, right, c) > found + 1e-5;
            }
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("semantic_map gives the first of equal classes") {
  eigenvit::SerialExecutor serial;
  const std::vector<float> scores = {1, 2, 2, 3, 3, 0};
  const Matrix<Index> map = map_of(scores, {1, 2}, 3, {2, 2}, serial);
  CHECK(map(0, 0) == 1);
  CHECK(map(1, 1) == 0);
}
