/// Pieces of memory that the caller owns.
#ifndef EIGENVIT_CORE_LENT_MEMORY_HPP
#define EIGENVIT_CORE_LENT_MEMORY_HPP

#include <cstddef>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/workspace.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Bump allocator over memory that somebody else owns. `WorkspaceSize` tells how large it must be.
class LentMemory {
 public:
  /// `memory` is aligned to 64 bytes.
  explicit LentMemory(std::byte* memory) noexcept : next_(memory) {}

  /// As `Workspace::take`.
  template <class T>
  T* take(std::size_t count) noexcept {
    T* const place = reinterpret_cast<T*>(next_);
    next_ += Workspace::rounded<T>(count);
    return place;
  }

 private:
  std::byte* next_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
