/// Work that is declared as stages and run as tasks.
#ifndef EIGENVIT_CORE_TASK_GRAPH_HPP
#define EIGENVIT_CORE_TASK_GRAPH_HPP

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/progress.hpp>
#include <eigenvit/core/task_failure.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What one task of a stage works on.
struct Task {
  std::ptrdiff_t image;
  std::ptrdiff_t part;    ///< of the image
  std::ptrdiff_t share;   ///< of the weights
  std::ptrdiff_t worker;  ///< runs one task at a time, so it can name a piece of scratch memory
};

/// How a stage is cut: one task for each share, image and part. They run in this order, so that a
/// share of the weights is read once for all rows.
struct Cut {
  std::ptrdiff_t images = 1;
  std::ptrdiff_t parts = 1;   ///< of each image: groups of its rows, or units such as heads
  std::ptrdiff_t rows = 0;    ///< of each image, where parts are groups of rows
  std::ptrdiff_t shares = 1;  ///< of the weights

  constexpr Cut in_shares(std::ptrdiff_t count) const noexcept {
    return {images, parts, rows, count};
  }
  constexpr std::ptrdiff_t tasks() const noexcept { return images * parts * shares; }
  constexpr bool has_parts_of(const Cut& other) const noexcept {
    return images == other.images && parts == other.parts && rows == other.rows;
  }
};

/// How much of an earlier stage a task needs.
enum class Reach { batch, image, part };

/// A stage that has been added to a `TaskGraph`.
struct Stage {
  std::size_t index;
};

struct Need {
  Stage stage;
  Reach reach;
};

/// The same part of the image in `stage`; all of the image where `stage` is cut into other parts.
constexpr Need part_of(Stage stage) noexcept {
  return {stage, Reach::part};
}
/// All of the image in `stage`; all images where `stage` is not cut by image.
constexpr Need image_of(Stage stage) noexcept {
  return {stage, Reach::image};
}
/// All tasks of `stage`.
constexpr Need all_of(Stage stage) noexcept {
  return {stage, Reach::batch};
}

/// Stages, each with a body, a cut and what it needs of earlier stages. From these follow the
/// tasks, their order, and what each of them waits for.
///
/// Workers claim indices from an atomic counter, which say the stage. Of its tasks a worker takes
/// one of the images and parts that are its own, while there are such: what they read was then
/// mostly written by the same worker and is in its core's cache. A task spins on counters of
/// finished tasks of the stages that it needs. There is one parallel region and no barrier, and
/// every wait ends: a stage can only need stages that were added before it, whose tasks have all
/// been claimed.
///
///     using namespace eigenvit::detail;
///     TaskGraph graph;
///     const Cut rows{2, 3, 197};  // two images of 197 rows, in three parts each
///     const Stage norm1 = graph.add(rows, {}, [](const Task&) {});
///     const Stage qkv = graph.add(rows.in_shares(4), {part_of(norm1)}, [](const Task&) {});
///     graph.add({2, 12}, {image_of(qkv)}, [](const Task&) {});  // attention of twelve heads
///     eigenvit::SerialExecutor executor;
///     TaskFailure failure;
///     graph.run(executor, failure);
///
/// A graph that is cleared keeps its memory: declaring as many stages again allocates nothing.
class TaskGraph {
 public:
  /// Bytes that a body may have.
  static constexpr std::size_t body_size = 384;
  /// Needs that a stage may have.
  static constexpr std::size_t most_needs = 3;

  /// Forgets all stages.
  void clear() noexcept {
    stages_.clear();
    first_tasks_.clear();
    tasks_ = 0;
  }

  /// Adds a stage. `body(task)` is called once for each task; it is copied, and what it refers to
  /// outlives the run. Throws `std::bad_alloc`.
  template <class Body>
  Stage add(const Cut& cut, std::initializer_list<Need> needs, const Body& body) {
    static_assert(sizeof(Body) <= body_size && alignof(Body) <= alignof(std::max_align_t) &&
                      std::is_trivially_copyable_v<Body>,
                  "the body of a stage holds a few numbers, pointers and references");
    Record record;
    record.cut = cut;
    ::new (static_cast<void*>(record.body.data())) Body(body);
    record.call = [](const std::byte* copy, const Task& task) {
      (*std::launder(reinterpret_cast<const Body*>(copy)))(task);
    };
    return add(record, needs);
  }

  /// Number of tasks of all stages.
  std::ptrdiff_t tasks() const noexcept { return tasks_; }

  /// Runs all tasks. The first exception that one throws ends the others and is rethrown. Throws as
  /// `for_each_task`, and `std::bad_alloc` before any task is run.
  void run(Executor& executor, TaskFailure& failure);

  /// Bytes held once the stages that were added have been run by so many workers.
  std::size_t bytes(std::ptrdiff_t workers = 1) const noexcept;

 private:
  /// How many tasks of a worker's own have been taken.
  using Taken = std::atomic<std::ptrdiff_t>;

  struct Record {
    Cut cut;
    std::array<Need, most_needs> needs = {};
    std::size_t need_count = 0;
    Reach counted = Reach::batch;  ///< how finely its finished tasks are counted
    bool is_needed = false;        ///< by a later stage
    std::size_t first_counter = 0;
    void (*call)(const std::byte* body, const Task& task) = nullptr;
    alignas(std::max_align_t) std::array<std::byte, body_size> body;
  };

  Stage add(Record& record, std::initializer_list<Need> needs);
  std::size_t counters_of(const Record& stage) const noexcept;
  std::size_t counters() const noexcept;
  std::size_t bytes_of_counters(std::ptrdiff_t workers) const noexcept;
  void run_task(std::ptrdiff_t index, std::ptrdiff_t worker);
  std::ptrdiff_t take(std::size_t stage, std::ptrdiff_t worker) noexcept;
  void wait_for(const Need& need, const Task& task);
  Progress* progress() noexcept;

  std::vector<Record> stages_;
  std::vector<std::ptrdiff_t> first_tasks_;  ///< of each stage
  std::ptrdiff_t tasks_ = 0;
  std::ptrdiff_t workers_ = 1;
  Taken* taken_ = nullptr;  ///< of the first stage, in a run
  /// `Progress` of finished tasks, then of each stage what is `Taken` of each worker's.
  AlignedBuffer<std::byte> counters_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/task_graph.inl>
#endif

#endif
