// Draws what a model makes of each patch, over photographs: principal components as colours, the
// similarity to a patch, or segments.
#include <array>
#include <optional>
#include <vector>

#include <eigenvit/features.hpp>

#include "common.hpp"
#include "contact_sheet.hpp"
#include "file_list.hpp"
#include "image_size.hpp"
#include "picture_output.hpp"
#include "progress_bar.hpp"

namespace {

using eigenvit::Image;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::PatchMap;
using eigenvit::VisualTokens;

/// A photograph and what the model made of it.
struct Photograph {
  std::string path;
  Image image;
  PatchMap patches;
};

/// "X,Y" as a pixel.
std::array<Index, 2> parse_pixel(const std::string& text) {
  const auto comma = text.find(',');
  const auto number = [](const std::string& digits) -> Index {
    if (digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      return -1;
    }
    return std::stol(digits);
  };
  const std::array<Index, 2> pixel = {
      number(text.substr(0, comma)),
      comma == std::string::npos ? -1 : number(text.substr(comma + 1))};
  if (pixel[0] < 0 || pixel[1] < 0) {
    throw CLI::ValidationError("--at", "expected X,Y, found " + text);
  }
  return pixel;
}

/// Components as red, green and blue; the background stays grey.
void draw_pca(const std::vector<Photograph>& photographs, const std::vector<VisualTokens>& tokens,
              bool joint, bool whole, ContactSheet& sheet) {
  eigenvit::PcaColoursOptions options;
  options.cut_background = !whole;
  std::vector<eigenvit::PcaColours> colours;
  if (joint) {
    colours = eigenvit::pca_colours(tokens, options);
  } else {
    for (const VisualTokens& one : tokens) {
      colours.push_back(eigenvit::pca_colours({one}, options).front());
    }
  }
  for (std::size_t i = 0; i < photographs.size(); ++i) {
    const PatchMap& patches = photographs[i].patches;
    // The background is dark before it is blended, so the colours at its border grow dark by as
    // much as the foreground fades there.
    const Matrix<float> foreground = patches.upsample(colours[i].foreground);
    std::array<Matrix<float>, 3> planes;
    for (std::size_t c = 0; c < 3; ++c) {
      planes[c] =
          patches.upsample(colours[i].rgb[c]).cwiseQuotient(foreground.cwiseMax(1.0F / 256));
    }
    const eigenvit::Window seen = patches.seen();
    Matrix<float> strength = Matrix<float>::Zero(foreground.rows(), foreground.cols());
    strength.block(seen.top, seen.left, seen.height, seen.width) =
        0.8F * foreground.block(seen.top, seen.left, seen.height, seen.width);
    sheet.add(eigenvit::overlay(photographs[i].image, eigenvit::rgb_picture(planes), strength));
  }
}

/// A white frame along the edges of a patch.
void frame(Image& picture, const eigenvit::PatchRectangle& edges) {
  const auto clamp = [](double at, Index most) {
    return std::clamp(Index(at), Index{0}, most - 1);
  };
  const Index left = clamp(edges.left, picture.width()),
              right = clamp(edges.right, picture.width());
  const Index top = clamp(edges.top, picture.height());
  const Index bottom = clamp(edges.bottom, picture.height());
  const auto dot = [&](Index x, Index y) {
    std::fill_n(picture.row(y) + 3 * x, 3, std::uint8_t{255});
  };
  for (Index x = left; x <= right; ++x) dot(x, top), dot(x, bottom);
  for (Index y = top; y <= bottom; ++y) dot(left, y), dot(right, y);
}

/// The similarity of all patches to the one of the first image at that pixel, which gets a frame.
void draw_similarity(const std::vector<Photograph>& photographs,
                     const std::vector<VisualTokens>& tokens, const std::array<Index, 2>& pixel,
                     ContactSheet& sheet) {
  const Photograph& first = photographs.front();
  const auto at = first.patches.patch_at(pixel[0], pixel[1]);
  if (!at) {
    const eigenvit::Window seen = first.patches.seen();
    throw eigenvit::ShapeError(
        first.path + ": expected --at in the part of the image that the model sees, " +
        std::to_string(seen.width) + "x" + std::to_string(seen.height) + " pixels from " +
        std::to_string(seen.left) + "," + std::to_string(seen.top) + " on, found " +
        std::to_string(pixel[0]) + "," + std::to_string(pixel[1]));
  }
  std::vector<Matrix<float>> maps;
  float least = 1;
  for (const VisualTokens& one : tokens) {
    maps.push_back(eigenvit::similarity_map(one, tokens.front().patch(at->row, at->col)));
    least = std::min(least, maps.back().minCoeff());
  }
  for (std::size_t i = 0; i < photographs.size(); ++i) {
    const PatchMap& patches = photographs[i].patches;
    Image picture = eigenvit::overlay(photographs[i].image,
                                      eigenvit::colour_picture(patches.upsample(maps[i]), least, 1),
                                      patches.seen());
    if (i == 0) frame(picture, patches.rectangle(at->row, at->col));
    sheet.add(std::move(picture));
  }
}

/// Groups of patches that point in like directions.
void draw_segments(const std::vector<Photograph>& photographs,
                   const std::vector<VisualTokens>& tokens, Index segments, bool joint,
                   ContactSheet& sheet) {
  // The images from `first` to `last`, grouped together.
  const auto draw = [&](std::size_t first, std::size_t last) {
    Index rows = 0;
    for (std::size_t i = first; i < last; ++i) rows += tokens[i].patches().rows();
    Matrix<float> directions(rows, tokens[first].width());
    Index row = 0;
    for (std::size_t i = first; i < last; ++i) {
      const auto patches = tokens[i].patches();
      directions.middleRows(row, patches.rows()) = patches.rowwise().normalized();
      row += patches.rows();
    }
    const std::vector<Index> labels = eigenvit::k_means(directions, segments).labels;
    const Index* next = labels.data();
    for (std::size_t i = first; i < last; ++i) {
      const Matrix<Index> map =
          eigenvit::ConstMatrixView<Index>(next, tokens[i].grid_height(), tokens[i].grid_width());
      next += map.size();
      const PatchMap& patches = photographs[i].patches;
      sheet.add(eigenvit::overlay(photographs[i].image,
                                  eigenvit::label_picture(patches.upsample_labels(map)),
                                  patches.seen()));
    }
  };
  if (joint) return draw(0, tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) draw(i, i + 1);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Draws what a model sees in each patch of images: principal components as colours, likeness "
      "to one patch, or groups of like patches",
      "dense_map");
  app.footer("dense_map --model vit_base --output parts.png --image-size 448x448 cat.jpg");
  CommonOptions options;
  options.add_to(app);
  PictureOutput picture;
  picture.add_to(app);
  bool pca = false;
  auto* const pca_option = app.add_flag(
      "--pca", pca, "Principal components as red, green and blue; so it is without an option");
  std::string at;
  auto* const at_option =
      app.add_option("--at", at, "Likeness to the patch at this pixel of the first image")
          ->type_name("X,Y")
          ->excludes(pca_option);
  Index segments = 0;
  app.add_option("--segments", segments, "So many groups of like patches, 1 to 24, by k-means")
      ->type_name("N")
      ->check(within(1, 24))
      ->excludes(pca_option)
      ->excludes(at_option);
  bool joint = false;
  app.add_flag("--joint", joint, "Components or groups of all images together, not of each alone");
  bool whole = false;
  app.add_flag("--whole", whole, "Leave the background in (principal components)");
  ImageSizeOption image_size;
  image_size.add_to(app);
  FileList files;
  files.add_to(app, "IMAGE", "Image files")->required();

