/// What a dense head gives.
#ifndef EIGENVIT_MODEL_DENSE_OUTPUT_HPP
#define EIGENVIT_MODEL_DENSE_OUTPUT_HPP

#include <cstddef>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A map of each image of a batch, of as many channels as the head has: one of depths, one for each
/// class, keypoint or query.
template <class Scalar>
struct DenseOutput {
  Index height = 0;
  Index width = 0;
  Index channels = 0;
  AlignedBuffer<Scalar> maps;  ///< `[B, height, width, channels]`: a pixel's channels together

  /// The map of one image, a row for each pixel: `[height * width, channels]`.
  ConstMatrixView<Scalar> map_of(Index image) const {
    return ConstMatrixView<Scalar>(maps.data() + image * height * width * channels, height * width,
                                   channels);
  }
  /// The map of one image where there is one channel: `[height, width]`.
  ConstMatrixView<Scalar> picture_of(Index image) const {
    return ConstMatrixView<Scalar>(maps.data() + image * height * width, height, width);
  }

  /// States the shape and makes room for the maps of `images` images; a result that is used again
  /// keeps its memory.
  void resize(Index images, Index new_height, Index new_width, Index new_channels) {
    height = new_height;
    width = new_width;
    channels = new_channels;
    maps.resize(static_cast<std::size_t>(images * height * width * channels));
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
