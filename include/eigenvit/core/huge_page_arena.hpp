/// Memory for many matrices, one after the other.
#ifndef EIGENVIT_CORE_HUGE_PAGE_ARENA_HPP
#define EIGENVIT_CORE_HUGE_PAGE_ARENA_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/huge_pages.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Gives out pieces of large blocks that begin at a huge page. Matrices of some megabytes that were
/// asked for one by one would be half in small pages, at both of their ends; side by side they do
/// not, and nothing is lost between them. A block lives as long as a piece of it; what nobody has
/// written to takes no memory where the system gives pages at first touch.
///
///     eigenvit::detail::HugePageArena arena;
///     const std::shared_ptr<void> weights = arena.allocate(3072 * 768 * sizeof(float));
class HugePageArena {
 public:
  /// A huge page of x86-64, and of ARM with pages of 4 KB.
  static constexpr std::size_t page_bytes = std::size_t{2} << 20;
  /// Of a block, unless a piece is larger.
  static constexpr std::size_t block_bytes = 16 * page_bytes;

  /// A block of its own for one piece. Begins at a huge page where it is as large as one.
  static std::shared_ptr<void> allocate_alone(std::size_t bytes) {
    const std::align_val_t alignment{bytes < page_bytes ? buffer_alignment : page_bytes};
    void* const block = ::operator new(bytes, alignment);
    advise_huge_pages(block, bytes);
    return {block, [alignment](void* memory) { ::operator delete(memory, alignment); }};
  }

  /// Uninitialised memory, aligned to `buffer_alignment`. Throws `std::bad_alloc`. One thread at a
  /// time.
  std::shared_ptr<void> allocate(std::size_t bytes) {
    if (bytes > block_bytes) return allocate_alone(bytes);
    if (!block_ || bytes > block_bytes - used_) {
      block_ = allocate_alone(block_bytes);
      used_ = 0;
    }
    char* const piece = static_cast<char*>(block_.get()) + used_;
    used_ += std::min((bytes + buffer_alignment - 1) / buffer_alignment * buffer_alignment,
                      block_bytes - used_);
    return {block_, piece};
  }

 private:
  std::shared_ptr<void> block_;  ///< that the next piece is taken from
  std::size_t used_ = 0;         ///< bytes of it
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
