#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>

#include "../executors.hpp"

using eigenvit::detail::all_of;
using eigenvit::detail::Cut;
using eigenvit::detail::image_of;
using eigenvit::detail::Need;
using eigenvit::detail::part_of;
using eigenvit::detail::Reach;
using eigenvit::detail::Stage;
using eigenvit::detail::Task;
using eigenvit::detail::TaskFailure;
using eigenvit::detail::TaskGraph;

namespace {

void run(TaskGraph& graph, eigenvit::Executor& executor) {
  TaskFailure failure;
  graph.run(executor, failure);
}

/// Marks for every task of every stage whether it has ended.
class Marks {
 public:
  void add(const Cut& cut) {
    cuts_.push_back(cut);
    done_.push_back(std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(cut.tasks())));
  }

  void mark(std::size_t stage, const Task& task) { at(stage, task.image, task.part, task.share)++; }

  /// Whether all tasks of `stage` have ended that cover the image and part of `task`, as far as
  /// `reach` says.
  bool covers(std::size_t stage, Reach reach, const Task& task, const Cut& cut) {
    const Cut& of = cuts_[stage];
    const bool one_image = reach != Reach::batch && of.images == cut.images;
    const bool one_part = reach == Reach::part && of.has_parts_of(cut);
    for (std::ptrdiff_t image = 0; image < of.images; ++image) {
      for (std::ptrdiff_t part = 0; part < of.parts; ++part) {
        if ((one_image && image != task.image) || (one_part && part != task.part)) continue;
        for (std::ptrdiff_t share = 0; share < of.shares; ++share) {
          if (at(stage, image, part, share) != 1) return false;
        }
      }
    }
    return true;
  }

  /// Whether every task has been run once.
  bool all_once() {
    for (std::size_t stage = 0; stage < cuts_.size(); ++stage) {
      for (std::ptrdiff_t i = 0; i < cuts_[stage].tasks(); ++i) {
        if (done_[stage][static_cast<std::size_t>(i)] != 1) return false;
      }
    }
    return true;
  }

  const Cut& cut(std::size_t stage) const { return cuts_[stage]; }

 private:
  std::atomic<int>& at(std::size_t stage, std::ptrdiff_t image, std::ptrdiff_t part,
                       std::ptrdiff_t share) {
    const Cut& cut = cuts_[stage];
    return done_[stage][static_cast<std::size_t>((share * cut.images + image) * cut.parts + part)];
  }

  std::vector<Cut> cuts_;
  std::vector<std::unique_ptr<std::atomic<int>[]>> done_;
};

}  // namespace

TEST_CASE("Random graphs run every task once, after all that it needs") {
  support::ReverseExecutor reverse;
  support::ThreadsExecutor threads(4);
  eigenvit::SerialExecutor serial;
  eigenvit::ThreadPoolExecutor two(2), seven(7);
  eigenvit::Executor* const executors[] = {&serial, &reverse, &threads, &two, &seven};
  std::mt19937 random(1);
  const auto up_to = [&](std::ptrdiff_t most) {
    return std::uniform_int_distribution<std::ptrdiff_t>(0, most)(random);
  };
  TaskGraph graph;
  std::ptrdiff_t waits = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    Marks marks;
    std::atomic<int> early{0};
    graph.clear();
    const std::ptrdiff_t images = 1 + up_to(3);
    std::vector<Stage> stages;
    const std::ptrdiff_t count = 1 + up_to(11);
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      // Few different cuts, so that stages often have the same parts.
      const std::ptrdiff_t parts = 1 + up_to(2);
      const Cut cut{up_to(4) == 0 ? 1 : images, parts, parts * 10, 1 + up_to(2)};
      std::vector<Need> needs;
      for (std::ptrdiff_t n = up_to(std::min<std::ptrdiff_t>(i, 3)); n > 0; --n) {
        const Stage needed = stages[static_cast<std::size_t>(up_to(i - 1))];
        const Reach reaches[] = {Reach::batch, Reach::image, Reach::part};
        needs.push_back({needed, reaches[up_to(2)]});
        ++waits;
      }
      marks.add(cut);
      const std::size_t number = stages.size();
      struct Needs {
        std::size_t count;
        Need list[3];
      } declared{needs.size(), {}};
      std::copy(needs.begin(), needs.end(), declared.list);
      const auto body = [&marks, &early, declared, number](const Task& task) {
        for (std::size_t n = 0; n < declared.count; ++n) {
          const Need& need = declared.list[n];
          if (!marks.covers(need.stage.index, need.reach, task, marks.cut(number))) ++early;
        }
        marks.mark(number, task);
      };
      const auto& n = declared.list;
      stages.push_back(declared.count == 0   ? graph.add(cut, {}, body)
                       : declared.count == 1 ? graph.add(cut, {n[0]}, body)
                       : declared.count == 2 ? graph.add(cut, {n[0], n[1]}, body)
                                             : graph.add(cut, {n[0], n[1], n[2]}, body));
    }
    run(graph, *executors[round % 5]);
    CHECK(early == 0);
    CHECK(marks.all_once());
  }
  CHECK(waits > 1000);
}

