#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/image_index_builder.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

#include "../executors.hpp"
#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "index_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

using Matches = std::vector<std::vector<ImageMatch>>;

/// All cosines in double precision, and a sort.
Matches expected_matches(const Matrix<float>& vectors, const Matrix<float>& queries,
                         std::size_t k) {
  Matches all;
  Matrix<double> directions = vectors.cast<double>();
  directions.rowwise().normalize();
  for (Index q = 0; q < queries.rows(); ++q) {
    const Eigen::VectorXd query = queries.row(q).cast<double>().normalized().transpose();
    const Eigen::VectorXd scores = directions * query;
    std::vector<Index> order(std::size_t(vectors.rows()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return scores[a] > scores[b]; });
    all.emplace_back();
    for (std::size_t i = 0; i < std::min(k, order.size()); ++i) {
      all.back().push_back({order[i], float(scores[order[i]])});
    }
  }
  return all;
}

void check_same(const Matches& found, const Matches& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t q = 0; q < found.size(); ++q) {
    REQUIRE(found[q].size() == expected[q].size());
    for (std::size_t i = 0; i < found[q].size(); ++i) {
      CHECK(found[q][i].image == expected[q][i].image);
      CHECK(std::abs(found[q][i].score - expected[q][i].score) < 2e-6);
    }
  }
}

ImageIndex index_of(const Matrix<float>& vectors) {
  return ImageIndex(vectors, index_files::names(vectors.rows()), index_files::info(vectors.cols()));
}

}  // namespace

TEST_CASE("the nearest are those of a plain search, for any sizes") {
  // One panel, several tasks of panels, tails of both; more queries than a task takes at a time.
  for (const Index count : {1, 15, 16, 17, 1023, 1024, 1025, 3000}) {
    for (const Index width : {1, 7, 64}) {
      for (const Index queries : {1, 3, 70}) {
        CAPTURE(count);
        CAPTURE(width);
        CAPTURE(queries);
        if (width == 1 && count > 16) continue;  // all of them equal, up to rounding
        const auto values = support::random_values<float>(count * width, 3);
        const Matrix<float> vectors = ConstMatrixView<float>(values.data(), count, width);
        const auto asked = support::random_values<float>(queries * width, 4);
        const Matrix<float> query = ConstMatrixView<float>(asked.data(), queries, width);
        if (width == 1) {
          CHECK(index_of(vectors).search(query, 5)[0].size() ==
                std::size_t(std::min<Index>(5, count)));
          continue;
        }
        check_same(index_of(vectors).search(query, 5), expected_matches(vectors, query, 5));
      }
    }
  }
}

TEST_CASE("threads and other queries do not change a bit") {
  const Matrix<float> vectors = index_files::unit_vectors(5000, 33);
  const ImageIndex index = index_of(vectors);
  const Matrix<float> queries = index_files::unit_vectors(9, 33, 8);
  const Matches expected = index.search(queries, 20);
  const auto same = [&](const std::vector<ImageMatch>& a, const std::vector<ImageMatch>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const ImageMatch& x, const ImageMatch& y) {
                        return x.image == y.image && support::same_bits(x.score, y.score);
                      });
  };
  ThreadPoolExecutor two(2), seven(7);
  support::ReverseExecutor reverse;
  for (Executor* const executor : {static_cast<Executor*>(&two), static_cast<Executor*>(&seven),
                                   static_cast<Executor*>(&reverse)}) {
    const Matches found = index.search(queries, 20, executor);
    for (std::size_t q = 0; q < 9; ++q) CHECK(same(found[q], expected[q]));
  }
  for (Index q = 0; q < 9; ++q) {
    CHECK(same(index.search(queries.row(q), 20)[0], expected[std::size_t(q)]));
  }
}

