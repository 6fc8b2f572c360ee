/// From the tokens of a text to the first vectors of an encoder.
#ifndef EIGENVIT_LAYERS_TOKEN_EMBEDDING_HPP
#define EIGENVIT_LAYERS_TOKEN_EMBEDDING_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/kernels/weight_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Embedding of tokens and of their places in the text: `x_t = scale table[id_t] + positions_t`.
///
/// Shapes: table `[V, D]`, positions `[L, D]`, x `[T, D]` with T at most L. Cost: T rows of the
/// table are read, from its file where it stays there. Source: Vaswani et al., arXiv:1706.03762.
template <class Scalar>
class TokenEmbedding {
 public:
  TokenEmbedding() = default;

  /// Takes row-major tables over; that of positions may be empty: x is then of the tokens alone.
  /// Throws `ShapeError` unless both have whole rows of `width` values.
  TokenEmbedding(AlignedBuffer<Scalar> table, AlignedBuffer<Scalar> positions, Index width,
                 Scalar scale = Scalar(1))
      : TokenEmbedding(nullptr, static_cast<Index>(table.size()), std::move(positions), width,
                       scale) {
    vocabulary_ = check_rows("token embedding", static_cast<Index>(table.size()), width);
    rows_ = std::make_shared<const HeldRows>(std::move(table), width);
  }

  /// As above, with a table of `vocabulary` rows that are read when they are used.
  TokenEmbedding(std::shared_ptr<const detail::WeightRows<Scalar>> rows, Index vocabulary,
                 AlignedBuffer<Scalar> positions, Index width, Scalar scale = Scalar(1))
      : rows_(std::move(rows)),
        positions_(std::move(positions)),
        vocabulary_(vocabulary),
        context_length_(
            positions_.empty()
                ? 0
                : check_rows("positions", static_cast<Index>(positions_.size()), width)),
        width_(width),
        scale_(scale) {}

  Index vocabulary() const noexcept { return vocabulary_; }          ///< V
  Index context_length() const noexcept { return context_length_; }  ///< L
  Index width() const noexcept { return width_; }                    ///< D
  Scalar scale() const noexcept { return scale_; }                   ///< of rows of the table
  Index parameters() const noexcept { return (vocabulary_ + context_length_) * width_; }

  /// Writes `x [count, D]` of the tokens `ids`, the first of which is token `first` of its text.
  /// The ids are below V, `first + count` is at most L where there are positions. Throws as
  /// `active_kernels`.
  void embed(const std::int32_t* ids, Index first, Index count, Scalar* x) const {
    for (Index i = 0; i < count; ++i) embed_token(ids[i], first + i, x + i * width_);
  }

  /// The same of a vector `[D]` in place of one of the table, at the position `place`.
  void embed(const Scalar* vector, Index place, Scalar* x) const {
    std::copy_n(vector, width_, x);
    ops::add_row(positions_.data() + place * width_, width_, x);
  }

  /// The same of tokens at the positions `places [count]`, which are below L.
  void embed(const std::int32_t* ids, const Index* places, Index count, Scalar* x) const {
    for (Index i = 0; i < count; ++i) embed_token(ids[i], places[i], x + i * width_);
  }

 private:
  void embed_token(std::int32_t id, Index place, Scalar* row) const {
    rows_->read(id, 1, row);
    if (scale_ != Scalar(1)) {
      std::transform(row, row + width_, row, [this](Scalar value) { return value * scale_; });
    }
    if (context_length_ > 0) ops::add_row(positions_.data() + place * width_, width_, row);
  }

  class HeldRows final : public detail::WeightRows<Scalar> {
   public:
    HeldRows(AlignedBuffer<Scalar> table, Index width) : table_(std::move(table)), width_(width) {}
    const Scalar* in_place(Index row) const noexcept override {
      return table_.data() + row * width_;
    }
    void read(Index first, Index count, Scalar* rows) const noexcept override {
      std::copy_n(in_place(first), count * width_, rows);
    }
    void release() const noexcept override {}

   private:
    AlignedBuffer<Scalar> table_;
    Index width_;
  };

  static Index check_rows(const char* part, Index values, Index width) {
    if (width < 1 || values == 0 || values % width != 0) {
      detail::raise<ShapeError>(
          {part, ": expected rows of ", width, " values, found ", values, " values"});
    }
    return values / width;
  }

  std::shared_ptr<const detail::WeightRows<Scalar>> rows_;
  AlignedBuffer<Scalar> positions_;
  Index vocabulary_ = 0;
  Index context_length_ = 0;
  Index width_ = 0;
  Scalar scale_ = Scalar(1);
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
