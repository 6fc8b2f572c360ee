/// An executor whose concurrency does not change.
#ifndef EIGENVIT_CORE_STEADY_EXECUTOR_HPP
#define EIGENVIT_CORE_STEADY_EXECUTOR_HPP

#include <cstddef>

#include <eigenvit/core/executor.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The executor that is lent, or else the calling thread, with the concurrency that it had when it
/// was lent. Memory is laid out for so many workers before tasks are shared out, and a pool may
/// grow between the two.
class SteadyExecutor final : public Executor {
 public:
  /// Of null, the calling thread. Throws as `workers_of`.
  explicit SteadyExecutor(Executor* lent)
      : lent_(lent), workers_(lent ? static_cast<int>(workers_of(*lent)) : 1) {}

  int concurrency() const noexcept override { return workers_; }
  void parallel_for(std::ptrdiff_t count, TaskRef task) override {
    if (lent_) {
      lent_->parallel_for(count, task);
    } else {
      SerialExecutor().parallel_for(count, task);
    }
  }

 private:
  Executor* lent_;
  int workers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
