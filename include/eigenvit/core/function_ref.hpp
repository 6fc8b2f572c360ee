/// References to callables.
#ifndef EIGENVIT_CORE_FUNCTION_REF_HPP
#define EIGENVIT_CORE_FUNCTION_REF_HPP

#include <memory>
#include <type_traits>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

template <class Signature>
class FunctionRef;

/// Reference to a callable object of that signature, which must outlive it: what a function takes
/// that is to be compiled once, rather than for each callable that it is given. Two pointers, and
/// one indirect call.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class Callable,
            class = std::enable_if_t<!std::is_same_v<std::decay_t<Callable>, FunctionRef>>>
  FunctionRef(const Callable& callable) noexcept
      : object_(std::addressof(callable)),
        call_([](const void* object, Arguments... arguments) -> Result {
          return (*static_cast<const Callable*>(object))(arguments...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(object_, arguments...); }

 private:
  const void* object_;
  Result (*call_)(const void*, Arguments...);
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
