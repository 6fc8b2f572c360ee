/// From the tensors of a checkpoint to convolutions that enlarge a map.
#ifndef EIGENVIT_IO_TRANSPOSED_CONVOLUTION_READER_HPP
#define EIGENVIT_IO_TRANSPOSED_CONVOLUTION_READER_HPP

#include <cstddef>
#include <string_view>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/io/batch_norm.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/layers/transposed_convolution.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads `name.weight` `[C, O, factor, factor]`, `C = O = channels`, and `name.bias` `[O]`, with
/// the batch norm after them where there is one. The layer's square has its pixels first, with a
/// bias for each. Throws as `LayerReader::values`.
template <class Scalar>
TransposedConvolution<Scalar> read_transposed_convolution(LayerReader<Scalar>& file,
                                                          std::string_view name, Index channels,
                                                          Index factor,
                                                          const BatchNorm<Scalar>* norm = nullptr) {
  const Index places = factor * factor;
  const AlignedBuffer<Scalar> from =
      file.values(file.weight_of(name), {channels, channels, factor, factor});
  AlignedBuffer<Scalar> pixel = file.values(file.bias_of(name), {channels});
  if (norm != nullptr) pixel = norm->shift_after(pixel);
  AlignedBuffer<Scalar> weight, bias;
  weight.reserve(from.size());
  bias.reserve(static_cast<std::size_t>(places * channels));
  for (Index place = 0; place < places; ++place) {
    for (Index o = 0; o < channels; ++o) {
      const Scalar scale = norm != nullptr ? norm->scale[static_cast<std::size_t>(o)] : Scalar(1);
      for (Index c = 0; c < channels; ++c) {
        weight.push_back(scale *
                         from[static_cast<std::size_t>((c * channels + o) * places + place)]);
      }
    }
    bias.insert(bias.end(), pixel.begin(), pixel.end());
  }
  return {Linear<Scalar>(PackedMatrix<Scalar>(weight, channels * places, channels), bias), factor};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
