/// Pixel values as a network takes them.
#ifndef EIGENVIT_MODEL_PIXEL_BATCH_HPP
#define EIGENVIT_MODEL_PIXEL_BATCH_HPP

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Pixel values of a batch, `[B, channels, height, width]`, in memory that the caller owns.
template <class Scalar>
struct PixelBatch {
  const Scalar* values = nullptr;
  Index images = 0;
  Index height = 0;
  Index width = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
