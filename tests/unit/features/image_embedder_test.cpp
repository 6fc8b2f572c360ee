#include <atomic>
#include <cmath>
#include <new>
#include <set>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features/image_embedder.hpp>

#include "../executors.hpp"
#include "../golden.hpp"
#include "../io/test_files.hpp"
#include "../support.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

/// An image like no other, of sides that change from one to the next.
const auto numbered_image = [](std::size_t number) {
  Image image(20 + Index(number % 5), 20 + Index(number % 3));
  support::Random random(number + 1);
  for (Index i = 0; i < 3 * image.width() * image.height(); ++i) {
    image.data()[i] = std::uint8_t(127 + 127 * random());
  }
  return image;
};

/// All vectors, and the errors of all images.
struct All {
  Matrix<float> vectors;
  std::vector<std::string> errors;
  std::vector<std::size_t> batches;
};

template <class Load>
All embed_all(const ImageEmbedder& embedder, std::size_t count, const Load& load,
              Executor* executor = nullptr, Executor* loader = nullptr) {
  All all;
  all.vectors.resize(Index(count), embedder.width());
  embedder.embed(
      count, load,
      [&](const EmbeddedImages& images) {
        CHECK(images.first == all.errors.size());
        CHECK(images.vectors.rows() == Index(images.errors.size()));
        all.vectors.middleRows(Index(images.first), images.vectors.rows()) = images.vectors;
        all.errors.insert(all.errors.end(), images.errors.begin(), images.errors.end());
        all.batches.push_back(images.errors.size());
        return true;
      },
      executor, loader);
  return all;
}

ImageEmbedder embedder_of(const Model& model, Index batch_size) {
  ImageEmbedderOptions options;
  options.batch_size = batch_size;
  return ImageEmbedder(model, options);
}

}  // namespace

TEST_CASE("vectors are those of single forward passes, whatever batch and threads are") {
  const Model model = load_model(golden::shipped_model());
  constexpr std::size_t count = 11;
  Taps taps;
  taps.pooled = true;
  Matrix<float> expected(Index(count), 128);
  for (std::size_t i = 0; i < count; ++i) {
    const auto output = model.run({numbered_image(i)}, taps);
    const auto vector = output.pooled_of(0);
    CHECK(vector.norm() > 1.5);
    expected.row(Index(i)) = vector / vector.norm();
  }
  const All alone = embed_all(embedder_of(model, 1), count, numbered_image);
  CHECK(support::worst_error(alone.vectors.data(), expected.data(), expected.size()) < 1e-6);
  for (Index i = 0; i < Index(count); ++i) {
    CHECK(double(alone.vectors.row(i).norm()) == doctest::Approx(1).epsilon(1e-6));
  }

  ThreadPoolExecutor two(2), three(3), one(1);
  SerialExecutor serial;
  support::ReverseExecutor reverse;
  struct Lent {
    Executor* executor;
    Executor* loader;
  };
  for (const Lent lent :
       {Lent{nullptr, nullptr}, Lent{&two, nullptr}, Lent{nullptr, &two}, Lent{&two, &three},
        Lent{&three, &one}, Lent{&two, &serial}, Lent{&serial, &reverse}}) {
    for (const Index batch_size :
         support::repeats_orders() ? std::vector<Index>{1, 4, 11, 64} : std::vector<Index>{4}) {
      const All all = embed_all(embedder_of(model, batch_size), count, numbered_image,
                                lent.executor, lent.loader);
      CHECK(support::same_bits(all.vectors.data(), alone.vectors.data(), all.vectors.size()));
      CHECK(all.batches.size() == (count + std::size_t(batch_size) - 1) / std::size_t(batch_size));
      CHECK(all.errors == std::vector<std::string>(count));
    }
  }
  CHECK(embed_all(embedder_of(model, 4), 0, numbered_image).batches.empty());
}

