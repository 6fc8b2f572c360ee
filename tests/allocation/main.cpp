// Counts what a forward pass allocates: nothing, from the second of a shape on.
#include <errno.h>
#include <stddef.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include <eigenvit/core/thread_pool_executor.hpp>

#include "../unit/stored_bits.hpp"

namespace {
std::atomic<bool> counting{false};
std::atomic<long> allocations{0};

void count() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1);
}
}  // namespace

// In front of glibc's: operator new, Eigen and std::aligned_alloc all end here, on every thread.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* place, size_t size) {
  count();
  return __libc_realloc(place, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** place, size_t alignment, size_t size) {
  count();
  *place = __libc_memalign(alignment, size);
  return *place ? 0 : ENOMEM;
}
}

namespace {

/// Allocations while `call` runs.
template <class Call>
long allocations_of(const Call& call) {
  allocations = 0;
  counting = true;
  call();
  counting = false;
  return allocations;
}

/// Whether passes of a used shape allocate nothing; says so where they do.
bool passes_without_allocating(const char* name, eigenvit::Executor* executor,
                               const eigenvit::VisionTransformer<float>& network) {
  using eigenvit::Index;
  const auto pixels = stored_bits::Integers().values(2 * 3 * 88 * 96, 2);
  const eigenvit::Taps every_tap = stored_bits::every_tap();
  const eigenvit::Taps logits = stored_bits::logits_only();
  eigenvit::Workspace workspace;
  bool clean = true;
  for (const eigenvit::Taps* const asked : {&every_tap, &logits}) {
    eigenvit::VitOutput<float> output;
    // The model's own grid, and one that position embeddings are resampled for.
    for (const Index width : {96, 64}) {
      const auto pass = [&](Index images) {
        network.forward({pixels.data(), images, 88, width}, *asked, output, executor, &workspace);
      };
      pass(2);
      for (const Index images : {2, 1, 2}) {
        // Several times: what threads leave for each other depends on who comes first.
        for (int run = 0; run < 20; ++run) {
          const long found = allocations_of([&] { pass(images); });
          if (found == 0) continue;
          std::printf("%s: %ld allocations of %td images, width %td, %s\n", name, found, images,
                      width, asked == &every_tap ? "every tap" : "logits");
          clean = false;
        }
      }
    }
  }
  return clean;
}

}  // namespace

int main() {
  // The counter itself must see what there is.
  if (allocations_of([] { std::vector<int> some(100, 1); }) == 0 ||
      allocations_of([] { eigenvit::AlignedBuffer<float> some(100, 1.0f); }) == 0) {
    std::puts("allocations are not counted");
    return 1;
  }
  const auto network = stored_bits::network(eigenvit::Activation::gelu);
  eigenvit::SerialExecutor serial;
  eigenvit::ThreadPoolExecutor pool(3);
  const bool alone = passes_without_allocating("no executor", nullptr, network);
  const bool in_order = passes_without_allocating("SerialExecutor", &serial, network);
  const bool threads = passes_without_allocating("ThreadPoolExecutor(3)", &pool, network);
  return alone && in_order && threads ? 0 : 1;
}
