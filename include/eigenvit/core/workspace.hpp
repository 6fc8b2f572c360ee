/// Scratch memory of forward passes, lent by the caller so that it is allocated once.
#ifndef EIGENVIT_CORE_WORKSPACE_HPP
#define EIGENVIT_CORE_WORKSPACE_HPP

#include <array>
#include <cstddef>
#include <memory>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/huge_pages.hpp>
#include <eigenvit/core/task_graph.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Bump allocator over one block that grows to what the largest pass so far has needed. A workspace
/// serves one pass at a time: lend each concurrent caller one of its own. It also keeps the
/// tables that the last pass has made for its image size, for the next one of that size to find.
class Workspace {
 public:
  Workspace() = default;

  /// Makes room for `bytes`, forgets what `take` gave out before, and empties the task graph.
  void reset(std::size_t bytes) {
    // The old contents are scratch; clearing first lets the buffer grow without copying them.
    if (bytes > block_.size()) {
      block_.clear();
      block_.resize(bytes);
      // Stages read what others wrote all over it. With small pages, addresses are looked up all
      // the time, and rows that lie side by side want the same lines of the L2 cache by chance.
      detail::advise_huge_pages(block_.data(), block_.size());
    }
    used_ = 0;
    graph_.clear();
  }

  /// The stages of a pass, in memory that is kept for the next one.
  detail::TaskGraph& task_graph() noexcept { return graph_; }

  /// `count` uninitialised objects, aligned to 64 bytes, valid until the next `reset`. Taking more
  /// than `reset` made room for is a fault of the caller.
  template <class T>
  T* take(std::size_t count) noexcept {
    T* const place = reinterpret_cast<T*>(block_.data() + used_);
    used_ += rounded<T>(count);
    return place;
  }

  /// The bytes that `take<T>(count)` uses up.
  template <class T>
  static constexpr std::size_t rounded(std::size_t count) noexcept {
    return (count * sizeof(T) + buffer_alignment - 1) / buffer_alignment * buffer_alignment;
  }

  /// `bytes` of uninitialised memory that outlives `reset`, aligned to 64 bytes: for the pixels
  /// that a pass reads, and for what making them takes. Valid until the next call.
  std::byte* input(std::size_t bytes) {
    if (bytes > input_.size()) {
      input_.clear();
      input_.resize(bytes);
    }
    return input_.data();
  }

  /// `bytes` of memory that outlives `reset`, for tables that depend on `owner` and `key` only.
  /// Where they are not those of the last call, `fill(memory)` is called to make them.
  template <class Fill>
  std::byte* keep(const std::shared_ptr<const void>& owner, std::array<std::ptrdiff_t, 2> key,
                  std::size_t bytes, const Fill& fill) {
    if (bytes == 0) return nullptr;
    if (kept_for_ != owner || kept_key_ != key || kept_.size() < bytes) {
      kept_for_.reset();
      if (bytes > kept_.size()) {
        kept_.clear();
        kept_.resize(bytes);
      }
      fill(kept_.data());
      kept_for_ = owner;
      kept_key_ = key;
    }
    return kept_.data();
  }

  /// Bytes held.
  std::size_t size() const noexcept {
    return block_.size() + input_.size() + kept_.size() + graph_.bytes();
  }

 private:
  AlignedBuffer<std::byte> block_;
  std::size_t used_ = 0;
  detail::TaskGraph graph_;
  AlignedBuffer<std::byte> input_;
  AlignedBuffer<std::byte> kept_;
  /// Held, so that no other object can come to have its address.
  std::shared_ptr<const void> kept_for_;
  std::array<std::ptrdiff_t, 2> kept_key_ = {};
};

namespace detail {

/// Takes the place of a workspace to find out beforehand how many bytes the same calls of `take`
/// use up.
class WorkspaceSize {
 public:
  template <class T>
  T* take(std::size_t count) noexcept {
    bytes_ += Workspace::rounded<T>(count);
    return nullptr;
  }

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

/// A piece that was taken of a workspace, to be taken of in its turn: what lies in it may be laid
/// out anew. Null where it was taken of a `WorkspaceSize`, and then gives null.
class PieceOfWorkspace {
 public:
  explicit PieceOfWorkspace(std::byte* memory) noexcept : next_(memory) {}

  template <class T>
  T* take(std::size_t count) noexcept {
    T* const place = reinterpret_cast<T*>(next_);
    if (next_ != nullptr) next_ += Workspace::rounded<T>(count);
    return place;
  }

 private:
  std::byte* next_;
};

}  // namespace detail

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
