// Learns a user's own classes from folders of images, and tells how well it knows them.
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <vector>

#include <eigenvit/features.hpp>

#include "common.hpp"
#include "head_options.hpp"
#include "progress_bar.hpp"

namespace {

using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::detail::one_line;

struct TrainOptions : CommonOptions {
  std::string folder;
  std::string output;
  double holdout = 0.2;
  std::uint64_t seed = 0;
  eigenvit::HeadOptions head;
};

struct TestOptions : CommonOptions {
  std::string folder;
  std::string head;
};

/// The rows of a matrix, and what belongs to each.
struct Samples {
  Matrix<float> features;
  std::vector<Index> classes;

  Samples at(const std::vector<Index>& rows) const {
    Samples chosen{Matrix<float>(Index(rows.size()), features.cols()), {}};
    for (const Index row : rows) {
      chosen.features.row(Index(chosen.classes.size())) = features.row(row);
      chosen.classes.push_back(classes[std::size_t(row)]);
    }
    return chosen;
  }
};

/// The pooled vectors of the images, in one pass. Those that cannot be read are reported and left
/// out. Throws `FileError` when a class has no image left.
Samples embed(const eigenvit::Model& model, const eigenvit::ClassFolders& folders,
              const CommonOptions& options) {
  for (const std::string& error : folders.errors) std::cerr << "few_shot: " << error << '\n';
  if (!folders.passed_over.empty()) {
    std::cerr << "few_shot: passed over: " << folders.passed_over.text() << '\n';
  }
  eigenvit::ImageEmbedderOptions embedding;
  embedding.batch_size = options.batch_size;
  embedding.vector = eigenvit::ImageVector::pooled;
  embedding.normalize = false;
  embedding.decode = options.decode();
  const eigenvit::ImageEmbedder embedder(model, embedding);
  eigenvit::ThreadPoolExecutor executor(options.threads);
  eigenvit::ThreadPoolExecutor loader(options.threads);

  Samples all{Matrix<float>(Index(folders.paths.size()), embedder.width()), folders.classes};
  std::vector<Index> usable;
  std::vector<std::string> errors;
  {
    ProgressBar progress(folders.paths.size(), true);
    embedder.embed(
        folders.paths,
        [&](const eigenvit::EmbeddedImages& images) {
          for (std::size_t i = 0; i < images.errors.size(); ++i) {
            if (!images.errors[i].empty()) {
              errors.push_back(images.errors[i]);
              continue;
            }
            usable.push_back(Index(images.first + i));
            all.features.row(usable.back()) = images.vectors.row(Index(i));
          }
          progress.advance(images.errors.size());
          return true;
        },
        &executor, &loader);
  }
  for (const std::string& error : errors) std::cerr << "few_shot: skipped: " << error << '\n';

  Samples samples = all.at(usable);
  for (std::size_t c = 0; c < folders.labels.size(); ++c) {
    if (std::count(samples.classes.begin(), samples.classes.end(), Index(c)) > 0) continue;
    throw eigenvit::FileError("expected images of '" + one_line(folders.labels[c]) +
                              "' that can be read, found none");
  }
  return samples;
}

/// How often each class was taken for which: rows are the images' classes, columns predictions.
void print(const eigenvit::ConfusionTable& table, const std::vector<std::string>& labels,
           const std::string& title) {
  constexpr Index most_columns = 20;
  const Index classes = table.class_count();
  std::cout << title << ": " << table.correct() << " of " << table.total() << " right, accuracy "
            << std::fixed << std::setprecision(4) << table.accuracy() << '\n';
  if (classes > most_columns) {
    std::cout << "most frequent mistakes\n";
    for (const auto& mistake : table.mistakes(20)) {
      std::cout << std::setw(6) << mistake.count << "  "
                << one_line(labels[std::size_t(mistake.actual)]) << " taken for "
                << one_line(labels[std::size_t(mistake.predicted)]) << '\n';
    }
    return;
  }
  std::cout << "   ";
  for (Index c = 0; c < classes; ++c) std::cout << std::setw(6) << c;
  std::cout << "  recall\n" << std::setprecision(3);
  for (Index actual = 0; actual < classes; ++actual) {
    std::cout << std::setw(3) << actual;
    for (Index c = 0; c < classes; ++c) std::cout << std::setw(6) << table.counts()(actual, c);
    std::cout << std::setw(8) << table.recall(actual) << "  "
              << one_line(labels[std::size_t(actual)]) << '\n';
  }
}

eigenvit::ConfusionTable classify(const eigenvit::Head& head, const Samples& samples) {
  eigenvit::ConfusionTable table(head.class_count());
  for (std::size_t i = 0; i < samples.classes.size(); ++i) {
    const auto best = head.classify(samples.features.row(Index(i)).transpose(), 1);
    table.add(samples.classes[i], best.front().index);
  }
  return table;
}

int train(const TrainOptions& options) {
  const eigenvit::ClassFolders folders =
      eigenvit::find_class_folders(eigenvit::utf8_path(options.folder), options.decode());
  const auto output = eigenvit::utf8_path(options.output);
  // Fails now, where the folder is missing or read-only, rather than after the embedding.
  eigenvit::SafetensorsWriter(output, {});
  const eigenvit::Model model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), options.model_options());
  const Samples samples = embed(model, folders, options);
  const auto fit = [&](const Samples& part) {
    eigenvit::TrainingSet set(part.features, part.classes, Index(folders.labels.size()));
    return eigenvit::Head(
        set, folders.labels, options.head,
        {eigenvit::HeadFeatures::pooled, model.fingerprint(), {}, model.precision_record()});
  };

  std::cout << samples.classes.size() << " images of " << folders.labels.size() << " classes\n";
  const auto parts = eigenvit::hold_out(samples.classes, Index(folders.labels.size()),
                                        options.holdout, options.seed);
  if (!parts.held_out.empty()) {
    print(classify(fit(samples.at(parts.fitted)), samples.at(parts.held_out)), folders.labels,
          "held out");
  }
  fit(samples).save(output);
  return 0;
}

