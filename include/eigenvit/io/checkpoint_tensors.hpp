/// The tensors of a checkpoint by the names and shapes that a configuration calls for.
#ifndef EIGENVIT_IO_CHECKPOINT_TENSORS_HPP
#define EIGENVIT_IO_CHECKPOINT_TENSORS_HPP

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include <eigenvit/core/types.hpp>
#include <eigenvit/io/encoder_names.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What `LayerReader` does alike for every type of numbers: it finds tensors, checks their
/// shapes, and knows which of them nobody asked for.
class CheckpointTensors {
 public:
  /// Keeps references: the three must outlive this.
  CheckpointTensors(const TensorStore& tensors, const EncoderNames& names,
                    const EncoderConfig& config)
      : tensors_(tensors), names_(names), config_(config) {}

  const TensorStore& tensors() const noexcept { return tensors_; }

  std::string backbone(std::string_view name) const;
  std::string in_block(Index i, std::string_view name, Index branch = 0) const;
  static std::string weight_of(std::string_view name);
  static std::string bias_of(std::string_view name);

  /// The tensor of that name, whose shape must be `expected` but for leading ones. Throws
  /// `FormatError` when it is missing and `ShapeError` when it has another shape.
  const TensorInfo& checked(std::string_view name, std::initializer_list<Index> expected);

  /// Weights that were not asked for mean that the file holds another network than the
  /// configuration says, for example one that is deeper: throws `ConfigError`.
  void check_unused() const;

 protected:
  const TensorStore& tensors_;
  const EncoderNames& names_;
  const EncoderConfig& config_;

 private:
  std::set<const TensorInfo*> used_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/checkpoint_tensors.inl>
#endif

#endif
