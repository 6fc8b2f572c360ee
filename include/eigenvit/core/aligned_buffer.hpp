/// Storage for numbers, aligned for any vector register, whatever flags the program is built with.
#ifndef EIGENVIT_CORE_ALIGNED_BUFFER_HPP
#define EIGENVIT_CORE_ALIGNED_BUFFER_HPP

#include <cstddef>
#include <limits>
#include <new>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A cache line, and the width of the widest vector register (AVX-512).
constexpr std::size_t buffer_alignment = 64;

namespace detail {

/// Standard allocator that aligns to `buffer_alignment` and leaves new elements of trivial type
/// uninitialised when none is given: a caller fills a buffer that it asked for, and touching
/// each page twice is measurable for weights.
template <class T>
class AlignedAllocator {
 public:
  using value_type = T;

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) detail::raise_bad_alloc();
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{buffer_alignment}));
  }
  void deallocate(T* pointer, std::size_t) noexcept {
    ::operator delete (pointer, std::align_val_t{buffer_alignment});
  }

  template <class U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Arguments>
  void construct(U* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) U(static_cast<Arguments&&>(arguments)...);
  }

  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }
  template <class U>
  bool operator!=(const AlignedAllocator<U>&) const noexcept {
    return false;
  }
};

}  // namespace detail

/// Owning, growable, copyable array of `T`, aligned to 64 bytes. Weights and scratch live here
/// rather than in Eigen's own matrices: Eigen's allocator changes with the instruction set that a
/// translation unit is compiled for, this one never does. New elements are uninitialised.
template <class T>
using AlignedBuffer = std::vector<T, detail::AlignedAllocator<T>>;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
