// Prints the most probable classes of each image.
#include <iomanip>
#include <optional>
#include <utility>
#include <vector>

#include <eigenvit/features/head.hpp>
#include <eigenvit/features/zero_shot.hpp>

#include "common.hpp"
#include "file_list.hpp"
#include "json_line.hpp"
#include "text_side.hpp"

namespace {

struct Classified {
  std::vector<eigenvit::Prediction> predictions;
  double preprocess_ms = 0;
  double forward_ms = 0;
};

void print(const std::string& name, const std::vector<eigenvit::Prediction>& predictions) {
  using eigenvit::detail::one_line;
  std::cout << one_line(name) << '\n' << std::fixed << std::setprecision(4);
  for (const auto& p : predictions) {
    std::cout << "  " << p.score << "  " << one_line(p.label) << '\n';
  }
}

void print_json(const std::string& name, const Classified& image, double load_ms) {
  nlohmann::ordered_json line = {{"image", name}, {"predictions", nlohmann::json::array()}};
  for (const auto& p : image.predictions) {
    line["predictions"].push_back(
        nlohmann::ordered_json{{"index", p.index}, {"label", p.label}, {"score", p.score}});
  }
  line["timings_ms"] = nlohmann::ordered_json{
      {"load", load_ms}, {"preprocess", image.preprocess_ms}, {"forward", image.forward_ms}};
  print_json_line(line);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Tells what images show: the most probable classes of each", "classify");
  app.footer("classify --model vit_base --top-k 3 cat.jpg dog.png");
  CommonOptions options;
  options.add_to(app);
  std::size_t top_k = 5;
  app.add_option("--top-k", top_k, "Classes to print for each image")
      ->type_name("N")
      ->check(within(1, 1 << 24))
      ->capture_default_str();
  std::string head_path;
  auto* const head_option = app.add_option("--head", head_path,
                                           "Classes of your own in place of the model's: a file "
                                           "that few_shot has written")
                                ->type_name("FILE");
  std::string texts_path;
  auto* const texts_option =
      app.add_option("--text-embeddings", texts_path,
                     "Texts as classes: vectors of the model's text side in a safetensors file")
          ->type_name("FILE")
          ->excludes(head_option);
  std::string labels;
  auto* const labels_option =
      app.add_option("--labels", labels,
                     "Texts as classes: \"a cat, a dog\", or a file with one in each line")
          ->type_name("WORDS|FILE")
          ->excludes(head_option)
          ->excludes(texts_option);
  Templates templates;
  templates.add_to(app)->needs(labels_option);
  TextChoices text_choices;
  add_text_float_layers(app, text_choices.float_layers)->needs(labels_option);
  add_language(app, text_choices.language)->needs(labels_option);
  bool json = false;
  app.add_flag("--json", json, "Print one JSON object a line for each image");
  std::ptrdiff_t merge_tokens = 0;
  add_merge_tokens(app, merge_tokens);
  FileList files;
  files.add_to(app, "IMAGE", "Image files")->required();

  return run_program(app, argc, argv, [&] {
    const std::vector<std::string> paths = files.read();
    Stopwatch watch;
    eigenvit::ModelOptions model_options = options.model_options();
    // For one picture the network runs once.
    model_options.keep_packed = paths.size() > 1;
    const eigenvit::Model model =
        eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
    eigenvit::ThreadPoolExecutor executor(options.threads);
    std::optional<eigenvit::Head> head;
    std::optional<eigenvit::ZeroShot> zero_shot;
    eigenvit::Taps taps;
    if (*labels_option) {
      zero_shot.emplace(model, embed_classes(options, read_labels(labels), templates.read(),
                                             executor, text_choices));
      taps = zero_shot->taps();
    } else if (!texts_path.empty()) {
      zero_shot.emplace(model, eigenvit::read_text_embeddings(eigenvit::utf8_path(texts_path)));
      taps = zero_shot->taps();
    } else if (!head_path.empty()) {
      head = eigenvit::Head::open(eigenvit::utf8_path(head_path));
      head->check(model, eigenvit::HeadFeatures::pooled);
      print_note("classify", head->precision_note(model));
      taps.pooled = true;
    } else if (model.has_head()) {
      taps.logits = true;
    } else {
      throw eigenvit::UnsupportedError(options.model +
                                       ": expected a model with a head, found one without");
    }
    eigenvit::Workspace workspace;
    taps.token_merging.per_block = merge_tokens;
    eigenvit::VitOutput<float> output;
    int status = 0;
    double load_ms = watch.lap();

    for (std::size_t next = 0; next < paths.size();) {
      watch.lap();
      std::vector<eigenvit::Image> images;
      std::vector<std::string> names;
      for (; next < paths.size() && images.size() < std::size_t(options.batch_size); ++next) {
        try {
          auto image = eigenvit::load_image(eigenvit::utf8_path(paths[next]), options.decode());
          check_size(model, image, paths[next]);
          images.push_back(std::move(image));
          names.push_back(paths[next]);
        } catch (const eigenvit::Error& error) {
          std::cerr << "classify: " << error.what() << '\n';
          status = 1;
        }
      }
      if (images.empty()) continue;
      const std::vector<eigenvit::ImageView> views(images.begin(), images.end());
      std::vector<Classified> classified(views.size());
      const double decode_ms = watch.lap() / double(views.size());
      // One group, unless the model keeps the aspect of images.
      for (const auto& group : model.groups_of_one_size(views)) {
        std::vector<eigenvit::ImageView> same;
        for (const std::size_t i : group) same.push_back(views[i]);
        watch.lap();
        const eigenvit::PixelInput pixels = model.input(same, &executor);
        const double preprocess_ms = decode_ms + watch.lap() / double(same.size());
        model.network().forward(pixels.batch(), taps, output, &executor, &workspace);
        const double forward_ms = watch.lap() / double(same.size());
        for (std::size_t i = 0; i < group.size(); ++i) {
          const auto image = std::ptrdiff_t(i);
          classified[group[i]] = {zero_shot ? zero_shot->predictions(output, image, top_k)
                                  : head    ? head->classify(output.pooled_of(image), top_k)
                                            : model.predictions(output.logits_of(image), top_k),
                                  preprocess_ms, forward_ms};
        }
      }

      for (std::size_t i = 0; i < names.size(); ++i) {
        if (json) {
          print_json(names[i], classified[i], load_ms);
          load_ms = 0;
        } else {
          print(names[i], classified[i].predictions);
        }
      }
    }
    return status;
  });
}
