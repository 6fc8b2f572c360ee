#include <doctest/doctest.h>

#include <eigenvit/core/function_ref.hpp>

using eigenvit::detail::FunctionRef;

namespace {

int call(FunctionRef<int(int)> function) {
  return function(21);
}

}  // namespace

TEST_CASE("a reference calls what it refers to, with its own state") {
  int calls = 0;
  const auto count = [&calls](int value) {
    ++calls;
    return value;
  };
  const FunctionRef<int(int)> reference = count;
  const FunctionRef<int(int)> copy = reference;
  CHECK(reference(1) + copy(2) == 3);
  CHECK(calls == 2);
}

TEST_CASE("a reference takes temporary callables and converts their results") {
  CHECK(call([](int value) { return static_cast<short>(value + 1); }) == 22);
}