int test(const TestOptions& options) {
  const eigenvit::ClassFolders folders =
      eigenvit::find_class_folders(eigenvit::utf8_path(options.folder), options.decode());
  const eigenvit::Head head = eigenvit::Head::open(eigenvit::utf8_path(options.head));
  const eigenvit::Model model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), options.model_options());
  head.check(model, eigenvit::HeadFeatures::pooled);
  print_note("few_shot", head.precision_note(model));
  if (folders.labels != head.labels()) {
    throw eigenvit::ConfigError(options.folder + ": expected folders named as the classes of " +
                                options.head + ", found others");
  }
  print(classify(head, embed(model, folders, options)), folders.labels, "tested");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Learns classes of your own from a few images of each", "few_shot");
  app.footer("few_shot train --model vit_base --output pets.safetensors pets");

  TrainOptions train_options;
  CLI::App& train_app =
      *app.add_subcommand("train", "Learns classes from a folder of images for each");
  train_app.footer("few_shot train --model vit_base --output pets.safetensors pets");
  train_options.add_to(train_app);
  train_app.add_option("--output", train_options.output, "The file of the classes to write")
      ->type_name("FILE")
      ->required();
  train_app
      .add_option("--holdout", train_options.holdout,
                  "Share of each class that is kept back to test with; what is written has learned "
                  "from all images")
      ->type_name("SHARE")
      ->check(within(0.0, 0.99))
      ->capture_default_str();
  train_app.add_option("--seed", train_options.seed, "Chooses which images are kept back")
      ->type_name("N")
      ->capture_default_str();
  add_head_options(train_app, train_options.head);
  train_app
      .add_option("FOLDER", train_options.folder,
                  "A folder that holds a folder of images per class")
      ->required();

  TestOptions test_options;
  CLI::App& test_app = *app.add_subcommand("test", "Counts how many of other images are right");
  test_app.footer("few_shot test --model vit_base --head pets.safetensors more_pets");
  test_options.add_to(test_app);
  test_app.add_option("--head", test_options.head, "What few_shot train has written")
      ->type_name("FILE")
      ->required();
  test_app.add_option("FOLDER", test_options.folder, "A folder of folders named as the classes")
      ->required();

  return run_program(app, argc, argv, [&] {
    return train_app.parsed() ? train(train_options) : test(test_options);
  });
}
