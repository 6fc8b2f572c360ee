/// Pixel values as a network takes them.
#ifndef EIGENVIT_MODEL_PIXEL_BATCH_HPP
#define EIGENVIT_MODEL_PIXEL_BATCH_HPP

#include <cstdint>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Pixel values of a batch, `[B, channels, height, width]`, in memory that the caller owns: either
/// as they are, or as 8-bit samples `[B, channels, height, width]` with the values that samples
/// mean, a quarter of the memory: `value[b,c,y,x] = sample_values[256 c + samples[b,c,y,x]]`.
///
///     const eigenvit::PixelBatch<float> of_values{values, 1, 224, 224};
///     const float* table = preprocessor.sample_values();
///     const eigenvit::PixelBatch<float> of_samples{nullptr, 1, 224, 224, samples, table};
template <class Scalar>
struct PixelBatch {
  const Scalar* values = nullptr;
  Index images = 0;
  Index height = 0;
  Index width = 0;
  const std::uint8_t* samples = nullptr;
  const Scalar* sample_values = nullptr;  ///< `[channels, 256]`
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
