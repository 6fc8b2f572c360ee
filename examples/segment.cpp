// Learns classes of patches from a few images with masks, and draws masks of other images.
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/real_path.hpp>
#include <eigenvit/core/words.hpp>
#include <eigenvit/features.hpp>

#include "common.hpp"
#include "file_list.hpp"
#include "head_options.hpp"
#include "image_size.hpp"

namespace {

using eigenvit::Index;
using eigenvit::Matrix;

struct TrainOptions : CommonOptions {
  std::string output;
  ImageSizeOption image_size;
  std::vector<std::string> ignored;
  double share = 0.5;
  eigenvit::HeadOptions head;
  FileList files;
};

struct PredictOptions : CommonOptions {
  std::string head;
  std::string output;
  bool overlay = false;
  FileList files;
};

/// The tokens of patches, image after image, and their classes.
class PatchSet {
 public:
  void add(const eigenvit::VisualTokens& tokens, const Matrix<Index>& classes) {
    const auto patches = tokens.patches();
    for (Index i = 0; i < classes.size(); ++i) {
      const Index c = classes.data()[i];
      if (c == eigenvit::no_class) continue;
      values_.insert(values_.end(), patches.row(i).data(), patches.row(i).data() + patches.cols());
      classes_.push_back(c);
    }
  }

  Index count(Index c) const { return std::count(classes_.begin(), classes_.end(), c); }
  const std::vector<Index>& classes() const { return classes_; }
  Matrix<float> features(Index width) const {
    return eigenvit::ConstMatrixView<float>(values_.data(), Index(classes_.size()), width);
  }

 private:
  std::vector<float> values_;
  std::vector<Index> classes_;
};

int train(const TrainOptions& options) {
  const std::vector<std::string> paths = options.files.read();
  if (paths.size() % 2 != 0) {
    throw CLI::ValidationError("IMAGE", "expected a mask after each image");
  }
  std::vector<eigenvit::Colour> ignored;
  for (const std::string& colour : options.ignored) {
    ignored.push_back(eigenvit::parse_colour(colour));
  }
  eigenvit::HeadOrigin origin;
  origin.features = eigenvit::HeadFeatures::patches;
  origin.image_size = options.image_size.value();
  eigenvit::ModelOptions model_options = options.model_options();
  model_options.image_size = origin.image_size;
  const eigenvit::Model model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
  origin.model = model.fingerprint();
  origin.precision = model.precision_record();

  eigenvit::MaskClasses mask_classes(ignored);
  for (std::size_t i = 1; i < paths.size(); i += 2) {
    mask_classes.add(eigenvit::load_image(eigenvit::utf8_path(paths[i]), options.decode()));
  }
  eigenvit::ThreadPoolExecutor executor(options.threads);
  eigenvit::Workspace workspace;
  PatchSet set;
  for (std::size_t i = 0; i < paths.size(); i += 2) {
    const auto image = eigenvit::load_image(eigenvit::utf8_path(paths[i]), options.decode());
    const auto mask = eigenvit::load_image(eigenvit::utf8_path(paths[i + 1]), options.decode());
    if (image.width() != mask.width() || image.height() != mask.height()) {
      throw eigenvit::ShapeError(
          paths[i + 1] + ": expected a mask of " + std::to_string(image.width()) + "x" +
          std::to_string(image.height()) + " pixels, as its image has, found " +
          std::to_string(mask.width()) + "x" + std::to_string(mask.height()));
    }
    const eigenvit::PatchMap map(model, image);
    set.add(model.tokens(image, &executor, &workspace),
            eigenvit::patch_classes(map, mask_classes.classes_of(mask), options.share));
  }

  for (Index c = 0; c < mask_classes.size(); ++c) {
    const std::string label = mask_classes.labels()[std::size_t(c)];
    std::cout << eigenvit::detail::one_line(label) << ' ' << set.count(c) << " patches\n";
    if (set.count(c) > 0) continue;
    throw eigenvit::ConfigError("expected a patch of each class, found none of " + label +
                                ": its areas are smaller than patches, or cropped off");
  }
  const eigenvit::TrainingSet training(set.features(model.network().config().embed_dim),
                                       set.classes(), mask_classes.size());
  eigenvit::Head(training, mask_classes.labels(), options.head, origin)
      .save(eigenvit::utf8_path(options.output));
  return 0;
}

/// The files that an image gives.
struct Outputs {
  std::filesystem::path mask;
  std::filesystem::path overlay;  ///< empty where none is asked for

