// Finds the same place in two sets of photographs: for each photograph the most alike of a folder,
// by descriptors of its patches that a vocabulary sums up. Values of a block of DINOv2 and 32
// centres are what arXiv:2308.00688 found to do best.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iomanip>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/features.hpp>

#include "common.hpp"
#include "file_list.hpp"
#include "image_size.hpp"
#include "json_line.hpp"

namespace {

using eigenvit::Matrix;
using eigenvit::Vector;

/// What describes a patch.
enum class Facet { query, key, value, token };

constexpr std::array<const char*, 4> facet_names = {"query", "key", "value", "token"};

/// Queries, keys, values or the residual stream of the patches of images, in one block.
class Descriptors {
 public:
  Descriptors(const eigenvit::Model& model, const CommonOptions& options, Facet facet,
              std::ptrdiff_t block)
      : model_(model), decode_(options.decode()), executor_(options.threads), facet_(facet) {
    (facet == Facet::query   ? taps_.query
     : facet == Facet::key   ? taps_.key
     : facet == Facet::value ? taps_.value
                             : taps_.hidden) = {block};
  }

  /// An image file; none, with a line that says why, where it cannot be read.
  std::optional<eigenvit::Image> load(const std::filesystem::path& path) const {
    try {
      auto image = eigenvit::load_image(path, decode_);
      check_size(model_, image, eigenvit::utf8_text(path));
      return image;
    } catch (const eigenvit::Error& error) {
      std::cerr << "find_place: " << error.what() << '\n';
      return std::nullopt;
    }
  }

  /// Those of one image, `[h*w, D]`.
  Matrix<float> of(const eigenvit::Image& image) {
    model_.run(eigenvit::ImageView(image), taps_, output_, &executor_, &workspace_);
    const auto tokens = facet_ == Facet::query   ? output_.projection_of(output_.query[0], 0)
                        : facet_ == Facet::key   ? output_.projection_of(output_.key[0], 0)
                        : facet_ == Facet::value ? output_.projection_of(output_.value[0], 0)
                                                 : hidden();
    return tokens.middleRows(output_.prefix_tokens, output_.grid_height * output_.grid_width);
  }

 private:
  eigenvit::ConstMatrixView<float> hidden() const {
    return {output_.hidden[0].data(), output_.tokens_per_image, output_.width};
  }

  const eigenvit::Model& model_;
  eigenvit::DecodeOptions decode_;
  eigenvit::ThreadPoolExecutor executor_;
  eigenvit::Workspace workspace_;
  eigenvit::Taps taps_;
  eigenvit::VitOutput<float> output_;
  Facet facet_;
};

/// The photographs of places and their descriptors, of which it keeps as many as a gibibyte holds:
/// a vocabulary is fitted to all of them before the first can be summed up by it. The network then
/// sees the others twice.
class Places {
 public:
  Places(eigenvit::ImageFiles files, Descriptors& descriptors)
      : files_(std::move(files)), descriptors_(descriptors), kept_(files_.names.size()) {}

  const std::vector<std::string>& names() const { return files_.names; }

  /// Calls `visit` with the descriptors of each image. Images that cannot be read leave the list,
  /// with a line that says so. With `keeps` it comes again.
  template <class Visit>
  void visit(bool keeps, const Visit& visit) {
    std::size_t read = 0;
    for (std::size_t i = 0; i < files_.names.size(); ++i) {
      Matrix<float> found = std::move(kept_[i]);
      if (found.size() == 0) {
        const auto image = descriptors_.load(files_.path(i));
        if (!image) continue;
        found = descriptors_.of(*image);
      }
      visit(found);
      if (keeps && found.size() <= room_) {
        room_ -= found.size();
        kept_[read] = std::move(found);
      }
      if (read != i) files_.names[read] = std::move(files_.names[i]);
      ++read;
    }
    unreadable_ += files_.names.size() - read;
    files_.names.resize(read);
    kept_.resize(read);
    if (read == 0) {
      throw eigenvit::FileError(eigenvit::utf8_text(files_.folder) +
                                ": expected images that can be read, found none");
    }
  }

  /// Whether some images or folders could not be read.
  bool has_errors() const { return unreadable_ > 0 || !files_.errors.empty(); }

