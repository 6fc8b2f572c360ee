// Says what bfloat16 and int8 cost in accuracy on images of one's own, and which layers cost most.
#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <string>
#include <vector>

#include <eigenvit/features.hpp>

#include "common.hpp"
#include "file_list.hpp"
#include "image_size.hpp"
#include "json_line.hpp"
#include "progress_bar.hpp"

namespace {

using Json = nlohmann::ordered_json;

struct Result {
  eigenvit::Precision precision;
  eigenvit::PrecisionAgreement agreement;
  std::vector<eigenvit::LayerCost> layers;
};

/// Calls `visit(name, agreement)` for each kind of vector that the model has.
template <class Visit>
void for_each_kind(const eigenvit::PrecisionAgreement& agreement, const Visit& visit) {
  const std::pair<const char*, const eigenvit::VectorAgreement*> kinds[] = {
      {"pooled", &agreement.pooled},
      {"logits", &agreement.logits},
      {"cls", &agreement.cls},
      {"patches", &agreement.patches}};
  for (const auto& [name, kind] : kinds) {
    if (kind->vectors > 0) visit(name, *kind);
  }
}

Json json_of(const Result& result) {
  Json json = {{"precision", name_of(result.precision)}, {"images", result.agreement.images}};
  for_each_kind(result.agreement, [&](const char* name, const eigenvit::VectorAgreement& kind) {
    json[name] = {{"mean_cosine", kind.mean_cosine},
                  {"percentile_1_cosine", kind.percentile_cosine},
                  {"largest_error", kind.largest_error}};
  });
  json["same_class"] = nullptr;
  if (result.agreement.logits.vectors > 0) json["same_class"] = result.agreement.same_class;
  json["layers"] = Json::array();
  for (const auto& cost : result.layers) {
    json["layers"].push_back({{"layer", cost.layer}, {"loss", cost.loss}});
  }
  return json;
}

void print(const Result& result, std::size_t most_layers) {
  std::cout << name_of(result.precision) << '\n'
            << "              mean cosine   1st percentile   largest error\n";
  for_each_kind(result.agreement, [](const char* name, const eigenvit::VectorAgreement& kind) {
    std::cout << "  " << std::left << std::setw(10) << name << std::right << std::fixed
              << std::setprecision(6) << std::setw(13) << kind.mean_cosine << std::setw(17)
              << kind.percentile_cosine << std::setprecision(4) << std::setw(16)
              << kind.largest_error << '\n';
  });
  if (result.agreement.logits.vectors > 0) {
    std::cout << "  the same class for " << result.agreement.same_class << " of "
              << result.agreement.images << " images\n";
  }
  if (result.layers.empty()) return;
  std::cout << "  layers that lose most, each alone (1 - mean cosine of the patches):\n";
  for (std::size_t i = 0; i < std::min(most_layers, result.layers.size()); ++i) {
    std::cout << "  " << std::scientific << std::setprecision(1) << std::setw(10)
              << result.layers[i].loss << "  " << result.layers[i].layer << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compares bfloat16 and int8 with float32 on images, and says which layers lose most",
               "compare_precision");
  app.footer("compare_precision --model vit_base photographs/*.jpg");
  CommonOptions options;
  options.add_to(app);
  int layers = 10;
  app.add_option("--layers", layers, "Layers to print; 0 measures none, which takes far less time")
      ->type_name("N")
      ->check(within(0, 1 << 20))
      ->capture_default_str();
  bool json = false;
  app.add_flag("--json", json, "Print one JSON object a line for each precision, with all layers");
  ImageSizeOption image_size;
  image_size.add_to(app);
  FileList files;
  files.add_to(app, "IMAGE", "Image files");

  return run_program(app, argc, argv, [&] {
    if (files.empty()) throw CLI::RequiredError("IMAGE");
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    eigenvit::PrecisionComparison comparison(
        eigenvit::ModelFolder::open(eigenvit::utf8_path(options.model), model_options));
    eigenvit::ThreadPoolExecutor executor(options.threads);
    for (const std::string& path : files.read()) {
      comparison.add(eigenvit::load_image(eigenvit::utf8_path(path), options.decode()), &executor);
    }
    // Without --precision, those that lose anything.
    std::vector<eigenvit::Precision> wanted = {eigenvit::Precision::bfloat16,
                                               eigenvit::Precision::int8};
    if (options.precision != eigenvit::Precision::float32) wanted = {options.precision};
    for (const eigenvit::Precision precision : wanted) {
      Result result{precision, comparison.agreement(precision, &executor), {}};
      if (layers > 0) {
        ProgressBar progress(comparison.layers(precision), true);
        result.layers = comparison.layer_costs(precision, &executor, [&](std::size_t) {
          progress.advance(1);
          return true;
        });
      }
      if (json) {
        print_json_line(json_of(result));
      } else {
        print(result, std::size_t(layers));
      }
    }
    return 0;
  });
}
