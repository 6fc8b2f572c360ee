// Writes the visual tokens of images, and whatever else of a forward pass is asked for, as named
// tensors into a safetensors file.
#include <map>
#include <optional>
#include <vector>

#include <eigenvit/dense.hpp>

#include "common.hpp"
#include "file_list.hpp"
#include "image_size.hpp"
#include "progress_bar.hpp"
#include "tensor_writer.hpp"
#include "tile_option.hpp"

namespace {

/// The tensor `pixel_values [B, channels, H, W]` of a file, in place of images.
eigenvit::PixelValues read_pixel_values(const std::string& path, std::ptrdiff_t channels) {
  const auto store = eigenvit::TensorStore::open_file(eigenvit::utf8_path(path));
  const eigenvit::TensorInfo& info = store.at("pixel_values");
  if (info.shape.size() != 4 || info.shape[0] == 0 || info.shape[1] != std::uint64_t(channels)) {
    throw eigenvit::ShapeError(path + ": tensor 'pixel_values': expected [B, " +
                               std::to_string(channels) + ", H, W], found " + info.description());
  }
  eigenvit::PixelValues pixels;
  pixels.values.resize(info.element_count());
  store.read(info, pixels.values.data());
  pixels.images = std::ptrdiff_t(info.shape[0]);
  pixels.height = std::ptrdiff_t(info.shape[2]);
  pixels.width = std::ptrdiff_t(info.shape[3]);
  return pixels;
}

// The patches of an image as a result with no other tokens.
void set_patches(const eigenvit::VisualTokens& tokens, eigenvit::VitOutput<float>& output) {
  const auto patches = tokens.patches();
  output.images = 1;
  output.prefix_tokens = 0;
  output.tokens_per_image = patches.rows();
  output.width = patches.cols();
  output.grid_height = tokens.grid_height();
  output.grid_width = tokens.grid_width();
  output.tokens.assign(patches.data(), patches.data() + patches.size());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes visual tokens of images, and other results of a model, as named tensors",
               "extract_tokens");
  app.footer("extract_tokens --model vit_base --output tokens.safetensors cat.jpg dog.png");
  CommonOptions options;
  options.add_to(app);
  std::string output_name;
  app.add_option("--output", output_name, "The safetensors file to write")
      ->type_name("FILE")
      ->required();
  std::vector<std::string> save;
  app.add_option(
         "--save", save,
         "Tensors to write, with commas between: pixel_values, tokens, cls, patches, "
         "pooled, pooler_output, image_embeds, logits, pred_boxes, depth, domain_logits, "
         "segment_logits, mask_logits, class_logits, heatmaps, merge_source, hidden.K, "
         "attention.K, query.K, key.K, value.K, rotated_query.K, rotated_key.K (K: a block, "
         "from 0)")
      ->type_name("LIST")
      ->default_str("those of tokens,pooled,logits that the model has")
      ->delimiter(',')
      ->allow_extra_args(false);
  std::string pixel_values;
  auto* const pixel_option =
      app.add_option("--pixel-values", pixel_values,
                     "A safetensors file with a tensor pixel_values in place of images")
          ->type_name("FILE");
  ImageSizeOption image_size;
  image_size.add_to(app);
  TileOption tile_option;
  tile_option.add_to(app);
  std::ptrdiff_t merge_tokens = 0;
  add_merge_tokens(app, merge_tokens);
  for (const char* const whole : {"--merge-tokens", "--pixel-values"}) {
    app.get_option("--tile")->excludes(app.get_option(whole));
  }
  FileList files;
  files.add_to(app, "IMAGE", "Image files")->excludes(pixel_option);

  return run_program(app, argc, argv, [&] {
    if (files.empty() && pixel_values.empty()) throw CLI::RequiredError("IMAGE");
    const std::vector<std::string> paths = files.read();
    const auto tiles = tile_option.value();
    if (tiles) {
      for (const std::string& name : save) {
        if (name != "patches") {
          throw CLI::ValidationError("--save", "expected patches with --tile, found " + name);
        }
      }
      save = {"patches"};
    }
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    // For one batch the network runs once.
    model_options.keep_packed =
        tiles || !pixel_values.empty() || paths.size() > std::size_t(options.batch_size);
    const eigenvit::Model model =
        eigenvit::load_dense_model(eigenvit::utf8_path(options.model), model_options);
    TensorWriter writer(model.checkpoint(), save);
    eigenvit::Taps taps = writer.taps();
    taps.token_merging.per_block = merge_tokens;

    std::optional<eigenvit::PixelValues> given;
    if (!pixel_values.empty()) {
      given = read_pixel_values(pixel_values, model.network().config().in_chans);
    }
    const std::size_t count = given ? std::size_t(given->images) : paths.size();
    const auto batch_size = std::size_t(options.batch_size);
    std::map<std::string, std::string> metadata;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      metadata["image." + std::to_string(i)] = paths[i];
    }

    eigenvit::ThreadPoolExecutor executor(options.threads);
    eigenvit::Workspace workspace;
    eigenvit::VitOutput<float> output;
    ProgressBar progress(count, count > batch_size);

    for (std::size_t first = 0; first < count; first += batch_size) {
      const std::size_t size = std::min(batch_size, count - first);
      eigenvit::PixelValues pixels;
      eigenvit::PixelBatch<float> batch;
      if (tiles) {
        for (std::size_t i = first; i < first + size; ++i) {
          const auto image = eigenvit::load_image(eigenvit::utf8_path(paths[i]), options.decode());
          set_patches(model.tokens(image, *tiles, &executor, &workspace), output);
          writer.add(batch, output, eigenvit::utf8_path(output_name), count, metadata);
        }
        progress.advance(size);
        continue;
      }
      if (given) {
        batch = given->batch();
        batch.values +=
            std::ptrdiff_t(first) * (std::ptrdiff_t(given->values.size()) / batch.images);
        batch.images = std::ptrdiff_t(size);
      } else {
        std::vector<eigenvit::Image> images;
        for (std::size_t i = first; i < first + size; ++i) {
          images.push_back(eigenvit::load_image(eigenvit::utf8_path(paths[i]), options.decode()));
        }
        const std::vector<eigenvit::ImageView> views(images.begin(), images.end());
        pixels = model.preprocess(views, &executor);
        batch = pixels.batch();
      }
      model.network().forward(batch, taps, output, &executor, &workspace);
      writer.add(batch, output, eigenvit::utf8_path(output_name), count, metadata);
      progress.advance(size);
    }

    writer.commit();
    return 0;
  });
}
