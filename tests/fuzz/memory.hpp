/// Counts the memory that a piece of code takes, and fills it with a byte beforehand, so that what
/// the code reads without having written it differs from run to run.
#ifndef EIGENVIT_TESTS_FUZZ_MEMORY_HPP
#define EIGENVIT_TESTS_FUZZ_MEMORY_HPP

#include <sanitizer/allocator_interface.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "support.hpp"

namespace fuzz {

class Memory {
 public:
  /// Runs `code` with heap and stack filled with the byte; gives the most bytes of heap that it had
  /// at a time.
  template <class Code>
  static std::size_t peak_of(std::uint8_t fill, const Code& code) {
    static const bool installed = __sanitizer_install_malloc_and_free_hooks(&taken, &given_back);
    expect(installed, "the allocator takes no hook");
    fill_stack(fill);
    fill_ = fill;
    live_ = peak_ = 0;
    counting_ = true;
    const Stop stop;
    code();
    return static_cast<std::size_t>(peak_);
  }

 private:
  struct Stop {
    ~Stop() { counting_ = false; }
  };

  /// Larger blocks come from the system with zeros in them, and calloc relies on that.
  static constexpr std::size_t largest_filled = std::size_t{1} << 16;

  static void taken(const volatile void* block, std::size_t bytes) {
    if (!counting_ || block == nullptr) return;
    live_ += static_cast<std::ptrdiff_t>(bytes);
    if (live_ > peak_) peak_ = live_;
    if (bytes <= largest_filled) std::memset(const_cast<void*>(block), fill_, bytes);
  }

  static void given_back(const volatile void* block) {
    if (!counting_ || block == nullptr) return;
    const std::size_t bytes = __sanitizer_get_allocated_size(const_cast<void*>(block));
    live_ -= static_cast<std::ptrdiff_t>(bytes);
  }

  __attribute__((noinline, no_sanitize("address"))) static void fill_stack(std::uint8_t fill) {
    std::uint8_t frame[std::size_t{1} << 17];
    std::memset(frame, fill, sizeof frame);
    asm volatile("" : : "r"(frame) : "memory");
  }

  inline static bool counting_ = false;
  inline static std::uint8_t fill_ = 0;
  inline static std::ptrdiff_t live_ = 0;
  inline static std::ptrdiff_t peak_ = 0;
};

}  // namespace fuzz

#endif
