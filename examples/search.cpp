// Finds the images of a folder that look like a given one, or that texts tell of.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <iomanip>
#include <vector>

#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/features/image_files.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/image_index_builder.hpp>

#include "common.hpp"
#include "file_list.hpp"
#include "json_line.hpp"
#include "progress_bar.hpp"
#include "search_page.hpp"
#include "text_side.hpp"

namespace {

using eigenvit::detail::one_line;

std::atomic<int> interrupted{0};  // by this signal

// The first one lets the batch in work end; a second one ends the program at once.
extern "C" void interrupt(int signal) {
  interrupted = signal;
  std::signal(signal, SIG_DFL);
}

eigenvit::ImageEmbedder embedder_of(const eigenvit::Model& model, const CommonOptions& options) {
  eigenvit::ImageEmbedderOptions embedder;
  embedder.batch_size = options.batch_size;
  embedder.decode = options.decode();
  return eigenvit::ImageEmbedder(model, embedder);
}

// The folder as an index names it: `photos` and `photos/` are the same.
std::string name_of(const std::string& folder) {
  auto path = std::filesystem::absolute(eigenvit::utf8_path(folder)).lexically_normal();
  if (path.has_relative_path() && !path.has_filename()) path = path.parent_path();
  return eigenvit::utf8_generic_text(path);
}

int build(const CommonOptions& options, const std::string& folder, const std::string& output) {
  const eigenvit::ImageFiles files =
      eigenvit::find_image_files(eigenvit::utf8_path(folder), options.decode());
  const eigenvit::Model model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), options.model_options());
  const eigenvit::ImageEmbedder embedder = embedder_of(model, options);
  eigenvit::ImageIndexBuilder builder(
      eigenvit::utf8_path(output), {embedder.fingerprint(), model.checkpoint().architecture,
                                    name_of(folder), embedder.width(), model.precision_record()});

  for (const std::string& error : files.errors) std::cerr << "search: " << error << '\n';
  if (!files.passed_over.empty()) {
    std::cerr << "search: passed over: " << files.passed_over.text() << '\n';
  }

  std::vector<eigenvit::FileStamp> stamps;
  std::vector<std::size_t> pending;
  std::vector<std::filesystem::path> paths;
  for (std::size_t i = 0; i < files.names.size(); ++i) {
    stamps.push_back(eigenvit::stamp_of(files.path(i)));
    if (builder.has(files.names[i], stamps[i])) continue;
    pending.push_back(i);
    paths.push_back(files.path(i));
  }

  eigenvit::ThreadPoolExecutor executor(options.threads);
  eigenvit::ThreadPoolExecutor loader(options.threads);
  std::size_t unreadable = 0;
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  {
    ProgressBar progress(paths.size(), true);
    const auto done = [&](const eigenvit::EmbeddedImages& images) {
      for (std::size_t i = 0; i < images.errors.size(); ++i) {
        const std::size_t file = pending[images.first + i];
        if (images.errors[i].empty()) {
          builder.add(files.names[file], stamps[file],
                      images.vectors.row(std::ptrdiff_t(i)).transpose());
        } else {
          progress.note("search: " + images.errors[i]);
          ++unreadable;
        }
      }
      builder.flush();
      progress.advance(images.errors.size());
      return interrupted == 0;
    };
    embedder.embed(paths, done, &executor, &loader);
  }
  if (interrupted != 0) {
    std::cerr << "search: interrupted; the same command goes on from here\n";
    return 128 + interrupted;
  }

  std::vector<std::string> names;
  for (std::size_t i = 0; i < files.names.size(); ++i) {
    if (builder.has(files.names[i], stamps[i])) names.push_back(files.names[i]);
  }
  const std::size_t count = builder.commit(names);
  std::cout << one_line(output) << ": " << count << " images, " << pending.size() - unreadable
            << " of them new, " << unreadable << " could not be read\n";
  return 0;
}

struct QueryOptions {
  std::string index;
  FileList files;
  std::vector<std::string> texts;
  std::vector<std::string> not_texts;
  TextChoices text;
  std::string folder;
  std::string html;
  std::size_t top_k = 10;
  bool json = false;
};

// What is added to the vector of each image, all of length 1: the vectors of the texts, less those
// of what shall not be there.
eigenvit::Vector<float> direction_of(const CommonOptions& options, const QueryOptions& asked,
                                     const eigenvit::ImageEmbedder& embedder,
                                     eigenvit::Executor& executor) {
  eigenvit::Vector<float> direction = eigenvit::Vector<float>::Zero(embedder.width());
  std::vector<std::string> words = asked.texts;
  words.insert(words.end(), asked.not_texts.begin(), asked.not_texts.end());
  if (words.empty()) return direction;
  const eigenvit::TextEmbeddings embedded =
      embed_classes(options, words, {"{}"}, executor, asked.text);
  check_text_width(options.model, embedder, embedded.vectors.cols());
  const auto texts = std::ptrdiff_t(asked.texts.size());
  direction += embedded.vectors.topRows(texts).colwise().sum().transpose();
  direction -=
      embedded.vectors.bottomRows(embedded.vectors.rows() - texts).colwise().sum().transpose();
  return direction;
}

// A query as it is printed: "cat.jpg + in the snow - people".
std::string title_of(const std::string& image, const QueryOptions& asked) {
  std::string title = image;
  for (const std::string& text : asked.texts) title += (title.empty() ? "" : " + ") + text;
  for (const std::string& text : asked.not_texts) title += " - " + text;
  return title;
}

