/// How a classifier's outputs become scores.
#ifndef EIGENVIT_IO_CLASS_SCORES_HPP
#define EIGENVIT_IO_CLASS_SCORES_HPP

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The function from logits `x [C]` to scores `[C]`.
/// Source: transformers 5.24, pipelines/image_classification.py.
enum class ClassScores {
  softmax,  ///< `exp(x_c) / sum exp(x)`: one class out of several.
  sigmoid,  ///< `1 / (1 + exp(-x_c))`: each class on its own; also where there is only one.
  none      ///< `x_c`: a regression.
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