TEST_CASE("A graph that is run again runs all tasks again") {
  eigenvit::ThreadPoolExecutor executor(3);
  TaskGraph graph;
  std::atomic<int> first{0}, second{0}, early{0};
  const Stage a = graph.add({2, 3}, {}, [&](const Task&) { ++first; });
  graph.add({2, 3}, {all_of(a)}, [&](const Task&) {
    if (first % 6 != 0) ++early;
    ++second;
  });
  CHECK(graph.tasks() == 12);
  for (int i = 1; i <= 50; ++i) {
    run(graph, executor);
    CHECK(first == 6 * i);
    CHECK(second == 6 * i);
  }
  CHECK(early == 0);
}

TEST_CASE("Tasks come stage by stage, share by share, image by image, part by part") {
  eigenvit::SerialExecutor serial;
  TaskGraph graph;
  std::string order;
  const auto write = [&order](char stage) {
    return [&order, stage](const Task& task) {
      order += stage;
      for (const auto number : {task.share, task.image, task.part}) order += std::to_string(number);
      CHECK(task.worker == 0);
      order += ' ';
    };
  };
  const Stage a = graph.add(Cut{2, 2, 7}.in_shares(2), {}, write('a'));
  graph.add({2}, {image_of(a)}, write('b'));
  graph.add({}, {all_of(a)}, write('c'));
  run(graph, serial);
  CHECK(order == "a000 a001 a010 a011 a100 a101 a110 a111 b000 b010 c000 ");
}

TEST_CASE("A worker takes the tasks of its own images and parts first, then those of others") {
  // The first of two workers runs everything.
  class : public eigenvit::Executor {
   public:
    int concurrency() const noexcept override { return 2; }
    void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
      for (std::ptrdiff_t i = 0; i < count; ++i) task(i);
    }
  } one_by_one;
  std::vector<std::array<std::ptrdiff_t, 3>> order;
  TaskGraph graph;
  graph.add({1, 5, 0, 2}, {}, [&order](const Task& task) {
    order.push_back({task.share, task.image, task.part});
  });
  graph.add({3, 1}, {}, [&order](const Task& task) {
    order.push_back({task.share, task.image, task.part});
  });
  run(graph, one_by_one);
  const std::vector<std::array<std::ptrdiff_t, 3>> expected = {
      {0, 0, 0}, {0, 0, 1}, {1, 0, 0}, {1, 0, 1}, {0, 0, 2}, {0, 0, 3}, {0, 0, 4},
      {1, 0, 2}, {1, 0, 3}, {1, 0, 4}, {0, 0, 0}, {0, 1, 0}, {0, 2, 0}};
  CHECK(order == expected);
}

TEST_CASE("A part of rows that are cut differently is the whole image, an image of others all") {
  // Seen by what a graph holds: a counter for each part, each image, or the batch.
  const auto counters = [](const Cut& needed, const Cut& cut, Need (*need)(Stage)) {
    TaskGraph graph;
    const auto nothing = [](const Task&) {};
    const Stage stage = graph.add(needed, {}, nothing);
    const std::size_t before = graph.bytes();
    TaskGraph other;
    other.add(needed, {}, nothing);
    other.add(cut, {}, nothing);
    graph.add(cut, {need(stage)}, nothing);
    CHECK(before <= graph.bytes());
    return (graph.bytes() - other.bytes()) / sizeof(eigenvit::detail::Progress);
  };
  const Cut rows{3, 4, 100};
  CHECK(counters(rows, rows.in_shares(5), part_of) == 12);
  CHECK(counters(rows, Cut{3, 4, 99}, part_of) == 3);
  CHECK(counters(rows, Cut{3, 8}, image_of) == 3);
  CHECK(counters(rows, Cut{}, image_of) == 1);
  CHECK(counters(Cut{}.in_shares(9), rows, part_of) == 1);
  CHECK(counters(rows, rows, all_of) == 1);
}

TEST_CASE("The first exception of a task ends the run, and the next run is whole") {
  support::ThreadsExecutor threads(4);
  eigenvit::ThreadPoolExecutor pool(3);
  eigenvit::SerialExecutor serial;
  for (eigenvit::Executor* const executor :
       {static_cast<eigenvit::Executor*>(&threads), static_cast<eigenvit::Executor*>(&pool),
        static_cast<eigenvit::Executor*>(&serial)}) {
    TaskGraph graph;
    std::atomic<bool> fails{true};
    std::atomic<int> after{0};
    const Stage first = graph.add({8}, {}, [&](const Task& task) {
      if (fails && task.image == 5) throw std::runtime_error("task 5");
    });
    graph.add({8}, {all_of(first)}, [&](const Task&) { ++after; });
    for (int i = 0; i < 20; ++i) {
      CHECK_THROWS_WITH_AS(run(graph, *executor), "task 5", std::runtime_error);
    }
    CHECK(after == 0);
    fails = false;
    run(graph, *executor);
    CHECK(after == 8);
  }
}

TEST_CASE("An empty graph runs nothing, and a cleared one keeps its memory") {
  eigenvit::SerialExecutor serial;
  TaskGraph graph;
  run(graph, serial);
  CHECK(graph.bytes() == 0);
  const auto build = [&] {
    graph.clear();
    const Stage a = graph.add({2}, {}, [](const Task&) {});
    graph.add({2}, {part_of(a)}, [](const Task&) {});
  };
  build();
  const std::size_t bytes = graph.bytes();
  run(graph, serial);
  CHECK(graph.bytes() == bytes);
  graph.clear();
  CHECK(graph.tasks() == 0);
  CHECK(graph.bytes() == bytes);
  build();
  CHECK(graph.bytes() == bytes);
}