int query(const CommonOptions& options, const QueryOptions& asked) {
  if (asked.files.empty() && asked.texts.empty()) throw CLI::RequiredError("IMAGE or --text");
  const std::vector<std::string> images = asked.files.read();
  eigenvit::ThreadPoolExecutor executor(options.threads);
  eigenvit::ThreadPoolExecutor loader(options.threads);
  eigenvit::ModelOptions model_options = options.model_options();
  // For one picture the network runs once.
  model_options.keep_packed = images.size() > 1;
  const eigenvit::Model model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
  const eigenvit::ImageEmbedder embedder = embedder_of(model, options);
  const auto index = eigenvit::ImageIndex::open(eigenvit::utf8_path(asked.index), &executor);
  index.check(embedder);
  print_note("search", index.precision_note(model));
  const auto folder =
      eigenvit::utf8_path(asked.folder.empty() ? index.info().folder : asked.folder);

  const eigenvit::Vector<float> direction = direction_of(options, asked, embedder, executor);
  std::vector<std::string> names;
  eigenvit::Matrix<float> queries(std::max<std::ptrdiff_t>(1, std::ptrdiff_t(images.size())),
                                  index.width());
  std::vector<std::filesystem::path> paths;
  for (const std::string& image : images) paths.push_back(eigenvit::utf8_path(image));
  const auto take = [&](const eigenvit::EmbeddedImages& embedded) {
    for (std::size_t i = 0; i < embedded.errors.size(); ++i) {
      if (embedded.errors[i].empty()) {
        queries.row(std::ptrdiff_t(names.size())) =
            embedded.vectors.row(std::ptrdiff_t(i)) + direction.transpose();
        names.push_back(images[embedded.first + i]);
      } else {
        std::cerr << "search: " << embedded.errors[i] << '\n';
      }
    }
    return true;
  };
  if (asked.files.empty()) {
    queries.row(0) = direction.transpose();
    names.emplace_back();
  } else {
    embedder.embed(paths, take, &executor, &loader);
  }
  const auto results =
      index.search(queries.topRows(std::ptrdiff_t(names.size())), asked.top_k, &executor);

  SearchPage page(options.decode(), index.info().architecture, folder);
  for (std::size_t i = 0; i < names.size(); ++i) {
    nlohmann::ordered_json line;
    if (!names[i].empty()) line["image"] = names[i];
    if (!asked.texts.empty()) line["texts"] = asked.texts;
    if (!asked.not_texts.empty()) line["not"] = asked.not_texts;
    line["matches"] = nlohmann::json::array();
    const std::string title = title_of(names[i], asked);
    if (!asked.json) std::cout << one_line(title) << '\n' << std::fixed << std::setprecision(4);
    if (!asked.html.empty()) page.add_query(title, eigenvit::utf8_path(names[i]));
    for (const eigenvit::ImageMatch& match : results[i]) {
      const auto path = folder / eigenvit::utf8_path(index.name(match.image));
      if (asked.json) {
        line["matches"].push_back(nlohmann::ordered_json{
            {"path", eigenvit::utf8_generic_text(path)}, {"score", match.score}});
      } else {
        std::cout << "  " << match.score << "  " << one_line(eigenvit::utf8_generic_text(path))
                  << '\n';
      }
      if (!asked.html.empty()) page.add_match(index.name(match.image), match.score);
    }
    if (asked.json) {
      print_json_line(line);
    }
  }
  if (!asked.html.empty() && !names.empty()) {
    page.save(eigenvit::utf8_path(asked.html));
    if (page.outside() > 0) {
      std::cerr << "search: " << page.outside()
                << " of the pictures found are outside of the folder of the index and are not "
                   "embedded\n";
    }
  }
  return asked.files.empty() || names.size() == images.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Finds images that look like a given one, or that texts tell of", "search");
  app.footer("search build --model vit_base --output photos.safetensors photos");
  CommonOptions options;

  CLI::App& build_app = *app.add_subcommand("build", "Makes or renews the index of a folder");
  build_app.footer("search build --model vit_base --output photos.safetensors photos");
  options.add_to(build_app);
  std::string output;
  build_app.add_option("--output", output, "The index to write, a safetensors file")
      ->type_name("FILE")
      ->required();
  std::string folder;
  build_app.add_option("FOLDER", folder, "Folder of images, which may hold folders")->required();

  CLI::App& query_app = *app.add_subcommand("query", "Finds the images that are most alike");
  query_app.footer("search query --model vit_base --index photos.safetensors cat.jpg");
  options.add_to(query_app);
  QueryOptions asked;
  query_app.add_option("--index", asked.index, "What search build has written")
      ->type_name("FILE")
      ->required();
  query_app.add_option("--top-k", asked.top_k, "Images to find for each")
      ->type_name("N")
      ->check(within(1, 1 << 24))
      ->capture_default_str();
  query_app.add_flag("--json", asked.json, "Print one JSON object a line for each image");
  query_app.add_option("--html", asked.html, "Write a page with thumbnails")->type_name("FILE");
  query_app.add_option("--images", asked.folder, "Where the indexed folder is now")
      ->type_name("DIR")
      ->default_str("where it was");
  query_app
      .add_option("--text", asked.texts,
                  "What the images shall show, also together with an image; of CLIP and SigLIP")
      ->type_name("WORDS")
      ->allow_extra_args(false);
  query_app.add_option("--not", asked.not_texts, "What they shall not show")
      ->type_name("WORDS")
      ->allow_extra_args(false);
  add_text_float_layers(query_app, asked.text.float_layers);
  add_language(query_app, asked.text.language);
  asked.files.add_to(query_app, "IMAGE", "Image files");

  return run_program(app, argc, argv, [&] {
    return build_app.parsed() ? build(options, folder, output) : query(options, asked);
  });
}
