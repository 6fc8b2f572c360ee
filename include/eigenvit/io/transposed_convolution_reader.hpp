/// From the tensors of a checkpoint to convolutions that enlarge a map.
#ifndef EIGENVIT_IO_TRANSPOSED_CONVOLUTION_READER_HPP
#define EIGENVIT_IO_TRANSPOSED_CONVOLUTION_READER_HPP

#include <memory>
#include <string_view>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/io/batch_norm.hpp>
#include <eigenvit/io/layer_reader.hpp>
#include <eigenvit/io/transposed_rows.hpp>
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
  const TensorInfo& tensor =
      file.checked(file.weight_of(name), {channels, channels, factor, factor});
  file.tensors().check_readable(tensor);
  AlignedBuffer<Scalar> pixel = file.values(file.bias_of(name), {channels});
  if (norm != nullptr) pixel = norm->shift_after(pixel);
  AlignedBuffer<Scalar> bias;
  for (Index place = 0; place < places; ++place) {
    bias.insert(bias.end(), pixel.begin(), pixel.end());
  }
  auto rows = std::make_unique<TransposedRows<Scalar>>(
      file.store(), tensor, channels, channels, places,
      norm != nullptr ? norm->scale : AlignedBuffer<Scalar>());
  PackedMatrix<Scalar> square = file.kept(std::move(rows), channels * places, channels, channels);
  return {Linear<Scalar>(std::move(square), bias), factor};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
