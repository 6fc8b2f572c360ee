/// Weights of a linear layer, in the form in which the kernels read them.
#ifndef EIGENVIT_KERNELS_PACKED_MATRIX_HPP
#define EIGENVIT_KERNELS_PACKED_MATRIX_HPP

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/huge_page_arena.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/arguments.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/kernels/panel_pool.hpp>
#include <eigenvit/kernels/weight_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Weights `[outputs, inputs]` of `y = x Wᵀ`, packed: one layout for all instruction sets, in
/// panels of sixteen outputs.
///
///     panel 0                                              panel 1
///     W[0..15, 0]  W[0..15, 1]  ...  W[0..15, inputs - 1]  W[16..31, 0]  ...
///     |-- 64 bytes --|
///
/// A kernel runs through a panel from its beginning to its end. Outputs may come in groups, the
/// heads of attention, that each fill whole panels: what is missing in the last panel of a group
/// is zero.
///
/// Weights of a file are packed panel by panel when a panel is first used: loading then
/// hides in the first forward pass, on all of its threads. Or they are packed whenever they are
/// used, for that use alone. Copies share the weights, which never change.
template <class Scalar>
class PackedMatrix {
 public:
  /// Panels that can be read as long as this is there.
  class PanelView {
   public:
    explicit PanelView(const Scalar* values) noexcept : values_(values) {}
    explicit PanelView(typename PanelPool<Scalar>::Loan loan) noexcept
        : values_(loan->data()), loan_(std::move(loan)) {}

    const Scalar* data() const noexcept { return values_; }

   private:
    const Scalar* values_;
    typename PanelPool<Scalar>::Loan loan_;  ///< empty where the matrix keeps its panels
  };

  PackedMatrix() = default;

  /// Packs a copy of `weight [outputs, inputs]`.
  explicit PackedMatrix(const ConstMatrixRef<Scalar>& weight)
      : PackedMatrix(weight.rows(), weight.cols(), weight.rows()) {
    pack_all([&](Index first, Index count, Scalar*, Rows& rows) {
      for (Index o = 0; o < count; ++o) rows[o] = weight.row(first + o).data();
    });
  }

  /// Packs a copy of row-major `values [outputs, inputs]`, in memory of the arena where one is
  /// given.
  PackedMatrix(const AlignedBuffer<Scalar>& values, Index outputs, Index inputs,
               HugePageArena* arena = nullptr)
      : PackedMatrix(outputs, inputs, outputs, arena) {
    eigen_assert(static_cast<Index>(values.size()) == outputs * inputs);
    pack_all([&](Index first, Index count, Scalar*, Rows& rows) {
      for (Index o = 0; o < count; ++o) rows[o] = values.data() + (first + o) * inputs_;
    });
  }

  /// Packs from `rows` what is used, when it is used; in groups of `group` outputs, which divides
  /// `outputs`. The memory is taken from the arena, where one is given: that of a network's
  /// matrices in the order of their use.
  PackedMatrix(std::unique_ptr<const WeightRows<Scalar>> rows, Index outputs, Index inputs,
               Index group, HugePageArena* arena = nullptr)
      : PackedMatrix(outputs, inputs, group, arena) {
    panels_->source = std::move(rows);
    panels_->states = std::vector<std::atomic<State>>(static_cast<std::size_t>(panels()));
    for (auto& state : panels_->states) state.store(State::empty, std::memory_order_relaxed);
    panels_->left.store(panels(), std::memory_order_relaxed);
  }

  /// Packs from `rows` what is used each time that it is used, in memory of the pool. In groups as
  /// above.
  PackedMatrix(std::unique_ptr<const WeightRows<Scalar>> rows, Index outputs, Index inputs,
               Index group, std::shared_ptr<PanelPool<Scalar>> pool)
      : PackedMatrix(outputs, inputs, group, std::make_shared<Panels>()) {
    panels_->source = std::move(rows);
    panels_->pool = std::move(pool);
  }