TEST_CASE("equals come in the order of the index, and all where k is large") {
  Matrix<float> vectors = Matrix<float>::Zero(2000, 3);
  for (Index i = 0; i < 2000; ++i) vectors(i, i % 3) = 2;
  const Matrix<float> query = Matrix<float>::Identity(3, 3).row(1);
  const auto found = index_of(vectors).search(query, 4)[0];
  REQUIRE(found.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(found[i].image == Index(3 * i + 1));
    CHECK(found[i].score == 1);
  }
  const auto all = index_of(vectors).search(query, 1 << 20)[0];
  REQUIRE(all.size() == 2000);
  CHECK(all[666].image == 1999);
  CHECK(all[667].image == 0);
  CHECK(all.back().image == 1998);
  CHECK(index_of(vectors).search(query, 0)[0].empty());
  CHECK(index_of(vectors).search(Matrix<float>(0, 3), 4).empty());
}

TEST_CASE("an index file is searched as the vectors that it was built of") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  const Matrix<float> vectors = index_files::unit_vectors(1100, 24);
  const auto names = index_files::names(1100);
  {
    ImageIndexBuilder builder(path, index_files::info(24));
    for (Index i = 0; i < 1100; ++i)
      builder.add(names[std::size_t(i)], {}, vectors.row(i).transpose());
    builder.commit(names);
  }
  const Matrix<float> queries = index_files::unit_vectors(3, 24, 5);
  ThreadPoolExecutor executor(3);
  const ImageIndex index = ImageIndex::open(path, &executor);
  CHECK(index.size() == 1100);
  CHECK(index.width() == 24);
  CHECK(index.name(1099) == "1099.jpg");
  CHECK(index.info().folder == "/photos");
  // The file may go: everything is in memory.
  std::filesystem::remove(path);
  check_same(index.search(queries, 7), expected_matches(vectors, queries, 7));
}

TEST_CASE("vectors of another length than 1 are refused, also those of no numbers") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  for (const float bad : {0.0F, 1.1F, support::infinity, support::not_a_number}) {
    const Matrix<float> vectors = index_files::unit_vectors(40, 4);
    {
      std::filesystem::remove(path);
      ImageIndexBuilder builder(path, index_files::info(4));
      const auto names = index_files::names(40);
      for (Index i = 0; i < 40; ++i)
        builder.add(names[std::size_t(i)], {}, vectors.row(i).transpose());
      builder.commit(names);
    }
    // A builder takes no such vectors, so they are put into its file.
    std::string bytes = test_files::read_bytes(path);
    const Vector<float> values = Vector<float>::Constant(4, bad);
    constexpr std::size_t size = 4 * sizeof(float);
    for (const Index row : {17, 30}) {
      const std::string good(reinterpret_cast<const char*>(vectors.data() + 4 * row), size);
      const std::size_t place = bytes.find(good);
      REQUIRE(place != std::string::npos);
      bytes.replace(place, size, reinterpret_cast<const char*>(values.data()), size);
    }
    folder.write("index.safetensors", bytes);
    CHECK(contains(message_of<FormatError>([&] { ImageIndex::open(path); }),
                   "index.safetensors: tensor 'embeddings': expected vectors of length 1, found "
                   "one of another length in row 17"));
  }
}

TEST_CASE("what does not fit is refused") {
  const ImageIndex index = index_of(index_files::unit_vectors(5, 4));
  CHECK(contains(message_of<ShapeError>([&] { index.search(Matrix<float>::Ones(1, 3), 1); }),
                 "image index: expected queries of 4 values, found 3"));
  CHECK(contains(message_of<ShapeError>([&] { index.search(Matrix<float>::Zero(1, 4), 1); }),
                 "image index: query 0: expected a vector with a direction, found one of zeros"));
  CHECK(contains(
      message_of<ShapeError>([&] { ImageIndex(Matrix<float>::Ones(2, 4), index_files::names(3)); }),
      "expected vectors and a name for each, found [2, 4] and 3 names"));
  CHECK(contains(message_of<ShapeError>([&] { ImageIndex(Matrix<float>(0, 4), {}); }),
                 "found [0, 4]"));
  const Model model = load_model(golden::shipped_model());
  const ImageEmbedder embedder(model);
  CHECK(contains(
      message_of<ConfigError>([&] { index.check(embedder); }),
      "image index: expected vectors of this model and these options ('vit_tiny_patch16_224', "
      "fingerprint '" +
          model.fingerprint() + "', width 128), found those of another"));
  const ImageIndex own(Matrix<float>::Ones(1, 128), {"x"}, {model.fingerprint(), "", "", 128});
  own.check(embedder);
}
