// One const model, embedder and index, used by several threads at the same time with executors of
// all kinds. EIGENVIT_SOAK_ROUNDS makes it longer.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/image/encode.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../executors.hpp"
#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "../support.hpp"

using namespace eigenvit;

namespace {

constexpr std::size_t pictures = 6;

/// Pictures of different sizes and formats in a folder.
std::vector<std::filesystem::path> write_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (std::size_t i = 0; i < pictures; ++i) {
    Image image(20 + Index(i), 30 - Index(i));
    support::Random random(i + 1);
    for (Index at = 0; at < 3 * image.width() * image.height(); ++at) {
      image.data()[at] = std::uint8_t(127 + 127 * random());
    }
    paths.push_back(folder / (std::to_string(i) + (i % 2 == 0 ? ".png" : ".jpg")));
    save_image(paths.back(), image);
  }
  return paths;
}

Matrix<float> embedded(const ImageEmbedder& embedder,
                       const std::vector<std::filesystem::path>& paths, Executor* executor,
                       Executor* loader) {
  Matrix<float> vectors(Index(paths.size()), embedder.width());
  embedder.embed(
      paths,
      [&](const EmbeddedImages& images) {
        vectors.middleRows(Index(images.first), images.vectors.rows()) = images.vectors;
        return true;
      },
      executor, loader);
  return vectors;
}

std::unique_ptr<Executor> some_executor(std::mt19937& random) {
  switch (random() % 4) {
    case 0:
      return std::make_unique<SerialExecutor>();
    case 1:
      return std::make_unique<ThreadPoolExecutor>(1 + int(random() % 3));
    case 2:
      return std::make_unique<support::ThreadsExecutor>(1 + int(random() % 3));
    default:
      return std::make_unique<support::ReverseExecutor>();
  }
}

bool same(const Matrix<float>& a, const Matrix<float>& b) {
  return a.rows() == b.rows() && support::same_bits(a.data(), b.data(), a.size());
}

/// The scores of the best classes of an image.
Matrix<float> scores_of(const Model& model, const Image& image, Executor* executor) {
  const auto predictions = model.classify(image, 10, executor);
  Matrix<float> scores(2, Index(predictions.size()));
  for (Index i = 0; i < scores.cols(); ++i) {
    scores(0, i) = float(predictions[std::size_t(i)].index);
    scores(1, i) = predictions[std::size_t(i)].score;
  }
  return scores;
}

}  // namespace

TEST_CASE("threads that share a model, an embedder and an index get the bits of one alone") {
  const test_files::TemporaryFolder folder;
  const auto paths = write_pictures(folder.path());
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.filename().string());

  // Made with a model of its own: the one that is shared packs its weights among the threads.
  Matrix<float> vectors;
  std::vector<Matrix<float>> scores;
  {
    const Model model = load_model(golden::shipped_model());
    vectors = embedded(ImageEmbedder(model), paths, nullptr, nullptr);
    for (const auto& path : paths) scores.push_back(scores_of(model, load_image(path), nullptr));
  }

  const Model model = load_model(golden::shipped_model());
  ImageEmbedderOptions options;
  options.batch_size = 2;
  const ImageEmbedder embedder(model, options);
  const ImageIndex index(vectors, names);
  const char* const given = std::getenv("EIGENVIT_SOAK_ROUNDS");
  const int rounds = given != nullptr ? std::atoi(given) : 6;

  std::atomic<int> wrong{0};
  std::atomic<int> failed{0};
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int round = 0; round < rounds; ++round) {
      const auto executor = some_executor(random);
      const auto loader = some_executor(random);
      const std::size_t picture = random() % pictures;
      bool right = true;
      switch (random() % 3) {
        case 0:
          right = same(embedded(embedder, paths, executor.get(), loader.get()), vectors);
          break;
        case 1:
          right =
              same(scores_of(model, load_image(paths[picture]), executor.get()), scores[picture]);
          break;
        default: {
          const auto matches =
              index.search(vectors.middleRows(Index(picture), 1), 3, executor.get());
          right = matches[0][0].image == Index(picture) && matches[0].size() == 3;
        }
      }
      if (!right) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&, seed] {
      try {
        work(seed);
      } catch (...) {
        ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(failed == 0);
}
