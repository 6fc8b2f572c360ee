#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/aligned_buffer.hpp>

namespace {

bool is_aligned(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % eigenvit::buffer_alignment == 0;
}

}  // namespace

TEST_CASE_TEMPLATE("AlignedBuffer is aligned to 64 bytes at every size", T, char, std::byte, float,
                   double) {
  for (std::size_t size = 1; size <= 200; size += size < 20 ? 1 : 37) {
    const eigenvit::AlignedBuffer<T> a(size);
    const eigenvit::AlignedBuffer<T> b(size);
    CHECK(a.size() == size);
    CHECK(is_aligned(a.data()));
    CHECK(is_aligned(b.data()));
  }
}

TEST_CASE("AlignedBuffer keeps its values and alignment as it grows") {
  eigenvit::AlignedBuffer<int> buffer;
  for (int i = 0; i < 1000; ++i) {
    buffer.push_back(i);
    REQUIRE(is_aligned(buffer.data()));
  }
  buffer.resize(5000);
  CHECK(is_aligned(buffer.data()));
  for (int i = 0; i < 1000; ++i) REQUIRE(buffer[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("AlignedBuffer copies its values and moves its memory") {
  eigenvit::AlignedBuffer<double> first(3, 2.5);
  first[1] = -1;
  const eigenvit::AlignedBuffer<double> copy = first;
  CHECK(copy == first);
  CHECK(copy.data() != first.data());
  first[0] = 7;
  CHECK(copy[0] == 2.5);

  const double* const memory = first.data();
  const eigenvit::AlignedBuffer<double> moved = std::move(first);
  CHECK(moved.data() == memory);
  CHECK(moved[0] == 7);

  eigenvit::AlignedBuffer<double> assigned;
  assigned = copy;
  CHECK(assigned == copy);
  assigned = eigenvit::AlignedBuffer<double>{1, 2};
  CHECK(assigned.size() == 2);
  CHECK(assigned[1] == 2);
}

TEST_CASE("AlignedBuffer constructs elements that are no plain numbers") {
  const eigenvit::AlignedBuffer<std::string> empty(3);
  CHECK(empty[2].empty());
  const eigenvit::AlignedBuffer<std::string> words(2, "word");
  CHECK(words[1] == "word");
}

TEST_CASE("AlignedAllocator refuses a count whose bytes overflow") {
  eigenvit::detail::AlignedAllocator<double> allocator;
  // Not a constant, which the compiler would warn about.
  volatile std::size_t count = std::numeric_limits<std::size_t>::max() / sizeof(double) + 1;
  CHECK_THROWS_AS(allocator.deallocate(allocator.allocate(count), count), std::bad_alloc);
}

TEST_CASE("AlignedAllocators are interchangeable") {
  const eigenvit::detail::AlignedAllocator<float> floats;
  const eigenvit::detail::AlignedAllocator<double> doubles(floats);
  CHECK(floats == doubles);
  CHECK_FALSE(floats != doubles);
}