TEST_CASE("an image that cannot be had is reported, and the others go on") {
  const Model model = load_model(golden::shipped_model());
  const auto load = [](std::size_t i) -> Image {
    if (i == 0 || i == 5) throw FormatError("photo.jpg: broken");
    if (i == 6) throw std::bad_alloc();
    if (i == 7) throw std::runtime_error("two\nlines");
    if (i == 8) return Image();
    return numbered_image(i);
  };
  ThreadPoolExecutor executor(2), loader(2);
  const All whole = embed_all(embedder_of(model, 1), 13, numbered_image);
  // Images 5 to 8 are a batch of which nothing is left.
  for (const Index batch_size : {1, 4, 5, 13}) {
    const All all = embed_all(embedder_of(model, batch_size), 13, load, &executor, &loader);
    CHECK(all.errors[0] == "photo.jpg: broken");
    CHECK(all.errors[5] == "photo.jpg: broken");
    CHECK(contains(all.errors[6], "image 6: "));
    CHECK(all.errors[7] == "image 7: two\\x0Alines");
    CHECK(contains(all.errors[8], "image 8: "));
    CHECK(contains(all.errors[8], "found 0x0"));
    for (const Index i : {1, 2, 3, 4, 9, 10, 11, 12}) {
      CHECK(all.errors[std::size_t(i)].empty());
      CHECK(all.vectors.row(i) == whole.vectors.row(i));
    }
    for (const Index i : {0, 5, 6, 7, 8}) CHECK(all.vectors.row(i).isZero());
  }
}

TEST_CASE("images that come out at different sizes share a batch") {
  std::string folder_name;
  for (const auto& folder : golden::models_where_slow_every(4)) {
    const Model model = load_model(folder, golden::options(folder));
    // A network of one size reads other images in windows, which is not the embedder's work.
    if (!model.network().config().dynamic_image_size) continue;
    if (model.network().config().in_chans != 3 || model.checkpoint().preprocessing.crop ||
        model.checkpoint().preprocessing.resize_mode == ResizeMode::exact) {
      continue;
    }
    folder_name = folder.filename().string();
    CAPTURE(folder_name);
    const All alone = embed_all(embedder_of(model, 1), 6, numbered_image);
    const All together = embed_all(embedder_of(model, 6), 6, numbered_image);
    CHECK(alone.errors == std::vector<std::string>(6));
    CHECK(support::same_bits(alone.vectors.data(), together.vectors.data(), alone.vectors.size()));
  }
  CHECK_FALSE(folder_name.empty());
}

TEST_CASE("files are read in the order of the list; what is missing is named") {
  const Model model = load_model(golden::shipped_model());
  const auto images = golden::source_folder() / "examples" / "images";
  const std::vector<std::filesystem::path> paths = {images / "rocket.jpg", images / "nothing.png",
                                                    images / "chelsea.png"};
  std::vector<EmbeddedImages> batches;
  embedder_of(model, 3).embed(paths, [&](const EmbeddedImages& batch) {
    batches.push_back(batch);
    return true;
  });
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].errors[0].empty());
  CHECK(contains(batches[0].errors[1], "nothing.png: no such file"));
  const auto cat = load_image(images / "chelsea.png");
  const All one = embed_all(embedder_of(model, 1), 1, [&](std::size_t) { return cat; });
  CHECK(batches[0].vectors.row(2) == one.vectors.row(0));
}

TEST_CASE("the caller can end it, and what the caller throws comes through") {
  const Model model = load_model(golden::shipped_model());
  ThreadPoolExecutor executor(2), loader(2);
  std::atomic<int> loaded{0};
  const auto load = [&](std::size_t i) {
    ++loaded;
    return numbered_image(i);
  };
  int batches = 0;
  embedder_of(model, 2).embed(
      100, load, [&](const EmbeddedImages&) { return ++batches < 3; }, &executor, &loader);
  CHECK(batches == 3);
  CHECK(loaded == 8);  // no more than one batch ahead
  CHECK_THROWS_AS(embedder_of(model, 2).embed(
                      4, load, [](const EmbeddedImages&) -> bool { throw std::logic_error("x"); },
                      &executor, &loader),
                  std::logic_error);
}

