/// Batch norms of a checkpoint, as parts of the layers before them.
#ifndef EIGENVIT_IO_BATCH_NORM_HPP
#define EIGENVIT_IO_BATCH_NORM_HPP

#include <cmath>
#include <cstddef>
#include <string_view>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/io/layer_reader.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A batch norm of known statistics: `y = scale x + shift` in each channel. The layer before it
/// multiplies its weights by the scale, after which no format of two bytes holds them as they are
/// stored: such a layer names no tensors to `LayerReader::packed`.
template <class Scalar>
struct BatchNorm {
  AlignedBuffer<Scalar> scale;
  AlignedBuffer<Scalar> shift;

  /// The bias of a layer and the norm together, where the layer had the bias `[channels]`.
  AlignedBuffer<Scalar> shift_after(const AlignedBuffer<Scalar>& bias) const {
    AlignedBuffer<Scalar> sum = shift;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += scale[i] * bias[i];
    return sum;
  }
};

/// Reads `name.weight`, `name.bias`, `name.running_mean` and `name.running_var`:
///
///     scale = weight / sqrt(running_var + 1e-5),   shift = bias - scale running_mean
///
/// Throws as `LayerReader::values`. Source: PyTorch's `BatchNorm2d` in evaluation, with its default
/// epsilon.
template <class Scalar>
BatchNorm<Scalar> read_batch_norm(LayerReader<Scalar>& file, std::string_view name,
                                  Index channels) {
  constexpr double epsilon = 1e-5;
  const auto values = [&](const char* part) {
    return file.values(message({name, part}), {channels});
  };
  BatchNorm<Scalar> norm{values(".weight"), values(".bias")};
  const AlignedBuffer<Scalar> mean = values(".running_mean");
  const AlignedBuffer<Scalar> variance = values(".running_var");
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const double deviation = std::sqrt(static_cast<double>(variance[i]) + epsilon);
    const double scale = static_cast<double>(norm.scale[i]) / deviation;
    norm.scale[i] = static_cast<Scalar>(scale);
    norm.shift[i] = static_cast<Scalar>(static_cast<double>(norm.shift[i]) -
                                        scale * static_cast<double>(mean[i]));
  }
  return norm;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
