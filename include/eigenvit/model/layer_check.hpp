/// Whether layers have the sizes that a configuration states.
#ifndef EIGENVIT_MODEL_LAYER_CHECK_HPP
#define EIGENVIT_MODEL_LAYER_CHECK_HPP

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `ShapeError` unless a part of a vision transformer has the expected size.
inline void require_size(const char* part, Index expected, Index found) {
  if (expected != found) {
    raise<ShapeError>({"vision transformer: expected ", part, " of ", expected, ", found ", found});
  }
}

/// Throws `ShapeError` unless a part is there as expected.
inline void require_part(const char* part, bool expected, bool found) {
  if (expected != found) {
    raise<ShapeError>({"vision transformer: expected ", expected ? "a " : "no ", part, ", found ",
                       found ? "one" : "none"});
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
