#ifndef EIGENVIT_CORE_THREAD_POOL_EXECUTOR_INL
#define EIGENVIT_CORE_THREAD_POOL_EXECUTOR_INL

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <eigenvit/core/available_threads.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/spin.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// One call of `parallel_for`, on its caller's stack. Guarded by the pool's mutex, but for `ended`,
/// which the caller may read at any time.
struct ThreadPoolExecutor::Region {
  Region(TaskRef work, std::ptrdiff_t tasks) : task(work), count(tasks) {}

  bool is_claimed() const noexcept { return claimed == count; }
  bool has_ended() const noexcept { return ended.load(std::memory_order_acquire) == count; }

  TaskRef task;
  std::ptrdiff_t count;
  std::ptrdiff_t claimed = 0;
  std::atomic<std::ptrdiff_t> ended{0};
  std::exception_ptr error;  ///< the first
  Region* next = nullptr;    ///< in the pool's queue
};

/// The threads, and the regions that have tasks for them: a queue that goes through the regions
/// themselves, so that nothing is allocated for it.
class ThreadPoolExecutor::Pool {
 public:
  ~Pool() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stops_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// What it started before it throws is joined by the destructor.
  void start(int threads) {
    threads_.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { serve(); });
    }
  }

  void run(Region& region) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!threads_.empty() && region.count > 1) {
      enqueue(region);
      work_.notify_all();
    }
    while (!region.is_claimed()) run_next_of(region, lock);
    if (region.has_ended()) return;
    lock.unlock();
    detail::spin_until([&] { return region.has_ended(); });
    // Also after the spinning: the thread that ended the last task may still hold the mutex, and
    // use the region until it lets go of it.
    lock.lock();
    ended_.wait(lock, [&] { return region.has_ended(); });
  }

 private:
  /// Runs tasks of all regions until the pool stops. The loop of each thread.
  void serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      if (first_ == nullptr && !stops_) {
        // Passes often come one right after the other, sooner than a thread wakes up.
        lock.unlock();
        detail::spin_until([&] { return open_.load(std::memory_order_relaxed) > 0; });
        lock.lock();
      }
      work_.wait(lock, [&] { return first_ != nullptr || stops_; });
      if (first_ == nullptr) return;
      run_next_of(*first_, lock);
    }
  }

  /// Claims a task of the region and runs it without the lock.
  void run_next_of(Region& region, std::unique_lock<std::mutex>& lock) {
    const std::ptrdiff_t task = region.claimed++;
    if (region.is_claimed()) dequeue(region);
    lock.unlock();
    std::exception_ptr error;
    try {
      region.task(task);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (!region.error) region.error = error;
    region.ended.fetch_add(1, std::memory_order_release);
    if (region.has_ended()) ended_.notify_all();
  }

  void enqueue(Region& region) {
    Region** place = &first_;
    while (*place != nullptr) place = &(*place)->next;
    *place = &region;
    open_.fetch_add(1, std::memory_order_relaxed);
  }

  /// A region that only its caller works on is not in the queue.
  void dequeue(Region& region) {
    Region** place = &first_;
    while (*place != nullptr && *place != &region) place = &(*place)->next;
    if (*place == nullptr) return;
    *place = region.next;
    open_.fetch_sub(1, std::memory_order_relaxed);
  }

  std::mutex mutex_;
  std::condition_variable work_;   ///< the queue is not empty, or the pool stops
  std::condition_variable ended_;  ///< all tasks of a region have ended
  Region* first_ = nullptr;        ///< of those with tasks that nobody has claimed
  std::atomic<int> open_{0};       ///< how many these are, for threads that spin
  bool stops_ = false;
  std::vector<std::thread> threads_;  ///< last: they use what is above
};

EIGENVIT_INLINE ThreadPoolExecutor::ThreadPoolExecutor()
    : ThreadPoolExecutor(std::min(available_threads(), most_threads)) {}

EIGENVIT_INLINE ThreadPoolExecutor::ThreadPoolExecutor(int threads) : threads_(threads) {
  if (threads < 1 || threads > most_threads) {
    detail::raise<ConfigError>(
        {"thread pool: expected from 1 to ", most_threads, " threads, found ", threads});
  }
  pool_ = std::make_unique<Pool>();
  pool_->start(threads - 1);
}

EIGENVIT_INLINE ThreadPoolExecutor::~ThreadPoolExecutor() = default;

EIGENVIT_INLINE void ThreadPoolExecutor::parallel_for(std::ptrdiff_t count, TaskRef task) {
  if (count <= 0) return;
  Region region(task, count);
  pool_->run(region);
  if (region.error) std::rethrow_exception(region.error);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
