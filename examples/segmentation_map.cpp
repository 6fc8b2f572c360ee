// Draws which pixels of an image show what, with a legend, and writes the classes or things.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/replaced_file.hpp>
#include <eigenvit/dense.hpp>
#include <eigenvit/features.hpp>

#include "common.hpp"
#include "image_size.hpp"
#include "json_line.hpp"
#include "letters.hpp"
#include "picture_output.hpp"
#include "tile_option.hpp"

namespace {

using eigenvit::Image;
using eigenvit::Index;
using eigenvit::Segmentation;

/// The segments, the largest first: in this order they have their colours.
std::vector<eigenvit::Segment> by_area(const Segmentation& found) {
  std::vector<eigenvit::Segment> segments = found.segments;
  std::stable_sort(segments.begin(), segments.end(),
                   [](const auto& a, const auto& b) { return a.area > b.area; });
  return segments;
}

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%5.1f%%", 100 * share);
  return text;
}

/// Share of the image, score where there is one, and label.
std::string line_of(const eigenvit::Segment& segment, Index pixels) {
  std::string line = percent(double(segment.area) / double(pixels)) + ' ' + segment.label;
  if (segment.score) line += ' ' + percent(double(*segment.score));
  return eigenvit::detail::one_line(line);
}

Image overlay(const Image& image, const Segmentation& found,
              const std::vector<eigenvit::Segment>& segments) {
  std::vector<Index> ranks;
  for (std::size_t rank = 0; rank < segments.size(); ++rank) {
    const auto id = std::size_t(segments[rank].id);
    if (ranks.size() <= id) ranks.resize(id + 1);
    ranks[id] = Index(rank);
  }
  eigenvit::Matrix<Index> labels = found.ids;
  eigenvit::Matrix<float> strength(labels.rows(), labels.cols());
  for (Index i = 0; i < labels.size(); ++i) {
    Index& label = labels.data()[i];
    strength.data()[i] = label < 0 ? 0.0F : 0.65F;
    if (label >= 0) label = ranks[std::size_t(label)];
  }
  return eigenvit::overlay(image, eigenvit::label_picture(labels), strength);
}

/// The picture with a legend at its right, of the largest segments where there are many.
Image with_legend(const Image& picture, const std::vector<eigenvit::Segment>& segments,
                  Index pixels) {
  constexpr Index gap = 6;
  constexpr Index row_height = letters::height + gap;
  constexpr std::size_t most_letters = 40;
  constexpr std::size_t most_lines = 256;
  std::vector<std::string> lines;
  std::size_t longest = 0;
  for (const auto& segment : segments) {
    const bool is_last = lines.size() == most_lines;
    lines.push_back(is_last ? "and " + std::to_string(segments.size() - most_lines) + " more"
                            : line_of(segment, pixels));
    longest = std::max(longest, std::min(lines.back().size(), most_letters));
    if (is_last) break;
  }
  const Index text = picture.width() + letters::height + 2 * gap;
  Image sheet(text + Index(longest) * letters::advance + gap,
              std::max(picture.height(), Index(lines.size()) * row_height + gap));
  std::fill_n(sheet.data(), 3 * sheet.width() * sheet.height(), std::uint8_t{255});
  for (Index y = 0; y < picture.height(); ++y) {
    std::copy_n(picture.row(y), 3 * picture.width(), sheet.row(y));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Index top = gap + Index(i) * row_height;
    const eigenvit::Colour colour =
        i < most_lines ? eigenvit::label_colour(Index(i)) : eigenvit::Colour{255, 255, 255};
    for (Index y = top; y < top + letters::height; ++y) {
      for (Index x = 0; x < letters::height; ++x) {
        std::copy(colour.begin(), colour.end(), sheet.row(y) + 3 * (picture.width() + gap + x));
      }
    }
    letters::write(sheet, lines[i], text, top, sheet.width());
  }
  return sheet;
}

