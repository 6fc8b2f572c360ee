// Draws what a model attends to: a contact sheet of the photograph, the mean of all heads and each
// head, laid over the photograph; with --head or --rollout a single picture.
#include <algorithm>
#include <optional>

#include <eigenvit/features.hpp>

#include "common.hpp"
#include "contact_sheet.hpp"
#include "image_size.hpp"
#include "picture_output.hpp"

namespace {

/// Lays maps over one photograph.
class Painter {
 public:
  /// Pictures are `width` wide, or as wide as the image where that is less.
  Painter(const eigenvit::Model& model, const eigenvit::Image& image, std::ptrdiff_t width)
      : image_(shrunk(image, width)), patches_(patches_of(model, image, image_)) {}

  const eigenvit::Image& image() const { return image_; }

  /// From the least value of the map in violet to the greatest in yellow.
  eigenvit::Image paint(const eigenvit::Matrix<float>& map) const {
    return eigenvit::overlay(
        image_, eigenvit::colour_picture(patches_.upsample(map), map.minCoeff(), map.maxCoeff()),
        patches_.seen());
  }

 private:
  static eigenvit::Image shrunk(const eigenvit::Image& image, std::ptrdiff_t width) {
    if (image.width() <= width) return image;
    const std::ptrdiff_t height =
        std::max<std::ptrdiff_t>(1, image.height() * width / image.width());
    return eigenvit::resize(image, width, height, eigenvit::Filter::box);
  }

  /// The patches of an image, in pixels of a smaller picture of it.
  static eigenvit::PatchMap patches_of(const eigenvit::Model& model, const eigenvit::Image& image,
                                       const eigenvit::Image& picture) {
    auto mapping = model.preprocessor().mapping(image.width(), image.height());
    mapping.image_width = picture.width();
    mapping.image_height = picture.height();
    const eigenvit::VitConfig& config = model.network().config();
    return {mapping, config.patch_height, config.patch_width};
  }

  eigenvit::Image image_;
  eigenvit::PatchMap patches_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws which parts of an image a model attends to", "attention_map");
  app.footer("attention_map --model vit_base --output attention.png cat.jpg");
  CommonOptions options;
  options.add_to(app);
  PictureOutput picture;
  picture.add_to(app);
  std::optional<std::ptrdiff_t> block;
  auto* const block_option = app.add_option("--block", block, "The block, from 0")
                                 ->type_name("N")
                                 ->default_str("the last");
  std::string head = "all";
  auto* const head_option =
      app.add_option("--head", head, "One attention head, from 0, or all side by side")
          ->type_name("N")
          ->capture_default_str();
  bool rollout = false;
  app.add_flag("--rollout", rollout, "Attention rollout through all blocks in place of one block's")
      ->excludes(block_option)
      ->excludes(head_option);
  std::ptrdiff_t width = 320;
  app.add_option("--width", width, "The most pixels across each picture")
      ->type_name("N")
      ->check(within(16, 16384))
      ->capture_default_str();
  ImageSizeOption image_size;
  image_size.add_to(app);
  std::string path;
  app.add_option("IMAGE", path, "An image file")->required();

  return run_program(app, argc, argv, [&] {
    const bool all = head == "all";
    if (!all && (head.empty() || head.size() > 5 ||
                 head.find_first_not_of("0123456789") != std::string::npos)) {
      throw CLI::ValidationError("--head", "expected a number or all, found " + head);
    }
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    // The network runs once.
    model_options.keep_packed = false;
    picture.check();
    const auto image = eigenvit::load_image(eigenvit::utf8_path(path), options.decode());
    const auto model = eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
    const eigenvit::VitConfig& config = model.network().config();

    eigenvit::Taps taps;
    if (rollout) {
      for (std::ptrdiff_t i = 0; i < config.depth; ++i) taps.attention.push_back(i);
    } else {
      taps.attention = {block.value_or(config.depth - 1)};
    }
    eigenvit::ThreadPoolExecutor executor(options.threads);
    const auto output = model.run({image}, taps, &executor);

    const auto query = eigenvit::attention_query(config);
    const Painter painter(model, image, width);
    ContactSheet sheet;
    if (rollout) {
      sheet.add(painter.paint(eigenvit::attention_rollout_map(output, 0, query)));
    } else if (!all) {
      sheet.add(painter.paint(eigenvit::attention_map(output, 0, 0, std::stol(head), query)));
    } else {
      sheet.add(painter.image(), "photograph");
      sheet.add(painter.paint(eigenvit::mean_attention_map(output, 0, 0, query)), "mean");
      for (std::ptrdiff_t h = 0; h < output.heads; ++h) {
        sheet.add(painter.paint(eigenvit::attention_map(output, 0, 0, h, query)),
                  "head " + std::to_string(h));
      }
    }
    picture.save(sheet.draw());
    return 0;
  });
}
