#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/huge_pages.hpp>

TEST_CASE("advise_huge_pages leaves memory as it is, whatever its size and place") {
  eigenvit::AlignedBuffer<unsigned char> memory(std::size_t{6} << 20, 7);
  for (const std::size_t offset : {0, 1, 4095, 4096, 70000}) {
    for (const std::size_t bytes : {0, 1, 4095, 4096, 8192, 5000000}) {
      eigenvit::detail::advise_huge_pages(memory.data() + offset, bytes);
    }
  }
  CHECK(std::all_of(memory.begin(), memory.end(), [](unsigned char c) { return c == 7; }));
  std::fill(memory.begin(), memory.end(), static_cast<unsigned char>(9));
  CHECK(std::count(memory.begin(), memory.end(), 9) == static_cast<long>(memory.size()));
}