 private:
  eigenvit::ImageFiles files_;
  Descriptors& descriptors_;
  std::vector<Matrix<float>> kept_;  ///< empty where it is not kept
  std::ptrdiff_t room_ = std::ptrdiff_t{1} << 28;
  std::size_t unreadable_ = 0;
};

/// The vocabulary of a file, or one that is fitted to the images of a folder and, where a file is
/// named, kept in it. About `most` descriptors are fitted to, equally many of each image.
eigenvit::Vlad vocabulary(const std::string& file, const std::string& origin, Places& places,
                          std::ptrdiff_t clusters, std::ptrdiff_t most) {
  const auto path = eigenvit::utf8_path(file);
  if (!file.empty() && std::filesystem::exists(path)) {
    auto found = eigenvit::Vlad::open(path);
    if (found.origin() != origin) {
      throw eigenvit::ConfigError(file + ": expected a vocabulary of " + origin +
                                  ", found one of " + found.origin());
    }
    return found;
  }
  const auto each = std::max<std::ptrdiff_t>(1, most / std::ptrdiff_t(places.names().size()));
  std::vector<Matrix<float>> samples;
  std::ptrdiff_t count = 0;
  places.visit(true, [&](const Matrix<float>& all) {
    const std::ptrdiff_t rows = std::min(each, all.rows());
    Matrix<float> some(rows, all.cols());
    for (std::ptrdiff_t i = 0; i < rows; ++i) some.row(i) = all.row(i * all.rows() / rows);
    count += rows;
    samples.push_back(std::move(some));
  });
  Matrix<float> rows(count, samples.front().cols());
  count = 0;
  for (const Matrix<float>& some : samples) {
    rows.middleRows(count, some.rows()) = some;
    count += some.rows();
  }
  const auto made = eigenvit::Vlad::fit(rows, clusters, {}, {}, origin);
  if (!file.empty()) made.save(path);
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Finds the photographs of a folder that show the same place", "find_place");
  app.footer("find_place --model dinov2-base --places mapped/ today.jpg");
  CommonOptions options;
  options.add_to(app);
  std::string folder;
  app.add_option("--places", folder, "The folder with photographs of places")
      ->type_name("FOLDER")
      ->required();
  Facet facet = Facet::value;
  std::vector<std::pair<std::string, Facet>> facets;
  for (std::size_t i = 0; i < facet_names.size(); ++i)
    facets.emplace_back(facet_names[i], Facet(i));
  app.add_option("--facet", facet, "What describes a patch: query, key, value or token")
      ->type_name("NAME")
      ->transform(one_of<Facet>(facets))
      ->default_str("value");
  std::optional<std::ptrdiff_t> block;
  app.add_option("--block", block, "Of which block, from 0")
      ->type_name("N")
      ->default_str("that at 31/40 of the depth");
  std::ptrdiff_t clusters = 32;
  app.add_option("--clusters", clusters, "Centres of the vocabulary")
      ->type_name("N")
      ->check(within(1, 1 << 16))
      ->capture_default_str();
  std::ptrdiff_t samples = 40000;
  app.add_option("--samples", samples, "About how many patches the vocabulary is fitted to")
      ->type_name("N")
      ->check(within(1, 1 << 24))
      ->capture_default_str();
  std::string vocabulary_name;
  app.add_option("--vocabulary", vocabulary_name,
                 "A file that keeps the vocabulary: read where it exists, else written")
      ->type_name("FILE");
  std::size_t top = 1;
  app.add_option("--top-k", top, "Places for each photograph")
      ->type_name("K")
      ->check(within(1, 1 << 24))
      ->capture_default_str();
  bool json = false;
  app.add_flag("--json", json, "One JSON object a line");
  ImageSizeOption image_size;
  image_size.add_to(app);
  FileList files;
  files.add_to(app, "IMAGE", "Photographs to find the places of")->required();

  return run_program(app, argc, argv, [&] {
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    auto files_of_places =
        eigenvit::find_image_files(eigenvit::utf8_path(folder), options.decode());
    for (const std::string& error : files_of_places.errors) {
      std::cerr << "find_place: " << error << '\n';
    }
    if (!files_of_places.passed_over.empty()) {
      std::cerr << "find_place: passed over: " << files_of_places.passed_over.text() << '\n';
    }
    const auto model = eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
    const std::ptrdiff_t chosen = block.value_or(model.network().config().depth * 31 / 40);
    Descriptors descriptors(model, options, facet, chosen);
    Places places(std::move(files_of_places), descriptors);
    const std::string origin = std::string(facet_names[std::size_t(facet)]) + "." +
                               std::to_string(chosen) + " of " + model.fingerprint();
    const auto vlad = vocabulary(vocabulary_name, origin, places, clusters, samples);
    std::vector<Vector<float>> known;
    places.visit(false, [&](const Matrix<float>& patches) { known.push_back(vlad(patches)); });

    int status = places.has_errors() ? 1 : 0;
    for (const std::string& name : files.read()) {
      const auto image = descriptors.load(eigenvit::utf8_path(name));
      if (!image) {
        status = 1;
        continue;
      }
      const Vector<float> place = vlad(descriptors.of(*image));
      std::vector<std::pair<float, std::size_t>> best;  // the cosine, negative, and the place
      for (std::size_t i = 0; i < known.size(); ++i) best.emplace_back(-known[i].dot(place), i);
      std::sort(best.begin(), best.end());
      best.resize(std::min(top, best.size()));
      nlohmann::ordered_json found = {{"image", name}, {"places", nlohmann::json::array()}};
      if (!json) std::cout << eigenvit::detail::one_line(name) << '\n';
      for (const auto& [negative, i] : best) {
        if (json) {
          found["places"].push_back({{"image", places.names()[i]}, {"cosine", -negative}});
        } else {
          std::cout << "  " << std::fixed << std::setprecision(4) << -negative << "  "
                    << eigenvit::detail::one_line(places.names()[i]) << '\n';
        }
      }
      if (json) print_json_line(found);
    }
    return status;
  });
}
