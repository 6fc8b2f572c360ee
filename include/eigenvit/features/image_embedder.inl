#ifndef EIGENVIT_FEATURES_IMAGE_EMBEDDER_INL
#define EIGENVIT_FEATURES_IMAGE_EMBEDDER_INL

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/fnv1a.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/features/image_embedder.hpp>
#include <eigenvit/features/unit_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Prepared images of one size, side by side.
inline PixelInput joined(const std::vector<const PixelInput*>& images) {
  PixelInput all;
  all.sample_values = images.front()->sample_values;
  all.height = images.front()->height;
  all.width = images.front()->width;
  for (const PixelInput* const image : images) {
    all.samples.insert(all.samples.end(), image->samples.begin(), image->samples.end());
    all.values.insert(all.values.end(), image->values.begin(), image->values.end());
    all.images += image->images;
  }
  return all;
}

/// The vector of an image where the options name none.
inline ImageVector usual_vector(const VitConfig& config) {
  return config.image_embeds ? ImageVector::image_embeds : ImageVector::pooled;
}

/// Forward passes over batches, with the memory that they use again.
class BatchVectors {
 public:
  BatchVectors(const Model& model, ImageVector vector, bool normalize, Executor* executor)
      : model_(model), vector_(vector), normalize_(normalize), executor_(executor) {
    (vector == ImageVector::pooled ? taps_.pooled : taps_.image_embeds) = true;
  }

  /// The vectors of the images that have no error: one pass for each size among them, which for
  /// most models is one.
  void run(const std::vector<const PixelInput*>& images, EmbeddedImages& result) {
    std::vector<bool> done(images.size());
    for (std::size_t i = 0; i < images.size(); ++i) done[i] = !result.errors[i].empty();
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (done[i]) continue;
      std::vector<const PixelInput*> same;
      std::vector<std::size_t> places;
      for (std::size_t j = i; j < images.size(); ++j) {
        if (done[j] || images[j]->height != images[i]->height ||
            images[j]->width != images[i]->width) {
          continue;
        }
        done[j] = true;
        same.push_back(images[j]);
        places.push_back(j);
      }
      const PixelInput pixels = joined(same);
      model_.network().forward(pixels.batch(), taps_, output_, executor_, &workspace_);
      for (std::size_t j = 0; j < places.size(); ++j) {
        take(static_cast<Index>(j), places[j], result);
      }
    }
  }

 private:
  /// One vector of the output to its place in the result, or an error where it has no direction.
  void take(Index from, std::size_t place, EmbeddedImages& result) const {
    const ConstVectorView<float> vector =
        vector_ == ImageVector::pooled ? output_.pooled_of(from) : output_.image_embeds_of(from);
    const double squares = squared_length(vector.data(), vector.size());
    if (!is_finite(squares) || (normalize_ && !(squares > 0))) {
      result.errors[place] =
          message({"expected a vector of finite length, found one of ",
                   is_finite(squares) ? "length 0" : "values that are no numbers"});
      return;
    }
    const double scale = normalize_ ? 1 / std::sqrt(squares) : 1;
    for (Index k = 0; k < vector.size(); ++k) {
      result.vectors(static_cast<Index>(place), k) = static_cast<float>(vector[k] * scale);
    }
  }

  const Model& model_;
  const ImageVector vector_;
  const bool normalize_;
  Executor* const executor_;
  Taps taps_;
  Workspace workspace_;
  VitOutput<float> output_;
};

}  // namespace detail

EIGENVIT_INLINE std::string ImageEmbedder::fingerprint() const {
  const std::string model = model_.fingerprint();
  const bool usual = vector_ == detail::usual_vector(model_.network().config()) &&
                     options_.normalize && options_.decode.apply_exif_orientation;
  if (model.empty() || usual) return model;
  detail::Fnv1a hash;
  hash.add(std::string_view("image vectors 1"));
  hash.add(std::string_view(model));
  hash.add(static_cast<std::uint64_t>(vector_));
  hash.add(std::uint64_t{options_.normalize});
  hash.add(std::uint64_t{options_.decode.apply_exif_orientation});
  return hash.digits();
}

/// An image as the network reads it, or why there is none.
struct ImageEmbedder::Prepared {
  PixelInput pixels;
  std::string error;
};