  Index outputs() const noexcept { return outputs_; }
  Index inputs() const noexcept { return inputs_; }
  /// Of the packed weights, zeros included.
  std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(panels() * panel_size()) * sizeof(Scalar);
  }

  /// Outputs of a group, the panels that it fills, and those of all groups.
  Index group() const noexcept { return group_; }
  Index group_panels() const noexcept { return group_panels_; }
  Index panels() const noexcept { return group_ > 0 ? outputs_ / group_ * group_panels_ : 0; }

  /// Whether a panel stays packed once it is.
  bool keeps_panels() const noexcept { return panels_ == nullptr || panels_->pool == nullptr; }

  /// The panels `[first, first + count)`, `[inputs, 16]` each. Those that have not been used before
  /// are packed now, or waited for where another thread is packing them; all of them are where none
  /// is kept.
  PanelView panels(Index first, Index count) const {
    if (!keeps_panels()) return pack_for_now(first, count);
    if (panels_->source) {
      for (Index panel = first; panel < first + count; ++panel) pack_once(panel);
    }
    return PanelView(panels_->values() + first * panel_size());
  }

  PanelView panel(Index index) const { return panels(index, 1); }

  /// Has the memory ready that `workers` tasks at the same time need where no panel is kept. A task
  /// reads panels of two kinds at most, queries and keys.
  void settle(Index workers) const {
    if (!keeps_panels()) panels_->pool->settle(2 * workers);
  }

  /// Weight of one output and input. Cost: where no panel is kept, that of packing one.
  Scalar operator()(Index output, Index input) const {
    return panel(panel_of(output)).data()[input * kernels::panel_width + lane_of(output)];
  }

  /// Packs what has not been packed so far, and lets go of where the weights came from. For a
  /// matrix that keeps its panels.
  void pack() {
    eigen_assert(keeps_panels());
    panels(0, panels());
    panels_->source.reset();
  }

  /// The same weights in groups of `group` outputs each. Cost: packs them anew, but for groups that
  /// fill whole panels now and then.
  PackedMatrix regrouped(Index group) const {
    const auto fills_panels = [](Index size) { return size % kernels::panel_width == 0; };
    if (group == group_ || (fills_panels(group) && fills_panels(group_))) return *this;
    PackedMatrix result(outputs_, inputs_, group);
    const PanelView all = panels(0, panels());
    const Scalar* const from = all.data();
    result.pack_all([&](Index first, Index count, Scalar* scratch, Rows& rows) {
      for (Index o = 0; o < count; ++o) {
        const Scalar* column = from + panel_of(first + o) * panel_size() + lane_of(first + o);
        rows[o] = scratch;
        for (Index k = 0; k < inputs_; ++k) *scratch++ = column[k * kernels::panel_width];
      }
    });
    return result;
  }

  /// Where output `o` is stored: its panel, and its place among the sixteen.
  Index panel_of(Index o) const noexcept {
    return o / group_ * group_panels_ + o % group_ / kernels::panel_width;
  }
  Index lane_of(Index o) const noexcept { return o % group_ % kernels::panel_width; }

 private:
  enum class State : unsigned char { empty, being_packed, packed };

  struct Panels {
    std::shared_ptr<void> memory;
    std::unique_ptr<const WeightRows<Scalar>> source;  ///< null when all was packed at once
    std::shared_ptr<PanelPool<Scalar>> pool;           ///< where nothing is kept
    std::vector<std::atomic<State>> states;            ///< of each panel, where there is a source
    std::atomic<Index> left{0};                        ///< panels that are still empty

    Scalar* values() const noexcept { return static_cast<Scalar*>(memory.get()); }
  };

  PackedMatrix(Index outputs, Index inputs, Index group, std::shared_ptr<Panels> panels)
      : outputs_(outputs),
        inputs_(inputs),
        group_(group),
        group_panels_((group + kernels::panel_width - 1) / kernels::panel_width),
        panels_(std::move(panels)) {
    eigen_assert(outputs == 0 || (group > 0 && outputs % group == 0));
  }

  /// Room for the panels, uninitialised.
  PackedMatrix(Index outputs, Index inputs, Index group, HugePageArena* arena = nullptr)
      : PackedMatrix(outputs, inputs, group, std::make_shared<Panels>()) {
    panels_->memory = arena ? arena->allocate(bytes()) : HugePageArena::allocate_alone(bytes());
  }

  Index panel_size() const noexcept { return kernels::panel_width * inputs_; }

  /// Where the outputs of a panel are found.
  using Rows = const Scalar * [kernels::panel_width];
  using Packer = decltype(ops::panel_packer<Scalar>());

  template <class Find>
  void pack_all(const Find& find) {
    const Packer packer = ops::panel_packer<Scalar>();
    AlignedBuffer<Scalar> scratch(static_cast<std::size_t>(panel_size()));
    for (Index panel = 0; panel < panels(); ++panel) {
      pack(packer, panel, scratch.data(), find, panels_->values() + panel * panel_size());
    }
  }

  /// Packs a panel whose outputs `[first, first + count)` are where
  /// `find(first, count, scratch, rows)` says, which may be in `scratch [16, inputs]`.
  template <class Find>
  void pack(Packer packer, Index panel, Scalar* scratch, const Find& find, Scalar* to) const {
    constexpr Index lanes = kernels::panel_width;
    const Index in_group = panel % group_panels_ * lanes;
    const Index count = std::min(lanes, group_ - in_group);
    Rows rows;
    find(panel / group_panels_ * group_ + in_group, count, scratch, rows);
    if (count < lanes) {
      Scalar* const zeros = scratch + count * inputs_;
      std::fill_n(zeros, inputs_, Scalar(0));
      std::fill(rows + count, rows + lanes, zeros);
    }
    packer(rows, inputs_, to);
  }

  void pack_from_source(Packer packer, Index panel, Scalar* scratch, Scalar* to) const {
    const WeightRows<Scalar>& source = *panels_->source;
    const auto find = [&](Index first, Index count, Scalar* copy, Rows& rows) {
      bool all_in_place = true;
      for (Index o = 0; o < count; ++o) {
        rows[o] = source.in_place(first + o);
        all_in_place = all_in_place && rows[o] != nullptr;
      }
      if (all_in_place) return;
      source.read(first, count, copy);
      for (Index o = 0; o < count; ++o) rows[o] = copy + o * inputs_;
    };
    pack(packer, panel, scratch, find, to);
  }

  PanelView pack_for_now(Index first, Index count) const {
    const Packer packer = ops::panel_packer<Scalar>();
    auto loan = panels_->pool->lend((count + 1) * panel_size());
    Scalar* const scratch = loan->data() + count * panel_size();
    for (Index i = 0; i < count; ++i) {
      pack_from_source(packer, first + i, scratch, loan->data() + i * panel_size());
    }
    return PanelView(std::move(loan));
  }

  void pack_once(Index panel) const {
    std::atomic<State>& state = panels_->states[static_cast<std::size_t>(panel)];
    State seen = state.load(std::memory_order_acquire);
    if (seen == State::packed) return;
    // Before the panel is claimed: where there is no memory or no such instruction set, another
    // call may still have it.
    const Packer packer = ops::panel_packer<Scalar>();
    AlignedBuffer<Scalar> scratch(static_cast<std::size_t>(panel_size()));
    if (seen == State::empty &&
        state.compare_exchange_strong(seen, State::being_packed, std::memory_order_relaxed)) {
      pack_from_source(packer, panel, scratch.data(), panels_->values() + panel * panel_size());
      state.store(State::packed, std::memory_order_release);
      if (panels_->left.fetch_sub(1, std::memory_order_acq_rel) == 1) panels_->source->release();
      return;
    }
    while (state.load(std::memory_order_acquire) != State::packed) std::this_thread::yield();
  }

  Index outputs_ = 0;
  Index inputs_ = 0;
  Index group_ = 0;
  Index group_panels_ = 0;
  std::shared_ptr<Panels> panels_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
