// Draws how far away is what each pixel of an image shows, and writes the numbers.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <eigenvit/dense.hpp>
#include <eigenvit/features.hpp>

#include "common.hpp"
#include "image_size.hpp"
#include "map_file.hpp"
#include "picture_output.hpp"
#include "tile_option.hpp"

namespace {

/// The numbers that a fiftieth of all are below and above: single pixels do not set the colours.
std::pair<float, float> range_of(const eigenvit::Matrix<float>& map) {
  std::vector<float> values(map.data(), map.data() + map.size());
  const auto at = [&values](std::size_t place) {
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(place), values.end());
    return values[place];
  };
  const std::size_t beyond = values.size() / 50;
  return {at(beyond), at(values.size() - 1 - beyond)};
}

/// Yellow is near, violet far. Of metres the reciprocals are drawn, which tell near things apart.
eigenvit::Image draw(const eigenvit::Matrix<float>& depths, bool is_metric) {
  constexpr float nearest = 1e-3F;
  eigenvit::Matrix<float> nearness = depths;
  if (is_metric) nearness = depths.cwiseMax(nearest).cwiseInverse();
  const auto [low, high] = range_of(nearness);
  return eigenvit::colour_picture(nearness, low, high);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws how far away is what each pixel of an image shows: yellow near, violet far",
               "depth_map");
  app.footer("depth_map --model depth_anything --output depth.png cat.jpg");
  CommonOptions options;
  options.add_to(app);
  PictureOutput picture;
  picture.add_to(app);
  std::string raw_name;
  app.add_option("--raw", raw_name,
                 "Write the numbers too: .npy and .pfm as the model gives them, .png in 16 bits: "
                 "millimetres, or from the least number to the greatest where they are relative")
      ->type_name("FILE");
  ImageSizeOption image_size;
  image_size.add_to(app);
  TileOption tile_option;
  tile_option.add_to(app);
  std::string path;
  app.add_option("IMAGE", path, "An image file")->required();

  return run_program(app, argc, argv, [&] {
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    const auto tiles = tile_option.value();
    picture.check();
    std::optional<MapFile> raw;
    if (!raw_name.empty()) raw.emplace(eigenvit::utf8_path(raw_name));
    const auto image = eigenvit::load_image(eigenvit::utf8_path(path), options.decode());
    const auto model =
        eigenvit::load_dense_model(eigenvit::utf8_path(options.model), model_options);

    eigenvit::ThreadPoolExecutor executor(options.threads);
    const eigenvit::Matrix<float> depths =
        tiles ? model.depth(image, *tiles, &executor) : model.depth(image, &executor);
    const bool is_metric = eigenvit::estimates_metres(model.checkpoint().dense_head);
    picture.save(draw(depths, is_metric));
    if (!raw) return 0;
    constexpr float most_metres = 65.535F;
    raw->write(depths, is_metric ? 0 : depths.minCoeff(),
               is_metric ? most_metres : depths.maxCoeff());
    return 0;
  });
}