  Outputs(std::filesystem::path mask_path, bool with_overlay) : mask(std::move(mask_path)) {
    if (!with_overlay) return;
    overlay = mask;
    overlay.replace_extension(".overlay.png");
  }

  /// Calls `use` with each of the paths.
  template <class Use>
  void each(const Use& use) const {
    use(mask);
    if (!overlay.empty()) use(overlay);
  }
};

/// Throws `FileError` where an output is one of the images, or two outputs are the same file.
void check_outputs(const std::vector<Outputs>& outputs, const std::vector<std::string>& images) {
  std::set<std::filesystem::path> sources;
  std::error_code error;
  for (const std::string& image : images) {
    const auto path = eigenvit::detail::real_path(eigenvit::utf8_path(image), error);
    if (!error) sources.insert(path);
  }
  std::set<std::filesystem::path> taken;
  const auto check = [&](const std::filesystem::path& path) {
    if (!taken.insert(path).second) {
      throw eigenvit::FileError(eigenvit::utf8_text(path) +
                                ": expected images of different names, found two of this one");
    }
    const auto existing = eigenvit::detail::real_path(path, error);
    if (!error && sources.count(existing) != 0) {
      throw eigenvit::FileError(eigenvit::utf8_text(path) +
                                ": expected an output other than the images, found one of them");
    }
  };
  for (const Outputs& one : outputs) one.each(check);
}

/// Where the mask of each image goes: the output itself where that is a PNG file, else
/// OUTPUT/NAME.png.
std::vector<Outputs> outputs_of(const std::filesystem::path& output, bool overlay,
                                const std::vector<std::string>& images) {
  using eigenvit::detail::small_letters;
  std::vector<Outputs> outputs;
  const bool is_file = small_letters(eigenvit::utf8_text(output.extension())) == ".png";
  if (is_file && images.size() != 1) {
    throw CLI::ValidationError("--output", "expected a folder for several images");
  }
  for (const std::string& image : images) {
    auto mask = is_file ? output : output / eigenvit::utf8_path(image).stem();
    if (!is_file) mask += ".png";
    outputs.emplace_back(std::move(mask), overlay);
  }
  check_outputs(outputs, images);
  if (!is_file) std::filesystem::create_directories(output);
  return outputs;
}

/// Grey masks stay grey: one channel, whose values are the classes that were given.
void save_mask(const std::filesystem::path& path, const eigenvit::MaskClasses& mask_classes,
               const Matrix<Index>& classes) {
  const eigenvit::Image mask = mask_classes.picture(classes);
  if (!mask_classes.grey()) return eigenvit::save_image(path, mask);
  std::vector<std::uint8_t> values;
  values.reserve(std::size_t(classes.size()));
  for (Index i = 0; i < classes.size(); ++i) values.push_back(mask.data()[3 * i]);
  eigenvit::ImageView view{values.data(), mask.width(), mask.height(), 0,
                           eigenvit::PixelFormat::grey};
  eigenvit::save_image(path, view);
}

eigenvit::Image overlay(const eigenvit::Image& image, const eigenvit::PatchMap& map,
                        const Matrix<Index>& classes) {
  eigenvit::Image colours(image.width(), image.height());
  for (Index i = 0; i < classes.size(); ++i) {
    const eigenvit::Colour colour = eigenvit::label_colour(classes.data()[i]);
    std::copy(colour.begin(), colour.end(), colours.data() + 3 * i);
  }
  return eigenvit::overlay(image, colours, map.seen());
}

int predict(const PredictOptions& options) {
  const std::vector<std::string> paths = options.files.read();
  const eigenvit::Head head = eigenvit::Head::open(eigenvit::utf8_path(options.head));
  eigenvit::ModelOptions model_options = options.model_options();
  model_options.image_size = head.origin().image_size;
  // For one picture the network runs once.
  model_options.keep_packed = paths.size() > 1;
  const eigenvit::Model model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
  head.check(model, eigenvit::HeadFeatures::patches);
  print_note("segment", head.precision_note(model));
  const auto mask_classes = eigenvit::MaskClasses::from_labels(head.labels());
  const auto outputs = outputs_of(eigenvit::utf8_path(options.output), options.overlay, paths);
  eigenvit::ThreadPoolExecutor executor(options.threads);
  eigenvit::Workspace workspace;
  int status = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    try {
      const auto image = eigenvit::load_image(eigenvit::utf8_path(paths[i]), options.decode());
      const eigenvit::PatchMap map(model, image);
      const auto tokens = model.tokens(image, &executor, &workspace);
      const Matrix<Index> classes = eigenvit::pixel_classes(map, head.scores(tokens.patches()));
      save_mask(outputs[i].mask, mask_classes, classes);
      if (options.overlay) {
        eigenvit::save_image(outputs[i].overlay, overlay(image, map, classes));
      }
      std::cout << eigenvit::detail::path_text(outputs[i].mask) << '\n';
    } catch (const eigenvit::Error& error) {
      std::cerr << "segment: " << error.what() << '\n';
      status = 1;
    }
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Labels the parts of images as a few images with masks show", "segment");
  app.footer("segment train --model vit_base --output cat.safetensors cat.jpg mask.png");

  TrainOptions train_options;
  CLI::App& train_app = *app.add_subcommand("train", "Learns classes from images with masks");
  train_app.footer("segment train --model vit_base --output cat.safetensors cat.jpg mask.png");
  train_options.add_to(train_app);
  train_app.add_option("--output", train_options.output, "The file of the classes to write")
      ->type_name("FILE")
      ->required();
  train_app
      .add_option("--ignore", train_options.ignored,
                  "Colours of pixels without a class, with commas between: #rrggbb, or greys from "
                  "0 to 255")
      ->type_name("LIST")
      ->delimiter(',')
      ->allow_extra_args(false);
  train_app
      .add_option("--share", train_options.share,
                  "Share of a patch's pixels that must be of its class, 0 to 1")
      ->type_name("SHARE")
      ->check(within(0.0, 1.0))
      ->capture_default_str();
  add_head_options(train_app, train_options.head);
  train_options.image_size.add_to(train_app);
  train_options.files
      .add_to(train_app, "IMAGE",
              "Images, each followed by its mask: an image of the same size in which each colour "
              "or grey is a class")
      ->required();

  PredictOptions predict_options;
  CLI::App& predict_app = *app.add_subcommand("predict", "Draws masks of images");
  predict_app.footer(
      "segment predict --model vit_base --head cat.safetensors --output masks dog.png");
  predict_options.add_to(predict_app);
  predict_app.add_option("--head", predict_options.head, "What segment train has written")
      ->type_name("FILE")
      ->required();
  predict_app
      .add_option("--output", predict_options.output, "A folder for masks, or a PNG file for one")
      ->type_name("PATH")
      ->required();
  predict_app.add_flag("--overlay", predict_options.overlay,
                       "Also write NAME.overlay.png: the classes in colours over the image");
  predict_options.files.add_to(predict_app, "IMAGE", "Image files")->required();

  return run_program(app, argc, argv, [&] {
    return train_app.parsed() ? train(train_options) : predict(predict_options);
  });
}
