#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include <doctest/doctest.h>

#include <eigenvit/core/huge_page_arena.hpp>

using eigenvit::detail::HugePageArena;

namespace {

std::uintptr_t address(const std::shared_ptr<void>& piece) {
  return reinterpret_cast<std::uintptr_t>(piece.get());
}

}  // namespace

TEST_CASE("Pieces of an arena lie side by side from the beginning of a huge page") {
  HugePageArena arena;
  const auto first = arena.allocate(100);
  const auto second = arena.allocate(64);
  const auto third = arena.allocate(1);
  CHECK(address(first) % HugePageArena::page_bytes == 0);
  CHECK(address(second) == address(first) + 128);
  CHECK(address(third) == address(second) + 64);
}

TEST_CASE("A piece that finds no room begins a block of its own") {
  HugePageArena arena;
  const auto almost = arena.allocate(HugePageArena::block_bytes - 64);
  const auto next = arena.allocate(65);
  CHECK(address(next) % HugePageArena::page_bytes == 0);
  const auto large = arena.allocate(HugePageArena::block_bytes + 1);
  CHECK(address(large) % HugePageArena::page_bytes == 0);
  CHECK(address(arena.allocate(1)) == address(next) + 128);
  std::memset(static_cast<char*>(almost.get()) + HugePageArena::block_bytes - 65, 1, 1);
  std::memset(static_cast<char*>(large.get()) + HugePageArena::block_bytes, 1, 1);
}

TEST_CASE("A piece outlives its arena and its neighbours") {
  std::shared_ptr<void> kept;
  {
    HugePageArena arena;
    const auto neighbour = arena.allocate(1000);
    kept = arena.allocate(1000);
    std::memset(neighbour.get(), 1, 1000);
    std::memset(kept.get(), 7, 1000);
  }
  CHECK(static_cast<const unsigned char*>(kept.get())[999] == 7);
}

TEST_CASE("A piece alone is aligned for kernels, and begins at a huge page where it is as large") {
  for (const std::size_t bytes : {std::size_t(1), HugePageArena::page_bytes - 1}) {
    const auto small = HugePageArena::allocate_alone(bytes);
    CHECK(address(small) % eigenvit::buffer_alignment == 0);
    std::memset(small.get(), 1, bytes);
  }
  const auto large = HugePageArena::allocate_alone(HugePageArena::page_bytes);
  CHECK(address(large) % HugePageArena::page_bytes == 0);
  std::memset(large.get(), 1, HugePageArena::page_bytes);
}