TEST_CASE("projections stand for images where there are some, unless asked otherwise") {
  const Model clip = load_model(golden::models_folder() / "hf_clip");
  const ImageEmbedder projected(clip);
  CHECK(projected.vector() == ImageVector::image_embeds);
  CHECK(projected.width() == clip.network().config().image_embeds_width());
  Taps taps;
  taps.pooled = taps.image_embeds = true;
  const auto output = clip.run({numbered_image(3)}, taps);
  ImageEmbedderOptions options;
  options.normalize = false;
  const auto load = [](std::size_t) { return numbered_image(3); };
  CHECK(embed_all(ImageEmbedder(clip, options), 1, load).vectors.row(0) ==
        output.image_embeds_of(0).transpose());
  options.vector = ImageVector::pooled;
  CHECK(embed_all(ImageEmbedder(clip, options), 1, load).vectors.row(0) ==
        output.pooled_of(0).transpose());
}

TEST_CASE("vectors have a fingerprint of the model and of every option that changes them") {
  const Model model = load_model(golden::models_folder() / "hf_clip");
  const auto fingerprint = [&](const ImageEmbedderOptions& options) {
    return ImageEmbedder(model, options).fingerprint();
  };
  ImageEmbedderOptions options;
  options.batch_size = 3;
  options.vector = ImageVector::image_embeds;
  options.decode.max_pixels = 100;
  CHECK(fingerprint(options) == model.fingerprint());
  std::set<std::string> seen = {model.fingerprint()};
  options.vector = ImageVector::pooled;
  CHECK(seen.insert(fingerprint(options)).second);
  options.normalize = false;
  CHECK(seen.insert(fingerprint(options)).second);
  options.decode.apply_exif_orientation = false;
  CHECK(seen.insert(fingerprint(options)).second);
  options.normalize = true;
  CHECK(seen.insert(fingerprint(options)).second);
  const Model other = load_model(golden::models_folder() / "timm_vit");
  CHECK(seen.insert(ImageEmbedder(other, options).fingerprint()).second);
  const Model parts(other.checkpoint(),
                    ModelFolder::open(golden::models_folder() / "timm_vit").read_network<float>());
  CHECK(ImageEmbedder(parts, options).fingerprint().empty());
}

TEST_CASE("what cannot be done is said") {
  const Model model = load_model(golden::shipped_model());
  CHECK(contains(message_of<ConfigError>([&] { embedder_of(model, 0); }),
                 "expected a batch of at least 1 image, found 0"));
  ImageEmbedderOptions options;
  options.vector = ImageVector::image_embeds;
  CHECK(contains(message_of<UnsupportedError>([&] { ImageEmbedder(model, options); }),
                 "expected a model of images and texts for image_embeds, found "
                 "'vit_tiny_patch16_224'"));
  ThreadPoolExecutor executor(2);
  CHECK(contains(message_of<ConfigError>([&] {
                   embed_all(embedder_of(model, 2), 1, numbered_image, &executor, &executor);
                 }),
                 "expected two executors, found the same one twice"));
  const std::string weights = test_files::timm_zeros(5, 0);
  const Model five = load_model(
      {R"({"architecture":"vit_tiny_patch16_224","num_classes":0,"model_args":{"img_size":16,)"
       R"("patch_size":8,"embed_dim":8,"depth":1,"num_heads":2,"mlp_ratio":2,"in_chans":5}})",
       {},
       weights.data(),
       weights.size()});
  CHECK(contains(message_of<UnsupportedError>([&] { embedder_of(five, 1); }),
                 "image embedder: expected a network of 3 channels or of 1, found 5"));
}