/// A grey PNG of the ids: of 8 bits where they are below 255, which then means none, else of 16.
void save_ids(const std::filesystem::path& path, const eigenvit::Matrix<Index>& ids) {
  const Index greatest = ids.maxCoeff();
  const Index none = greatest < 255 ? 255 : 65535;
  if (greatest >= 65535) {
    throw eigenvit::ConfigError("--labels: expected numbers below 65535, which means none, found " +
                                std::to_string(greatest));
  }
  std::vector<std::uint16_t> values(std::size_t(ids.size()));
  for (Index i = 0; i < ids.size(); ++i) {
    const Index id = ids.data()[i];
    values[std::size_t(i)] = std::uint16_t(id < 0 ? none : id);
  }
  std::vector<std::uint8_t> bytes;
  if (none == 255) {
    const std::vector<std::uint8_t> grey(values.begin(), values.end());
    bytes = eigenvit::encode_image(
        {grey.data(), ids.cols(), ids.rows(), ids.cols(), eigenvit::PixelFormat::grey},
        eigenvit::ImageFormat::png);
  } else {
    bytes = eigenvit::encode_grey16(values.data(), ids.cols(), ids.rows());
  }
  eigenvit::detail::ReplacedFile file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

nlohmann::ordered_json json_of(const std::string& path, const Segmentation& found) {
  nlohmann::ordered_json segments = nlohmann::ordered_json::array();
  for (const auto& segment : found.segments) {
    nlohmann::ordered_json one = {
        {"id", segment.id}, {"index", segment.index}, {"label", segment.label}};
    one["score"] = segment.score ? nlohmann::ordered_json(*segment.score) : nullptr;
    one["area"] = segment.area;
    segments.push_back(std::move(one));
  }
  return {{"image", path},
          {"width", found.ids.cols()},
          {"height", found.ids.rows()},
          {"segments", std::move(segments)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws which pixels of an image show what, with a legend", "segmentation_map");
  app.footer("segmentation_map --model beit-base-ade --output map.png cat.jpg");
  CommonOptions options;
  options.add_to(app);
  PictureOutput picture;
  picture.add_to(app);
  std::string labels_name;
  app.add_option(
         "--labels", labels_name,
         "Write the numbers of classes or things too, as a grey PNG: in 8 bits with 255 for "
         "pixels of none, or in 16 with 65535 where the numbers reach that")
      ->type_name("PNG");
  std::string json_name;
  app.add_option("--json", json_name, "Write segments with labels, scores and areas too")
      ->type_name("FILE");
  eigenvit::SegmentOptions what;
  app.add_option("--task", what.task,
                 "What segments are, of a model that finds things: semantic (classes), instance "
                 "(things) or panoptic (both); default: panoptic, or classes where the model takes "
                 "images in windows")
      ->type_name("TASK")
      ->transform(one_of<eigenvit::SegmentTask>({{"semantic", eigenvit::SegmentTask::semantic},
                                                 {"instance", eigenvit::SegmentTask::instance},
                                                 {"panoptic", eigenvit::SegmentTask::panoptic}}));
  app.add_option("--threshold", what.threshold, "The least score of a thing")
      ->type_name("SCORE")
      ->capture_default_str()
      ->check(within(0.0, 1.0));
  ImageSizeOption image_size;
  image_size.add_to(app);
  TileOption tile_option;
  tile_option.add_to(app);
  // Things that two tiles show are not joined.
  for (const char* const of_things : {"--task", "--threshold"}) {
    app.get_option("--tile")->excludes(app.get_option(of_things));
  }
  std::string path;
  app.add_option("IMAGE", path, "An image file")->required();

  return run_program(app, argc, argv, [&] {
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    const auto tiles = tile_option.value();
    // Weights stay packed: models that take images in windows run once for each.
    model_options.keep_packed = true;
    picture.check();
    const auto labels_path = eigenvit::utf8_path(labels_name);
    if (!labels_name.empty() && labels_path.extension() != ".png") {
      throw eigenvit::ConfigError(labels_name + ": expected a name that ends in .png");
    }
    const auto image = eigenvit::load_image(eigenvit::utf8_path(path), options.decode());
    const auto model =
        eigenvit::load_dense_model(eigenvit::utf8_path(options.model), model_options);

    eigenvit::ThreadPoolExecutor executor(options.threads);
    const Segmentation found =
        tiles ? model.segment(image, *tiles, &executor) : model.segment(image, what, &executor);
    const auto segments = by_area(found);
    const Index pixels = found.ids.size();
    picture.save(with_legend(overlay(image, found, segments), segments, pixels));
    if (!labels_name.empty()) save_ids(labels_path, found.ids);
    if (!json_name.empty()) write_json(eigenvit::utf8_path(json_name), json_of(path, found));
    for (const auto& segment : segments) std::cout << line_of(segment, pixels) << '\n';
    return 0;
  });
}
