/// What goes into a pass over texts, what is asked of it, and what it gives.
#ifndef EIGENVIT_MODEL_TEXT_TAPS_HPP
#define EIGENVIT_MODEL_TEXT_TAPS_HPP

#include <cstddef>
#include <cstdint>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The tokens of some texts, all of one length, in memory of the caller.
struct TextTokens {
  const std::int32_t* ids = nullptr;  ///< `[B, T]`
  Index texts = 0;                    ///< B
  Index length = 0;                   ///< T
};

/// What a pass over texts shall give. What is not asked for is not computed.
struct TextTaps {
  /// After the final norm `[B*T, D]`: `last_hidden_state`. Beside a class token, which is none of
  /// them, as the last block leaves them.
  bool tokens = false;
  bool pooled = false;       ///< the token that `TextConfig::text_pool` names `[B, D]`
  bool text_embeds = false;  ///< the vectors that are compared with those of images `[B, E]`
};

/// What a pass over texts gives. What was not asked for is empty.
template <class Scalar>
struct TextOutput {
  Index texts = 0;         ///< B
  Index length = 0;        ///< T
  Index width = 0;         ///< D
  Index embeds_width = 0;  ///< E
  AlignedBuffer<Scalar> tokens;
  AlignedBuffer<Scalar> pooled;
  AlignedBuffer<Scalar> text_embeds;

  /// The tokens `[T, D]` of one text.
  ConstMatrixView<Scalar> tokens_of(Index text) const {
    return ConstMatrixView<Scalar>(tokens.data() + text * length * width, length, width);
  }
  /// The pooled vector `[D]` of one text.
  ConstVectorView<Scalar> pooled_of(Index text) const {
    return ConstVectorView<Scalar>(pooled.data() + text * width, width);
  }
  /// The vector `[E]` of one text that is compared with those of images.
  ConstVectorView<Scalar> text_embeds_of(Index text) const {
    return ConstVectorView<Scalar>(text_embeds.data() + text * embeds_width, embeds_width);
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
