// Documents are read and released while memory runs out: at every allocation in turn, and from one
// on for good. What is thrown is std::bad_alloc, and the program goes on.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include <eigenvit/io/json_reader.hpp>

namespace {

constexpr long never = -1;
/// Allocations until one fails; `never` for none.
long remaining = never;
bool for_good = false;

void* allocate(std::size_t bytes) {
  if (remaining == 0) {
    if (!for_good) remaining = never;
    throw std::bad_alloc();
  }
  if (remaining > 0) --remaining;
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

std::string nested_text() {
  std::string text =
      R"({"a":[{"b":{"c":[1,2,{"d":"a text longer than a string holds inside"}]}},[)";
  for (int i = 0; i < 60; ++i) text += "[";
  for (int i = 0; i < 60; ++i) text += "]";
  return text + R"(,NaN]],"a":{"e":[[],{},"f"]},"g":[{"h":{}}]})";
}

/// Whether all was read; false where memory was short.
bool read(const std::string& text, const std::string& source) {
  try {
    eigenvit::JsonDocument document = eigenvit::parse_json(text, source);
    // What follows must not allocate.
    remaining = 0;
    for_good = true;
    document.reset();
    remaining = never;
    return true;
  } catch (const std::bad_alloc&) {
    remaining = never;
    return false;
  }
}

}  // namespace

void* operator new(std::size_t bytes) {
  return allocate(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

int main() {
  const std::string text = nested_text();
  const std::string source = "config.json";
  int failures = 0;
  for (const bool good : {false, true}) {
    long allocations = 0;
    for (;; ++allocations) {
      for_good = good;
      remaining = allocations;
      if (read(text, source)) break;
      ++failures;
    }
    if (allocations < 50) {
      std::printf("expected at least 50 allocations that fail, found %ld\n", allocations);
      return 1;
    }
  }
  std::printf("%d failed allocations, each thrown\n", failures);
  return 0;
}
