#ifndef EIGENVIT_CORE_TASK_GRAPH_INL
#define EIGENVIT_CORE_TASK_GRAPH_INL

#include <algorithm>

#include <eigenvit/core/task_graph.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE Stage TaskGraph::add(Record& record, std::initializer_list<Need> needs) {
  assert(record.cut.tasks() > 0 && needs.size() <= most_needs);
  for (Need need : needs) {
    assert(need.stage.index < stages_.size());
    Record& needed = stages_[need.stage.index];
    if (need.reach == Reach::part && !needed.cut.has_parts_of(record.cut))
      need.reach = Reach::image;
    if (need.reach == Reach::image && needed.cut.images != record.cut.images) {
      need.reach = Reach::batch;
    }
    needed.counted = std::max(needed.counted, need.reach);
    needed.is_needed = true;
    record.needs[record.need_count++] = need;
  }
  stages_.push_back(record);
  first_tasks_.push_back(tasks_);
  tasks_ += record.cut.tasks();
  return {stages_.size() - 1};
}

EIGENVIT_INLINE std::size_t TaskGraph::counters_of(const Record& stage) const noexcept {
  if (!stage.is_needed) return 0;
  const auto images = stage.counted == Reach::batch ? 1 : stage.cut.images;
  return static_cast<std::size_t>(stage.counted == Reach::part ? images * stage.cut.parts : images);
}

EIGENVIT_INLINE std::size_t TaskGraph::counters() const noexcept {
  std::size_t counters = 0;
  for (const Record& stage : stages_) counters += counters_of(stage);
  return counters;
}

EIGENVIT_INLINE std::size_t TaskGraph::bytes_of_counters(std::ptrdiff_t workers) const noexcept {
  return counters() * sizeof(Progress) +
         stages_.size() * static_cast<std::size_t>(workers) * sizeof(Taken);
}

EIGENVIT_INLINE std::size_t TaskGraph::bytes(std::ptrdiff_t workers) const noexcept {
  return stages_.capacity() * sizeof(Record) + first_tasks_.capacity() * sizeof(std::ptrdiff_t) +
         std::max(counters_.size(), bytes_of_counters(workers));
}

EIGENVIT_INLINE void TaskGraph::run(Executor& executor, TaskFailure& failure) {
  workers_ = std::clamp<std::ptrdiff_t>(tasks_, 1, workers_of(executor));
  if (counters_.size() < bytes_of_counters(workers_)) {
    counters_.clear();
    counters_.resize(bytes_of_counters(workers_));
  }
  std::size_t first = 0;
  for (Record& stage : stages_) {
    stage.first_counter = first;
    first += counters_of(stage);
  }
  for (std::size_t i = 0; i < first; ++i) {
    ::new (static_cast<void*>(counters_.data() + i * sizeof(Progress))) Progress(failure);
  }
  taken_ = reinterpret_cast<Taken*>(counters_.data() + first * sizeof(Progress));
  for (std::size_t i = 0; i < stages_.size() * static_cast<std::size_t>(workers_); ++i) {
    ::new (static_cast<void*>(taken_ + i)) Taken(0);
  }
  for_each_task(
      executor, tasks_, [&](std::ptrdiff_t task, std::ptrdiff_t worker) { run_task(task, worker); },
      failure);
}

EIGENVIT_INLINE void TaskGraph::run_task(std::ptrdiff_t index, std::ptrdiff_t worker) {
  const auto next = std::upper_bound(first_tasks_.begin(), first_tasks_.end(), index);
  const auto number = static_cast<std::size_t>(next - first_tasks_.begin()) - 1;
  const Record& stage = stages_[number];
  const Cut& cut = stage.cut;
  const std::ptrdiff_t place = take(number, worker);
  const Task task{place / cut.parts % cut.images, place % cut.parts,
                  place / (cut.parts * cut.images), worker};
  for (std::size_t i = 0; i < stage.need_count; ++i) wait_for(stage.needs[i], task);
  stage.call(stage.body.data(), task);
  if (!stage.is_needed) return;
  std::ptrdiff_t counter = 0;
  if (stage.counted == Reach::image) counter = task.image;
  if (stage.counted == Reach::part) counter = task.image * cut.parts + task.part;
  progress()[stage.first_counter + static_cast<std::size_t>(counter)].advance();
}

/// As many calls as the stage has tasks each give one of them: in order of their shares those of
/// the worker's own images and parts, then what others have left.
EIGENVIT_INLINE std::ptrdiff_t TaskGraph::take(std::size_t stage, std::ptrdiff_t worker) noexcept {
  const Cut& cut = stages_[stage].cut;
  const std::ptrdiff_t pieces = cut.images * cut.parts;
  Taken* const taken = taken_ + static_cast<std::ptrdiff_t>(stage) * workers_;
  for (std::ptrdiff_t i = 0;; ++i) {
    assert(i < workers_);
    const std::ptrdiff_t owner = (worker + i) % workers_;
    const std::ptrdiff_t begin = pieces * owner / workers_;
    const std::ptrdiff_t count = pieces * (owner + 1) / workers_ - begin;
    if (count == 0) continue;
    const std::ptrdiff_t place = taken[owner].fetch_add(1, std::memory_order_relaxed);
    if (place < count * cut.shares) return place / count * pieces + begin + place % count;
  }
}

EIGENVIT_INLINE void TaskGraph::wait_for(const Need& need, const Task& task) {
  const Record& stage = stages_[need.stage.index];
  const Cut& cut = stage.cut;
  const std::size_t counters = counters_of(stage);
  // Of all counters, those of the image or the part; each of them counts as many tasks.
  std::size_t first = 0, count = counters;
  if (need.reach != Reach::batch) {
    count = counters / static_cast<std::size_t>(cut.images);
    first = static_cast<std::size_t>(task.image) * count;
  }
  if (need.reach == Reach::part) {
    first += static_cast<std::size_t>(task.part);
    count = 1;
  }
  const std::ptrdiff_t tasks = cut.tasks() / static_cast<std::ptrdiff_t>(counters);
  for (std::size_t i = first; i < first + count; ++i) {
    progress()[stage.first_counter + i].wait_for(tasks);
  }
}

EIGENVIT_INLINE Progress* TaskGraph::progress() noexcept {
  return reinterpret_cast<Progress*>(counters_.data());
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
