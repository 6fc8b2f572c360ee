/// A network of images as the workers measure it.
#ifndef EIGENVIT_BENCH_PEERS_IMAGE_NETWORK_HPP
#define EIGENVIT_BENCH_PEERS_IMAGE_NETWORK_HPP

#include <cstddef>
#include <utility>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/eigenvit.hpp>

#include "serve.hpp"

inline eigenvit::ModelOptions model_options_of(const Arguments& arguments) {
  eigenvit::ModelOptions options;
  options.precision = eigenvit::precision_of(arguments.precision);
  options.keep_packed = !arguments.unpacked;
  return options;
}

/// A network with everything that its forward passes use again, and the pixels of some batches.
class ImageNetwork {
 public:
  ImageNetwork(eigenvit::Model model, eigenvit::Taps taps, const Arguments& arguments)
      : model_(std::move(model)),
        taps_(std::move(taps)),
        batch_(arguments.batch),
        executor_(arguments.threads) {
    read_values(arguments.folder + "/pixels.f32", batch_values(), pixels_);
  }

  const eigenvit::Taps& taps() const { return taps_; }
  eigenvit::Index batch() const { return batch_; }
  std::size_t batches() const { return pixels_.size() / batch_values(); }

  const eigenvit::VitOutput<float>& run(std::size_t batch) {
    const auto& config = model_.network().config();
    const float* const pixels = pixels_.data() + batch * batch_values();
    model_.network().forward({pixels, batch_, config.image_height, config.image_width}, taps_,
                             result_, &executor_, &workspace_);
    return result_;
  }

 private:
  std::size_t batch_values() const {
    const auto& config = model_.network().config();
    return static_cast<std::size_t>(batch_ * config.in_chans * config.image_height *
                                    config.image_width);
  }

  eigenvit::Model model_;
  eigenvit::Taps taps_;
  eigenvit::Index batch_;
  eigenvit::ThreadPoolExecutor executor_;
  eigenvit::Workspace workspace_;
  eigenvit::VitOutput<float> result_;
  eigenvit::AlignedBuffer<float> pixels_;
};

#endif
