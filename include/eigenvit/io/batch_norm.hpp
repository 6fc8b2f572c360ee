/// Batch norms of a checkpoint, as parts of the layers before them.
#ifndef EIGENVIT_IO_BATCH_NORM_HPP
#define EIGENVIT_IO_BATCH_NORM_HPP

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
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
///     scale = weight / sqrt(running_var + epsilon),   shift = bias - scale running_mean
///
/// Throws as `LayerReader::values`, and `FormatError` for numbers that are not finite, variances
/// below 0 and a scale or shift that the type does not hold. Source: PyTorch's `BatchNorm2d` in
/// evaluation.
template <class Scalar>
BatchNorm<Scalar> read_batch_norm(LayerReader<Scalar>& file, std::string_view name, Index channels,
                                  double epsilon = 1e-5) {
  const auto refuse = [&](const char* part, const std::string& expected_and_found) {
    raise<FormatError>(
        {file.tensors().source(), ": tensor '", name, part, "': expected ", expected_and_found});
  };
  const auto values = [&](const char* part) {
    AlignedBuffer<Scalar> read = file.values(message({name, part}), {channels});
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (is_finite(read[i])) continue;
      refuse(part, message({"finite numbers, found NaN or an infinity at ", i}));
    }
    return read;
  };
  BatchNorm<Scalar> norm{values(".weight"), values(".bias")};
  const AlignedBuffer<Scalar> mean = values(".running_mean");
  const AlignedBuffer<Scalar> variance = values(".running_var");
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (variance[i] < 0) {
      refuse(".running_var", "variances from 0, found " + std::to_string(variance[i]));
    }
    const double deviation = std::sqrt(static_cast<double>(variance[i]) + epsilon);
    const double scale = static_cast<double>(norm.scale[i]) / deviation;
    norm.scale[i] = static_cast<Scalar>(scale);
    norm.shift[i] = static_cast<Scalar>(static_cast<double>(norm.shift[i]) -
                                        scale * static_cast<double>(mean[i]));
    if (!is_finite(norm.scale[i]) || !is_finite(norm.shift[i])) {
      refuse(".weight", message({"a scale and a shift in the range of float in channel ", i,
                                 ", found larger ones"}));
    }
  }
  return norm;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
