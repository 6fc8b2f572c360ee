// Writes the visual tokens of images, and whatever else of a forward pass is asked for, as named
// tensors into a safetensors file.
#include <map>
#include <optional>
#include <vector>

#include "common.hpp"
#include "image_size.hpp"
#include "progress_bar.hpp"
#include "tensor_writer.hpp"

namespace {

/// The tensor `pixel_values [B, channels, H, W]` of a file, in place of images.
eigenvit::PixelValues read_pixel_values(const std::string& path, std::ptrdiff_t channels) {
  const auto store = eigenvit::TensorStore::open_file(path);
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Extracts visual tokens", "extract_tokens");
  CommonOptions options;
  options.add_to(app);
  std::string output_path;
  app.add_option("--output", output_path, "The safetensors file to write")->required();
  std::vector<std::string> save;
  app.add_option("--save", save,
                 "Out of pixel_values, tokens, cls, patches, pooled, pooler_output, image_embeds, "
                 "logits, pred_boxes, merge_source, hidden.K, attention.K; default: those of "
                 "tokens,pooled,logits that there are")
      ->delimiter(',')
      ->allow_extra_args(false);
  ImageSizeOption image_size;
  image_size.add_to(app);
  std::ptrdiff_t merge_tokens = 0;
  add_merge_tokens(app, merge_tokens);
  std::string pixel_values;
  std::vector<std::string> paths;
  auto* const pixel_option = app.add_option(
      "--pixel-values", pixel_values, "A safetensors file with pixel_values in place of images");
  app.add_option("IMAGE", paths, "Image files")->excludes(pixel_option);

  return run_program(app, argc, argv, [&] {
    if (paths.empty() && pixel_values.empty()) throw CLI::RequiredError("IMAGE");
    eigenvit::ModelOptions model_options = options.model_options();
    model_options.image_size = image_size.value();
    // For one batch the network runs once.
    model_options.keep_packed =
        !pixel_values.empty() || paths.size() > std::size_t(options.batch_size);
    const eigenvit::Model model = eigenvit::load_model(options.model, model_options);
    TensorWriter writer(model.network().config(), save);
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
      if (given) {
        batch = given->batch();
        batch.values +=
            std::ptrdiff_t(first) * (std::ptrdiff_t(given->values.size()) / batch.images);
        batch.images = std::ptrdiff_t(size);
      } else {
        std::vector<eigenvit::Image> images;
        for (std::size_t i = first; i < first + size; ++i) {
          images.push_back(eigenvit::load_image(paths[i], options.decode()));
        }
        const std::vector<eigenvit::ImageView> views(images.begin(), images.end());
        pixels = model.preprocess(views, &executor);
        batch = pixels.batch();
      }
      model.network().forward(batch, taps, output, &executor, &workspace);
      writer.add(batch, output, output_path, count, metadata);
      progress.advance(size);
    }

    writer.commit();
    return 0;
  });
}
