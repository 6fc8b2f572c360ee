#include <cstddef>
#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/core/lent_memory.hpp>

namespace {

struct Layout {
  float* a;
  double* b;
  char* c;

  template <class Memory>
  explicit Layout(Memory& memory)
      : a(memory.template take<float>(3)),
        b(memory.template take<double>(9)),
        c(memory.template take<char>(1)) {}
};

}  // namespace

TEST_CASE("LentMemory gives out aligned pieces, as many bytes as WorkspaceSize counts") {
  eigenvit::detail::WorkspaceSize size;
  const Layout counted(size);
  CHECK(counted.a == nullptr);
  eigenvit::AlignedBuffer<std::byte> block(size.bytes());
  eigenvit::detail::LentMemory memory(block.data());
  const Layout taken(memory);
  CHECK(reinterpret_cast<std::byte*>(taken.a) == block.data());
  CHECK(reinterpret_cast<std::uintptr_t>(taken.b) % 64 == 0);
  CHECK(reinterpret_cast<std::byte*>(taken.b) - block.data() == 64);
  CHECK(reinterpret_cast<std::byte*>(taken.c) + 64 == block.data() + block.size());
}
