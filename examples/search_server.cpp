// Answers queries of words and images on an index, with both sides of the model and the index in
// memory. Queries come from stdin and results go to stdout, one JSON object a line; a real server
// would have its connections there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/pipeline/text_encoder.hpp>

#include "common.hpp"
#include "json_line.hpp"
#include "text_side.hpp"

namespace {

using eigenvit::Vector;
using nlohmann::ordered_json;

/// What is read once and used by every query.
class SearchServer {
 public:
  SearchServer(const CommonOptions& options, const std::string& index,
               const TextChoices& text_choices)
      : decode_(options.decode()),
        executor_(options.threads),
        model_(eigenvit::load_model(eigenvit::utf8_path(options.model), options.model_options())),
        embedder_(model_, embedder_options()),
        texts_(eigenvit::TextEncoder::open(eigenvit::utf8_path(options.model),
                                           text_options(options, text_choices))),
        index_(eigenvit::ImageIndex::open(eigenvit::utf8_path(index), &executor_)) {
    index_.check(embedder_);
    print_note("search_server", index_.precision_note(model_));
    check_text_width(options.model, embedder_, texts_.width());
  }

  eigenvit::Index images() const { return index_.size(); }

  /// The matches of a query such as {"text": "a dog", "image": "beach.jpg", "not": "people",
  /// "top_k": 5}: unit vectors are added and, of what shall not be there, subtracted.
  ordered_json matches_of(const nlohmann::json& query) {
    Vector<float> direction = Vector<float>::Zero(index_.width());
    if (query.contains("text")) direction += vector_of_text(query.at("text"));
    if (query.contains("image")) direction += vector_of_image(query.at("image"));
    if (query.contains("not")) direction -= vector_of_text(query.at("not"));
    const auto found = index_.search(direction.transpose(), top_k_of(query), &executor_);
    ordered_json matches = ordered_json::array();
    for (const auto& match : found.front()) {
      matches.push_back({{"image", index_.name(match.image)}, {"score", match.score}});
    }
    return matches;
  }

 private:
  eigenvit::ImageEmbedderOptions embedder_options() const {
    eigenvit::ImageEmbedderOptions options;
    options.decode = decode_;
    return options;
  }

  /// How many matches a query asks for, at most all images.
  std::size_t top_k_of(const nlohmann::json& query) const {
    const auto stated = query.find("top_k");
    if (stated == query.end()) return 10;
    // Of numbers below 0 and with a fraction the library's own conversion makes others.
    if (!stated->is_number_unsigned() || *stated == 0) {
      throw eigenvit::ConfigError(
          "key 'top_k': expected a whole number from 1 on, found " +
          stated->dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    }
    const auto all = static_cast<std::uint64_t>(images());
    return static_cast<std::size_t>(std::min(stated->get<std::uint64_t>(), all));
  }

  Vector<float> vector_of_text(const std::string& text) {
    return texts_.embed({text}, &executor_, &workspace_).row(0).transpose();
  }

  Vector<float> vector_of_image(const std::string& path) {
    Vector<float> vector;
    embedder_.embed(
        {eigenvit::utf8_path(path)},
        [&](const eigenvit::EmbeddedImages& images) {
          if (!images.errors[0].empty()) throw eigenvit::FileError(images.errors[0]);
          vector = images.vectors.row(0).transpose();
          return true;
        },
        &executor_);
    return vector;
  }

  eigenvit::DecodeOptions decode_;
  eigenvit::ThreadPoolExecutor executor_;
  eigenvit::Model model_;
  eigenvit::ImageEmbedder embedder_;
  eigenvit::TextEncoder texts_;
  eigenvit::ImageIndex index_;
  eigenvit::Workspace workspace_;
};

/// A query that cannot be answered is told of in its place, and the next one goes on.
ordered_json answer(SearchServer& server, const std::string& line) {
  try {
    Stopwatch watch;
    ordered_json matches = server.matches_of(nlohmann::json::parse(line));
    return {{"matches", std::move(matches)}, {"ms", watch.lap()}};
  } catch (const nlohmann::json::exception& error) {
    return {
        {"error", std::string("expected a query such as {\"text\": \"a dog\"}: ") + error.what()}};
  } catch (const eigenvit::Error& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Answers queries of words and images on an index, a JSON object a line",
               "search_server");
  app.footer("search_server --model clip_vit_base --index photos.safetensors <queries.txt");
  CommonOptions options;
  options.add_to(app);
  std::string index;
  app.add_option("--index", index, "The file that search build has written")
      ->type_name("FILE")
      ->required();
  TextChoices text_choices;
  add_text_float_layers(app, text_choices.float_layers);
  add_language(app, text_choices.language);
  return run_program(app, argc, argv, [&] {
    SearchServer server(options, index, text_choices);
    std::cerr << "search_server: " << server.images() << " images\n";
    for (std::string line; std::getline(std::cin, line);) {
      print_json_line(answer(server, line));
      std::cout.flush();
    }
    return 0;
  });
}
