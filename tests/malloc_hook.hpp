// Puts a program's own malloc in front of glibc's: operator new, Eigen and std::aligned_alloc all
// end in it, on every thread. It counts, and fails where it is told to. For one source of a
// program.
#ifndef EIGENVIT_TESTS_MALLOC_HOOK_HPP
#define EIGENVIT_TESTS_MALLOC_HOOK_HPP

#include <errno.h>
#include <stddef.h>

#include <atomic>

namespace malloc_hook {

inline std::atomic<bool> watching{false};  // whether calls are counted and may fail
inline std::atomic<long> calls{0};         // since `watching` was set
inline std::atomic<long> fail_from{-1};    // the first call that fails; -1: none does
inline std::atomic<long> fail_to{-1};      // the call after the last that fails
inline std::atomic<long> live{0};          // blocks that are allocated

/// Whether this call is to fail.
inline bool fails() {
  if (!watching.load(std::memory_order_relaxed)) return false;
  const long call = calls.fetch_add(1);
  return call >= fail_from.load(std::memory_order_relaxed) &&
         call < fail_to.load(std::memory_order_relaxed);
}

inline void* counted(void* block) {
  if (block != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

/// Watches the calls while it exists; those in `[from, to)` fail.
class Watch {
 public:
  explicit Watch(long from = -1, long to = -1) {
    calls = 0;
    fail_from = from;
    fail_to = to;
    watching = true;
  }
  ~Watch() { watching = false; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
};

}  // namespace malloc_hook

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t size) {
  return malloc_hook::fails() ? nullptr : malloc_hook::counted(__libc_malloc(size));
}
void* calloc(size_t number, size_t size) {
  return malloc_hook::fails() ? nullptr : malloc_hook::counted(__libc_calloc(number, size));
}
void* realloc(void* place, size_t size) {
  if (malloc_hook::fails()) return nullptr;
  void* const block = __libc_realloc(place, size);
  return place == nullptr ? malloc_hook::counted(block) : block;
}
void* aligned_alloc(size_t alignment, size_t size) {
  return malloc_hook::fails() ? nullptr : malloc_hook::counted(__libc_memalign(alignment, size));
}
void* memalign(size_t alignment, size_t size) {
  return aligned_alloc(alignment, size);
}
int posix_memalign(void** place, size_t alignment, size_t size) {
  void* const block = aligned_alloc(alignment, size);
  if (block == nullptr) return ENOMEM;
  *place = block;
  return 0;
}
void free(void* block) {
  if (block != nullptr) malloc_hook::live.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(block);
}
}

#endif