EIGENVIT_INLINE ImageEmbedder::ImageEmbedder(const Model& model, ImageEmbedderOptions options)
    : model_(model), options_(std::move(options)) {
  const VitConfig& config = model.network().config();
  if (options_.batch_size < 1) {
    detail::raise<ConfigError>(
        {"image embedder: expected a batch of at least 1 image, found ", options_.batch_size});
  }
  if (!model.takes_images()) {
    detail::raise<UnsupportedError>(
        {"image embedder: expected a network of 3 channels or of 1, found ", config.in_chans});
  }
  vector_ = options_.vector.value_or(detail::usual_vector(config));
  if (vector_ == ImageVector::image_embeds && !config.image_embeds) {
    detail::raise<UnsupportedError>(
        {"image embedder: expected a model of images and texts for image_embeds, found ",
         detail::Quoted{model.checkpoint().architecture}});
  }
  width_ = vector_ == ImageVector::pooled ? config.pooled_width() : config.image_embeds_width();
}

EIGENVIT_INLINE void ImageEmbedder::prepare(Load load, Name name, std::size_t image,
                                            Prepared& into) const {
  try {
    Image pixels;
    try {
      pixels = load(image);
    } catch (const Error& error) {
      into.error = error.what();
      return;
    }
    into.pixels = model_.input({pixels});
  } catch (const std::exception& error) {
    into.error = detail::message({name(image), ": ", detail::one_line(error.what())});
  }
}

EIGENVIT_INLINE void ImageEmbedder::embed(std::size_t count, Load load, Done done,
                                          Executor* executor, Executor* loader) const {
  const auto name = [](std::size_t i) { return detail::message({"image ", i}); };
  embed(count, load, name, done, executor, loader);
}

EIGENVIT_INLINE void ImageEmbedder::embed(const std::vector<std::filesystem::path>& paths,
                                          Done done, Executor* executor, Executor* loader) const {
  const auto load = [&](std::size_t i) { return load_image(paths[i], options_.decode); };
  const auto name = [&](std::size_t i) { return detail::path_text(paths[i]); };
  embed(paths.size(), load, name, done, executor, loader);
}

EIGENVIT_INLINE void ImageEmbedder::embed(std::size_t count, Load load, Name name, Done done,
                                          Executor* executor, Executor* loader) const {
  if (loader != nullptr && loader == executor) {
    detail::raise<ConfigError>(
        {"image embedder: expected two executors, found the same one twice"});
  }
  SerialExecutor serial;
  Executor& turns = loader != nullptr ? *loader : executor != nullptr ? *executor : serial;
  const auto batch_size = static_cast<std::size_t>(options_.batch_size);
  detail::BatchVectors vectors(model_, vector_, options_.normalize, executor);
  std::vector<Prepared> current;
  std::vector<Prepared> next;
  const auto begin = [&](std::size_t first) {
    next.clear();
    next.resize(std::min(batch_size, count - std::min(count, first)));
    return static_cast<Index>(next.size());
  };

  const Index size = begin(0);
  detail::for_each_task(turns, size, [&](Index i, Index) {
    prepare(load, name, static_cast<std::size_t>(i), next[static_cast<std::size_t>(i)]);
  });
  for (std::size_t first = 0; first < count; first += batch_size) {
    current.swap(next);
    const Index to_prepare = begin(first + batch_size);
    EmbeddedImages result;
    result.first = first;
    result.vectors.setZero(static_cast<Index>(current.size()), width_);
    std::vector<const PixelInput*> images;
    for (Prepared& prepared : current) {
      result.errors.push_back(std::move(prepared.error));
      images.push_back(&prepared.pixels);
    }
    const auto prepare_next = [&](Index i) {
      prepare(load, name, first + batch_size + static_cast<std::size_t>(i),
              next[static_cast<std::size_t>(i)]);
    };
    if (loader != nullptr) {
      // The pass is the first task: it has begun before any image is loaded, and no thread waits
      // for another.
      detail::for_each_task(*loader, 1 + to_prepare, [&](Index task, Index) {
        task == 0 ? vectors.run(images, result) : prepare_next(task - 1);
      });
    } else {
      vectors.run(images, result);
      detail::for_each_task(turns, to_prepare, [&](Index task, Index) { prepare_next(task); });
    }
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (!result.errors[i].empty() && images[i]->images > 0) {
        result.errors[i] = detail::message({name(first + i), ": ", result.errors[i]});
      }
    }
    if (!done(result)) return;
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
