/// Threads for Eigen's pool that are known to run before the pool is made.
#ifndef EIGENVIT_CORE_STARTED_THREADS_HPP
#define EIGENVIT_CORE_STARTED_THREADS_HPP

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The environment of an `Eigen::ThreadPoolTempl`, where the pool gets its threads and wraps its
/// tasks.
///
/// Eigen's own environment starts a thread when the pool asks for one. When that fails in the midst
/// of the pool's constructor, the threads before it wait for work for ever and the constructor for
/// them. Here all are started first, and end again when one of them cannot be.
class StartedThreads {
 public:
  struct Task {
    std::function<void()> f;
  };

  /// A thread that waits for what it is to run, and is joined at the end.
  class EnvThread {
   public:
    EnvThread() : thread_([this] { work_.get_future().get()(); }) {}
    EnvThread(const EnvThread&) = delete;
    EnvThread& operator=(const EnvThread&) = delete;
    ~EnvThread() {
      if (!has_work_) run([] {});
      thread_.join();
    }

    void run(std::function<void()> work) {
      has_work_ = true;
      work_.set_value(std::move(work));
    }
    void OnCancel() {}

   private:
    std::promise<std::function<void()>> work_;
    bool has_work_ = false;
    std::thread thread_;  ///< last: it uses what is above
  };

  /// Starts `count` threads. Throws `std::system_error` where the system does not start one, and
  /// `std::bad_alloc`.
  explicit StartedThreads(int count) : threads_(std::make_shared<Threads>()) {
    threads_->reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) threads_->push_back(std::make_unique<EnvThread>());
  }

  /// Gives a thread away, to run `work`. Does not allocate.
  EnvThread* CreateThread(std::function<void()> work) {
    std::unique_ptr<EnvThread> thread = std::move(threads_->back());
    threads_->pop_back();
    thread->run(std::move(work));
    return thread.release();
  }
  Task CreateTask(std::function<void()> work) { return Task{std::move(work)}; }
  void ExecuteTask(const Task& task) { task.f(); }

 private:
  using Threads = std::vector<std::unique_ptr<EnvThread>>;

  std::shared_ptr<Threads> threads_;  ///< shared, since the pool copies its environment
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
