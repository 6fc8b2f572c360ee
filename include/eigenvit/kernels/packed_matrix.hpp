/// Weights of a linear layer, in the form in which the kernels read them.
#ifndef EIGENVIT_KERNELS_PACKED_MATRIX_HPP
#define EIGENVIT_KERNELS_PACKED_MATRIX_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/huge_page_arena.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/arguments.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/kernels/panel_pool.hpp>
#include <eigenvit/kernels/weight_format.hpp>
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
/// is zero. Drawn are weights of the type that is computed in; `PanelLayout` says what a panel of
/// another format looks like.
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
    explicit PanelView(const void* panels) noexcept : panels_(panels) {}
    explicit PanelView(typename PanelPool<Scalar>::Loan loan) noexcept
        : panels_(loan->data()), loan_(std::move(loan)) {}

    const void* data() const noexcept { return panels_; }

   private:
    const void* panels_;
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
  /// given. The kernels that are in use have the format.
  PackedMatrix(const AlignedBuffer<Scalar>& values, Index outputs, Index inputs,
               HugePageArena* arena = nullptr,
               kernels::WeightFormat format = kernels::WeightFormat::native)
      : PackedMatrix(outputs, inputs, outputs, arena, format) {
    eigen_assert(static_cast<Index>(values.size()) == outputs * inputs);
    pack_all([&](Index first, Index count, Scalar*, Rows& rows) {
      for (Index o = 0; o < count; ++o) rows[o] = values.data() + (first + o) * inputs_;
    });
  }

  /// Packs from `rows` what is used, when it is used; in groups of `group` outputs, which divides
  /// `outputs`. The memory is taken from the arena, where one is given: that of a network's
  /// matrices in the order of their use. The kernels that are in use have the format.
  PackedMatrix(std::unique_ptr<const WeightRows<Scalar>> rows, Index outputs, Index inputs,
               Index group, HugePageArena* arena = nullptr,
               kernels::WeightFormat format = kernels::WeightFormat::native)
      : PackedMatrix(outputs, inputs, group, arena, format) {
    panels_->source = std::move(rows);
    panels_->states = std::vector<std::atomic<State>>(static_cast<std::size_t>(panels()));
    for (auto& state : panels_->states) state.store(State::empty, std::memory_order_relaxed);
    panels_->left.store(panels(), std::memory_order_relaxed);
  }

  /// Packs from `rows` what is used each time that it is used, in memory of the pool. In groups as
  /// above.
  PackedMatrix(std::unique_ptr<const WeightRows<Scalar>> rows, Index outputs, Index inputs,
               Index group, std::shared_ptr<PanelPool<Scalar>> pool,
               kernels::WeightFormat format = kernels::WeightFormat::native)
      : PackedMatrix(outputs, inputs, group, std::make_shared<Panels>(), format) {
    panels_->source = std::move(rows);
    panels_->pool = std::move(pool);
  }

  /// The matrix for inputs that lack `γ` and `β [inputs]` of the norm before it: `W diag(γ)`, with
  /// `W β` added to the outputs; an empty `β` is zero. Of int8 weights of which none is packed.
  void absorb(AlignedBuffer<Scalar> gamma, AlignedBuffer<Scalar> beta) {
    eigen_assert(format_ == kernels::WeightFormat::int8);
    panels_->gamma = std::move(gamma);
    panels_->beta = std::move(beta);
  }

  Index outputs() const noexcept { return outputs_; }
  Index inputs() const noexcept { return inputs_; }
  kernels::WeightFormat format() const noexcept { return format_; }
  /// Of the packed weights, zeros included.
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(panels()) * panel_bytes(); }

  /// Outputs of a group, the panels that it fills, and those of all groups.
  Index group() const noexcept { return group_; }
  Index group_panels() const noexcept { return group_panels_; }
  Index panels() const noexcept { return group_ > 0 ? outputs_ / group_ * group_panels_ : 0; }

  /// Whether a panel stays packed once it is.
  bool keeps_panels() const noexcept { return panels_ == nullptr || panels_->pool == nullptr; }

  /// The panels `[first, first + count)`, as `PanelLayout` says. Those that have not been used
  /// before are packed now, or waited for where another thread is packing them; all of them are
  /// where none is kept.
  PanelView panels(Index first, Index count) const {
    if (!keeps_panels()) return pack_for_now(first, count);
    if (panels_->source) {
      for (Index panel = first; panel < first + count; ++panel) pack_once(panel);
    }
    return PanelView(place(first));
  }

  PanelView panel(Index index) const { return panels(index, 1); }

  /// Has the memory ready that `workers` tasks at the same time need where no panel is kept. A task
  /// reads panels of two kinds at most, queries and keys.
  void settle(Index workers) const {
    if (!keeps_panels()) panels_->pool->settle(2 * workers);
  }

  /// The weights of the panels `[first, first + count)` as products compute with them, `[inputs,
  /// 16]` each.
  AlignedBuffer<Scalar> unpacked(Index first, Index count) const {
    const PanelView view = panels(first, count);
    AlignedBuffer<Scalar> values(static_cast<std::size_t>(count * panel_size()));
    if constexpr (std::is_same_v<Scalar, float>) {
      const auto unpack = ops::format_kernels(format_).unpack;
      for (Index i = 0; i < count; ++i) {
        unpack(static_cast<const std::byte*>(view.data()) +
                   static_cast<std::size_t>(i) * panel_bytes(),
               inputs_, values.data() + i * panel_size());
      }
    } else {
      std::copy_n(static_cast<const Scalar*>(view.data()), count * panel_size(), values.data());
    }
    return values;
  }

  /// Weight of one output and input. Cost: that of unpacking a panel, unless it holds `Scalar`s.
  Scalar operator()(Index output, Index input) const {
    const Index at = input * kernels::panel_width + lane_of(output);
    if (format_ == kernels::WeightFormat::native) {
      return static_cast<const Scalar*>(panel(panel_of(output)).data())[at];
    }
    return unpacked(panel_of(output), 1)[static_cast<std::size_t>(at)];
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
    // Nothing is left to absorb: what is unpacked has it, but for what is added to the outputs.
    eigen_assert(panels_->beta.empty());
    PackedMatrix result(outputs_, inputs_, group, nullptr, format_);
    const AlignedBuffer<Scalar> all = unpacked(0, panels());
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
    AlignedBuffer<Scalar> gamma;  ///< of a norm that the weights have absorbed; else empty
    AlignedBuffer<Scalar> beta;
    std::unique_ptr<const WeightRows<Scalar>> source;  ///< null when all was packed at once
    std::shared_ptr<PanelPool<Scalar>> pool;           ///< where nothing is kept
    std::vector<std::atomic<State>> states;            ///< of each panel, where there is a source
    std::atomic<Index> left{0};                        ///< panels that are still empty
  };

  PackedMatrix(Index outputs, Index inputs, Index group, std::shared_ptr<Panels> panels,
               kernels::WeightFormat format)
      : outputs_(outputs),
        inputs_(inputs),
        group_(group),
        group_panels_((group + kernels::panel_width - 1) / kernels::panel_width),
        format_(format),
        panels_(std::move(panels)) {
    eigen_assert(outputs == 0 || (group > 0 && outputs % group == 0));
  }

  /// Room for the panels, uninitialised.
  PackedMatrix(Index outputs, Index inputs, Index group, HugePageArena* arena = nullptr,
               kernels::WeightFormat format = kernels::WeightFormat::native)
      : PackedMatrix(outputs, inputs, group, std::make_shared<Panels>(), format) {
    panels_->memory = arena ? arena->allocate(bytes()) : HugePageArena::allocate_alone(bytes());
  }

  /// Weights of a panel.
  Index panel_size() const noexcept { return kernels::panel_width * inputs_; }
  std::size_t panel_bytes() const noexcept {
    return kernels::panel_layout(format_, sizeof(Scalar)).bytes(inputs_);
  }
  std::byte* place(Index panel) const noexcept {
    return static_cast<std::byte*>(panels_->memory.get()) +
           static_cast<std::size_t>(panel) * panel_bytes();
  }

  /// Where the outputs of a panel are found.
  using Rows = const Scalar * [kernels::panel_width];

  /// What packs a panel. Choosing it may throw, packing does not.
  struct Packer {
    decltype(ops::panel_packer<Scalar>()) rows = ops::panel_packer<Scalar>();
    /// From the panel that `rows` gives; null where that is the format's.
    void (*panel)(Scalar* panel, Index depth, const Scalar* gamma, const Scalar* beta,
                  void* packed) = nullptr;
  };
  Packer packer() const {
    Packer result;
    if constexpr (std::is_same_v<Scalar, float>) {
      if (format_ != kernels::WeightFormat::native) {
        result.panel = ops::format_kernels(format_).pack;
      }
    }
    return result;
  }
  /// Values that packing a panel needs: its rows, and the panel before it gets its format.
  Index scratch_size() const noexcept {
    return format_ == kernels::WeightFormat::native ? panel_size() : 2 * panel_size();
  }

  template <class Find>
  void pack_all(const Find& find) {
    const Packer packer = this->packer();
    AlignedBuffer<Scalar> scratch(static_cast<std::size_t>(scratch_size()));
    for (Index panel = 0; panel < panels(); ++panel) {
      pack(packer, panel, scratch.data(), find, place(panel));
    }
  }

  /// Packs a panel whose outputs `[first, first + count)` are where
  /// `find(first, count, scratch, rows)` says, which may be in `scratch [16, inputs]`.
  template <class Find>
  void pack(const Packer& packer, Index panel, Scalar* scratch, const Find& find, void* to) const {
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
    if (packer.panel == nullptr) return packer.rows(rows, inputs_, static_cast<Scalar*>(to));
    Scalar* const values = scratch + panel_size();
    packer.rows(rows, inputs_, values);
    const auto given = [](const AlignedBuffer<Scalar>& buffer) {
      return buffer.empty() ? nullptr : buffer.data();
    };
    packer.panel(values, inputs_, given(panels_->gamma), given(panels_->beta), to);
  }

  void pack_from_source(const Packer& packer, Index panel, Scalar* scratch, void* to) const {
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
    const Packer packer = this->packer();
    const std::size_t bytes = panel_bytes();
    static_assert(kernels::panel_width % sizeof(Scalar) == 0, "panels are whole values");
    const auto size = static_cast<Index>(bytes / sizeof(Scalar));
    auto loan = panels_->pool->lend(count * size + scratch_size());
    Scalar* const scratch = loan->data() + count * size;
    for (Index i = 0; i < count; ++i) {
      pack_from_source(packer, first + i, scratch, loan->data() + i * size);
    }
    return PanelView(std::move(loan));
  }

  void pack_once(Index panel) const {
    std::atomic<State>& state = panels_->states[static_cast<std::size_t>(panel)];
    State seen = state.load(std::memory_order_acquire);
    if (seen == State::packed) return;
    if (seen == State::empty) {
      // Before the panel is claimed: where there is no memory or no such instruction set, another
      // call may still have it.
      const Packer packer = this->packer();
      AlignedBuffer<Scalar> scratch(static_cast<std::size_t>(scratch_size()));
      if (state.compare_exchange_strong(seen, State::being_packed, std::memory_order_relaxed)) {
        pack_from_source(packer, panel, scratch.data(), place(panel));
        state.store(State::packed, std::memory_order_release);
        if (panels_->left.fetch_sub(1, std::memory_order_acq_rel) == 1) panels_->source->release();
        return;
      }
    }
    while (state.load(std::memory_order_acquire) != State::packed) std::this_thread::yield();
  }

  Index outputs_ = 0;
  Index inputs_ = 0;
  Index group_ = 0;
  Index group_panels_ = 0;
  kernels::WeightFormat format_ = kernels::WeightFormat::native;
  std::shared_ptr<Panels> panels_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
