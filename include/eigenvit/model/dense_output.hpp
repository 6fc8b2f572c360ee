/// What a dense head gives.
#ifndef EIGENVIT_MODEL_DENSE_OUTPUT_HPP
#define EIGENVIT_MODEL_DENSE_OUTPUT_HPP

#include <cstddef>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a dense head gives of an image: the numbers of a `DenseOutput`.
struct DenseShape {
  Index height = 0;
  Index width = 0;
  Index channels = 0;
  Index classes = 0;

  Index map_values() const noexcept { return height * width * channels; }
  Index logit_values() const noexcept { return channels * classes; }
};

/// A map of each image of a batch, of as many channels as the head has: one of depths, one for each
/// class, keypoint or query. Of queries also the logits of their classes; of depths by two domains
/// (ZoeDepth) the logits of the domains.
template <class Scalar>
struct DenseOutput {
  Index height = 0;
  Index width = 0;
  Index channels = 0;
  AlignedBuffer<Scalar> maps;  ///< `[B, height, width, channels]`: a pixel's channels together
  Index classes = 0;  ///< of each channel's logits, a query's "no object" included; 0: none
  AlignedBuffer<Scalar> class_logits;  ///< `[B, channels, classes]`

  std::size_t bytes() const noexcept {
    return (maps.size() + class_logits.size()) * sizeof(Scalar);
  }

  /// The map of one image, a row for each pixel: `[height * width, channels]`.
  ConstMatrixView<Scalar> map_of(Index image) const {
    return ConstMatrixView<Scalar>(maps.data() + image * height * width * channels, height * width,
                                   channels);
  }
  /// The map of one image where there is one channel: `[height, width]`.
  ConstMatrixView<Scalar> picture_of(Index image) const {
    return ConstMatrixView<Scalar>(maps.data() + image * height * width, height, width);
  }

  /// Those of one image, a row for each channel: `[channels, classes]`.
  ConstMatrixView<Scalar> class_logits_of(Index image) const {
    return ConstMatrixView<Scalar>(class_logits.data() + image * channels * classes, channels,
                                   classes);
  }

  /// States the shape and makes room for the maps of `images` images; a result that is used again
  /// keeps its memory. Throws `std::bad_alloc`; the shape is then that of no map.
  void resize(Index images, const DenseShape& shape) {
    height = width = channels = classes = 0;
    maps.resize(static_cast<std::size_t>(images * shape.map_values()));
    class_logits.resize(static_cast<std::size_t>(images * shape.logit_values()));
    height = shape.height;
    width = shape.width;
    channels = shape.channels;
    classes = shape.classes;
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
