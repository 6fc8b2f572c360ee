// Lets every allocation fail of what is done with a model's vectors: heads that are fitted, saved
// and read, zero-shot classes, an index that is built and searched, pictures that are encoded. Each
// failure must reach the caller or be said of its image, leave nothing allocated and no file beside
// the output, and the next call must give what it would have given.
//
//     feature_allocation_failures SOURCE_DIR [STRIDE]
//
// As allocation_failures.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/features.hpp>
#include <eigenvit/features/zero_shot.hpp>
#include <eigenvit/image/encode.hpp>

#include "fail_each.hpp"

namespace {

namespace fs = std::filesystem;
using eigenvit::Index;
using faults::fail_each;

/// A folder of this process's own, emptied and removed at the end.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("faults" + std::to_string(::getpid()))) { renew(); }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void renew() const {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  fs::path operator/(const char* name) const { return path_ / name; }
  /// Whether there is no file but these.
  bool only(const std::vector<fs::path>& files) const {
    for (const auto& entry : fs::directory_iterator(path_)) {
      bool known = false;
      for (const fs::path& file : files) known = known || entry.path() == file;
      if (!known) std::printf("%s is left\n", entry.path().c_str());
      if (!known) return false;
    }
    return true;
  }

 private:
  fs::path path_;
};

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Points of three classes in a plane, in a line of their own each.
eigenvit::TrainingSet points() {
  eigenvit::Matrix<float> features(12, 4);
  std::vector<Index> classes;
  for (Index i = 0; i < 12; ++i) {
    classes.push_back(i % 3);
    for (Index k = 0; k < 4; ++k)
      features(i, k) = float((i * 5 + k * 3) % 7) + float(i % 3 == k) * 9;
  }
  return eigenvit::TrainingSet(features, classes, 3);
}

bool check_head(eigenvit::HeadMethod method, const Folder& folder) {
  const fs::path file = folder / "head.safetensors";
  const auto work = [&] {
    const eigenvit::TrainingSet set = points();
    eigenvit::HeadOptions options;
    options.method = method;
    eigenvit::Head(set, {"a", "b", "c"}, options).save(file);
    return eigenvit::Head::open(file).classify(set.features().row(5).transpose(), 3);
  };
  const auto expected = work();
  const std::string bytes = bytes_of(file);
  const auto as_before = [&] {
    bool good = folder.only({file}) && bytes_of(file) == bytes;
    const auto found = work();
    for (std::size_t i = 0; i < 3; ++i) {
      good = good && found[i].index == expected[i].index && found[i].score == expected[i].score;
    }
    return good;
  };
  const std::string name = "head, " + std::string(eigenvit::method_name(method));
  return fail_each(name, false, work, as_before) && fail_each(name, true, work, as_before);
}

bool check_index(const fs::path& source, int threads, const Folder& folder) {
  const eigenvit::Model model =
      eigenvit::load_model(source / "examples" / "models" / "vit_cifar10_patch4_32");
  const eigenvit::ImageEmbedder embedder(model);
  eigenvit::ThreadPoolExecutor executor(threads);
  eigenvit::ThreadPoolExecutor loader(threads);
  const fs::path images = source / "tests" / "golden" / "image";
  const std::vector<std::string> names = {"1x1.png", "411.jpg"};
  const std::vector<fs::path> paths = {images / names[0], images / names[1]};
  const fs::path file = folder / "index.safetensors";
  const fs::path journal = folder / "index.safetensors.partial";
  // Goes on with what is there.
  const auto work = [&] {
    const eigenvit::ImageIndexInfo info{embedder.fingerprint(), "", "", embedder.width()};
    eigenvit::ImageIndexBuilder builder(file, info);
    const auto done = [&](const eigenvit::EmbeddedImages& batch) {
      for (std::size_t i = 0; i < batch.errors.size(); ++i) {
        if (!batch.errors[i].empty()) throw eigenvit::FileError(batch.errors[i]);
        builder.add(names[batch.first + i], eigenvit::stamp_of(paths[batch.first + i]),
                    batch.vectors.row(Index(i)).transpose());
      }
      builder.flush();
      return true;
    };
    embedder.embed(paths, done, &executor, &loader);
    builder.commit(names);
    const auto index = eigenvit::ImageIndex::open(file, &executor);
    index.check(embedder);
    index.search(eigenvit::Matrix<float>::Ones(1, embedder.width()), 2, &executor);
  };
  work();
  const std::string bytes = bytes_of(file);
  folder.renew();
  const auto as_before = [&] {
    bool good = folder.only({file, journal});
    good = good && (!fs::exists(file) || bytes_of(file) == bytes);
    work();
    good = good && folder.only({file}) && bytes_of(file) == bytes;
    folder.renew();
    return good;
  };
  return fail_each("index, " + std::to_string(threads) + " threads", false, work, as_before);
}

bool check_zero_shot(const fs::path& source) {
  const auto folder = source / "tests" / "golden";
  const eigenvit::Model model = eigenvit::load_model(folder / "models" / "hf_clip");
  const eigenvit::Image image(20, 22);
  std::vector<eigenvit::Prediction> found;
  const auto work = [&] {
    const eigenvit::ZeroShot zero_shot(
        model, eigenvit::read_text_embeddings(folder / "zero_shot" / "hf_clip.safetensors"));
    found = zero_shot.predictions(model.run({image}, zero_shot.taps()), 0, 3);
  };
  work();
  const auto expected = found;
  return fail_each("zero-shot", false, work, [&] {
    work();
    bool good = true;
    for (std::size_t i = 0; i < 3; ++i) good = good && found[i].score == expected[i].score;
    return good;
  });
}

bool check_encoding(const char* name, eigenvit::ImageFormat format, const Folder& folder) {
  const fs::path file = folder / name;
  eigenvit::Image image(40, 36);
  for (Index i = 0; i < 40 * 36 * 3; ++i) image.data()[i] = static_cast<std::uint8_t>(i * 7 % 251);
  const auto expected = eigenvit::encode_image(image, format);
  const bool done = fail_each(
      name, false, [&] { eigenvit::save_image(file, image); },
      [&] {
        const bool good = folder.only({file});
        eigenvit::save_image(file, image);
        return good && bytes_of(file) == std::string(expected.begin(), expected.end());
      });
  fs::remove(file);  // the next one expects to be alone
  return done;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 2) {
    std::puts("usage: feature_allocation_failures SOURCE_DIR [STRIDE]");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 12);
  const fs::path source = arguments[1];
  if (argument_count > 2) faults::stride = std::max(1L, std::atol(arguments[2]));
  if (!faults::failures_work()) return 1;
  const Folder folder;
  bool good = true;
  for (const auto method : {eigenvit::HeadMethod::prototypes, eigenvit::HeadMethod::knn,
                            eigenvit::HeadMethod::ridge, eigenvit::HeadMethod::logistic}) {
    good = check_head(method, folder) && good;
    folder.renew();
  }
  good = check_encoding("picture.jpg", eigenvit::ImageFormat::jpeg, folder) && good;
  good = check_encoding("picture.png", eigenvit::ImageFormat::png, folder) && good;
  folder.renew();
  good = check_zero_shot(source) && good;
  for (const int threads : {1, 2, 4}) {
    good = check_index(source, threads, folder) && good;
    folder.renew();
  }
  return good ? 0 : 1;
}