  return run_program(app, argc, argv, [&] {
    const std::vector<std::string> paths = files.read();
    std::optional<std::array<Index, 2>> pixel;
    if (!at.empty()) pixel = parse_pixel(at);
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    // For one picture the network runs once.
    model_options.keep_packed = paths.size() > 1;
    picture.check();
    const auto model = eigenvit::load_model(eigenvit::utf8_path(options.model), model_options);
    eigenvit::ThreadPoolExecutor executor(options.threads);
    eigenvit::Workspace workspace;
    std::vector<Photograph> photographs;
    std::vector<VisualTokens> tokens;
    ProgressBar progress(paths.size(), paths.size() > 1);
    for (const std::string& path : paths) {
      Image image = eigenvit::load_image(eigenvit::utf8_path(path), options.decode());
      tokens.push_back(model.tokens(image, &executor, &workspace));
      const PatchMap patches(model, image);
      photographs.push_back({path, std::move(image), patches});
      progress.advance(1);
    }

    ContactSheet sheet;
    if (pixel) {
      draw_similarity(photographs, tokens, *pixel, sheet);
    } else if (segments > 0) {
      draw_segments(photographs, tokens, segments, joint, sheet);
    } else {
      draw_pca(photographs, tokens, joint, whole, sheet);
    }
    picture.save(sheet.draw());
    return 0;
  });
}
