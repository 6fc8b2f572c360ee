#include <algorithm>
#include <cstdint>
#include <memory>

#include <doctest/doctest.h>

#include <eigenvit/core/workspace.hpp>

using eigenvit::Workspace;
using eigenvit::detail::WorkspaceSize;

namespace {

struct Layout {
  float* a;
  double* b;
  char* c;
  float* d;

  template <class Arena>
  explicit Layout(Arena& arena)
      : a(arena.template take<float>(3)),
        b(arena.template take<double>(9)),
        c(arena.template take<char>(1)),
        d(arena.template take<float>(0)) {}
};

}  // namespace

TEST_CASE("Workspace gives out aligned pieces that do not overlap") {
  WorkspaceSize size;
  const Layout counted(size);
  CHECK(counted.a == nullptr);
  CHECK(size.bytes() == 64 + 128 + 64);

  Workspace workspace;
  CHECK(workspace.size() == 0);
  workspace.reset(size.bytes());
  CHECK(workspace.size() == size.bytes());
  const Layout taken(workspace);
  for (const void* place : {static_cast<void*>(taken.a), static_cast<void*>(taken.b),
                            static_cast<void*>(taken.c), static_cast<void*>(taken.d)}) {
    CHECK(reinterpret_cast<std::uintptr_t>(place) % 64 == 0);
  }
  std::fill_n(taken.a, 3, 1.0f);
  std::fill_n(taken.b, 9, 2.0);
  *taken.c = 'c';
  CHECK(taken.a[2] == 1);
  CHECK(taken.b[0] == 2);
  CHECK(taken.b[8] == 2);
  // The last piece ends where the counted bytes end.
  CHECK(reinterpret_cast<char*>(taken.d) == reinterpret_cast<char*>(taken.a) + size.bytes());
}

TEST_CASE("A piece of a workspace is laid out as a workspace is") {
  WorkspaceSize size;
  const Layout counted(size);
  Workspace workspace;
  workspace.reset(size.bytes());
  std::byte* const memory = workspace.take<std::byte>(size.bytes());
  eigenvit::detail::PieceOfWorkspace piece(memory);
  const Layout taken(piece);
  CHECK(reinterpret_cast<std::byte*>(taken.a) == memory);
  CHECK(reinterpret_cast<std::byte*>(taken.b) == memory + 64);
  CHECK(reinterpret_cast<std::byte*>(taken.c) == memory + 192);
  CHECK(reinterpret_cast<std::byte*>(taken.d) == memory + size.bytes());

  eigenvit::detail::PieceOfWorkspace none(nullptr);
  CHECK(none.take<float>(3) == nullptr);
  CHECK(none.take<float>(3) == nullptr);
}

TEST_CASE("Workspace keeps its memory for what fits and grows for what does not") {
  Workspace workspace;
  workspace.reset(1000);
  float* const first = workspace.take<float>(10);
  workspace.reset(500);
  CHECK(workspace.size() == 1000);
  CHECK(workspace.take<float>(10) == first);
  workspace.reset(2000);
  CHECK(workspace.size() == 2000);
  workspace.reset(0);
  CHECK(workspace.size() == 2000);
}

TEST_CASE("Workspace keeps tables until they are asked for with another owner or key") {
  Workspace workspace;
  int made = 0;
  const auto keep = [&](const std::shared_ptr<const void>& owner, std::ptrdiff_t height,
                        std::size_t bytes) {
    return workspace.keep(owner, {height, 2}, bytes, [&](std::byte* place) {
      CHECK(reinterpret_cast<std::uintptr_t>(place) % 64 == 0);
      std::fill_n(place, bytes, std::byte{7});
      ++made;
    });
  };
  const auto first = std::make_shared<int>(1);
  std::byte* const place = keep(first, 1, 100);
  CHECK(made == 1);
  workspace.reset(1000);
  CHECK(workspace.size() == 1100);
  CHECK(keep(first, 1, 100) == place);
  CHECK(place[99] == std::byte{7});
  CHECK(made == 1);
  CHECK(keep(first, 3, 50) == place);
  CHECK(made == 2);
  CHECK(keep(first, 1, 100) == place);
  CHECK(made == 3);
  CHECK(keep(std::make_shared<int>(1), 1, 100) == place);
  CHECK(made == 4);
  keep(first, 1, 200);
  CHECK(made == 5);
  CHECK(workspace.size() == 1200);
  CHECK(keep(first, 1, 0) == nullptr);
  CHECK(made == 5);
}

TEST_CASE("Workspace makes tables again that were not finished") {
  Workspace workspace;
  const auto owner = std::make_shared<int>(1);
  CHECK_THROWS_AS(workspace.keep(owner, {1, 1}, 10, [](std::byte*) { throw 1; }), int);
  bool made = false;
  workspace.keep(owner, {1, 1}, 10, [&](std::byte*) { made = true; });
  CHECK(made);
}

TEST_CASE("Workspace::rounded rounds up to whole cache lines") {
  CHECK(Workspace::rounded<float>(0) == 0);
  CHECK(Workspace::rounded<float>(1) == 64);
  CHECK(Workspace::rounded<float>(16) == 64);
  CHECK(Workspace::rounded<float>(17) == 128);
  CHECK(Workspace::rounded<double>(17) == 192);
  CHECK(Workspace::rounded<char>(64) == 64);
}

TEST_CASE("Workspace keeps the memory for input through a pass") {
  Workspace workspace;
  std::byte* const first = workspace.input(100);
  CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
  std::fill_n(first, 100, std::byte{5});
  workspace.reset(1 << 20);
  std::fill_n(workspace.take<std::byte>(1 << 20), 1 << 20, std::byte{6});
  CHECK(std::count(first, first + 100, std::byte{5}) == 100);
  CHECK(workspace.input(60) == first);
  CHECK(workspace.size() == (1 << 20) + 100);
  workspace.input(200);
  CHECK(workspace.size() == (1 << 20) + 200);
}
