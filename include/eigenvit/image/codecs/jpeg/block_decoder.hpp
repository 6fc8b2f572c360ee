/// Entropy-coded blocks of a JPEG.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_BLOCK_DECODER_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_BLOCK_DECODER_HPP

#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/bit_reader.hpp>
#include <eigenvit/image/codecs/jpeg/frame.hpp>
#include <eigenvit/image/codecs/jpeg/huffman_table.hpp>
#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What is added to a DC predictor; sums of corrupt files wrap.
inline std::int32_t add_difference(std::int32_t predictor, std::int32_t difference) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(predictor) +
                                   static_cast<std::uint32_t>(difference));
}

/// A coefficient shifted up, as 16 bits hold it.
inline std::int16_t shifted_coefficient(std::int32_t value, int bits) noexcept {
  return jpeg_portable::wrap16(
      static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << bits & 0xffff));
}

/// The difference of DC values, or an AC value, whose size the symbol has given.
inline std::int32_t jpeg_value(JpegBitReader& bits, int size) noexcept {
  return size == 0 ? 0 : jpeg_extend(bits.get(size), size);
}

/// One block of a sequential scan. Coefficients that the data does not name keep their value.
/// Source: ITU-T T.81, sections F.2.2.1 and F.2.2.2.
inline void decode_block(JpegBitReader& bits, const JpegHuffmanTable& dc,
                         const JpegHuffmanTable& ac, std::int32_t& predictor,
                         std::int16_t* block) noexcept {
  predictor = add_difference(predictor, jpeg_value(bits, bits.symbol(dc)));
  block[0] = shifted_coefficient(predictor, 0);
  for (std::size_t k = 1; k < jpeg_block_size; ++k) {
    const int symbol = bits.symbol(ac);
    const int size = symbol & 15;
    const int run = symbol >> 4;
    if (size == 0 && run != 15) break;
    k += static_cast<std::size_t>(run);
    if (size != 0) {
      block[jpeg_natural_order[k]] = static_cast<std::int16_t>(jpeg_extend(bits.get(size), size));
    }
  }
}

/// `decode_block` far from the end of the file; false where it came near: the reader and the
/// predictor are then of no further use, and the block is to be decoded again. So they are where
/// the reader met a marker, but libjpeg goes on with zeros to the end of the unit, and coefficients
/// that come of them stay in the blocks. `has_ac` is set where an AC coefficient was decoded.
inline bool decode_block_fast(JpegBitReader& reader, const JpegHuffmanTable& dc,
                              const JpegHuffmanTable& ac, std::int32_t& predictor,
                              std::int16_t* block, bool& has_ac) noexcept {
  // A copy whose address nobody has stays in registers.
  JpegBitReader bits = reader;
  if (!bits.fill_fast()) return false;
  const auto symbol = [&bits](const JpegHuffmanTable& table) -> int {
    const std::uint32_t code = table.short_code(bits.peek_fast());
    if (code == 0) return bits.long_symbol_fast(table);
    bits.drop(static_cast<int>(code >> 8));
    return static_cast<int>(code & 0xff);
  };
  const int dc_size = symbol(dc);
  if (dc_size != 0) {
    if (!bits.fill_fast()) return false;
    predictor = add_difference(predictor, jpeg_extend(bits.take(dc_size), dc_size));
  }
  block[0] = shifted_coefficient(predictor, 0);
  std::size_t k = 1;
  while (k < jpeg_block_size) {
    if (!bits.fill_fast()) return false;
    // The last coefficient goes the long way, for the moment at which bytes are looked for.
    const std::int32_t whole = ac.whole_value(bits.peek_fast());
    const std::size_t at = k + static_cast<std::size_t>(whole >> 8 & 0xff);
    if (whole != 0 && at < jpeg_block_size - 1) {
      bits.drop(whole & 0xff);
      block[jpeg_natural_order[at]] = static_cast<std::int16_t>(whole >> 16);
      k = at + 1;
      continue;
    }
    const int coded = symbol(ac);
    const int size = coded & 15;
    const int run = coded >> 4;
    if (size == 0 && run != 15) break;
    k += static_cast<std::size_t>(run);
    if (size != 0) {
      if (!bits.fill_fast()) return false;
      block[jpeg_natural_order[k]] = static_cast<std::int16_t>(jpeg_extend(bits.take(size), size));
    }
    ++k;
  }
  has_ac = k > 1;
  reader = bits;
  return true;
}

/// The blocks of a progressive scan: they hold what earlier scans left, and a run of blocks without
/// a further coefficient goes on from block to block.
///
/// Source: ITU-T T.81, section G.1.2; libjpeg (jdphuff.c) for corrupt data.
class ProgressiveBlockDecoder {
 public:
  ProgressiveBlockDecoder(const JpegScan& scan, const JpegHuffmanTable& ac) noexcept
      : scan_(scan), ac_(ac) {}

  void restart() noexcept { run_ = 0; }

  /// Whether the scan passes over the next block, which then is not to be decoded: values come for
  /// the first time, and a run goes on.
  bool skips_block() noexcept {
    if (run_ == 0 || scan_.high > 0) return false;
    --run_;
    return true;
  }

  /// False where the predictor leaves 32 bits, which libjpeg refuses.
  bool dc_first(JpegBitReader& bits, const JpegHuffmanTable& dc, std::int32_t& predictor,
                std::int16_t* block) const noexcept {
    const std::int64_t sum = std::int64_t{predictor} + jpeg_value(bits, bits.symbol(dc));
    if (sum > INT32_MAX || sum < INT32_MIN) return false;
    predictor = static_cast<std::int32_t>(sum);
    block[0] = shifted_coefficient(predictor, scan_.low);
    return true;
  }

  void dc_refined(JpegBitReader& bits, std::int16_t* block) const noexcept {
    if (bits.get(1) != 0) block[0] = static_cast<std::int16_t>(block[0] | 1 << scan_.low);
  }

  void ac_first(JpegBitReader& bits, std::int16_t* block) noexcept {
    for (int k = scan_.first; k <= scan_.last; ++k) {
      const int symbol = bits.symbol(ac_);
      const int size = symbol & 15;
      const int run = symbol >> 4;
      if (size != 0) {
        k += run;
        block[jpeg_natural_order[static_cast<std::size_t>(k)]] =
            shifted_coefficient(jpeg_extend(bits.get(size), size), scan_.low);
      } else if (run == 15) {
        k += 15;
      } else {
        begin_run(bits, run);
        --run_;
        break;
      }
    }
  }

  void ac_refined(JpegBitReader& bits, std::int16_t* block) noexcept {
    int k = scan_.first;
    while (run_ == 0 && k <= scan_.last) {
      const int symbol = bits.symbol(ac_);
      int run = symbol >> 4;
      std::int16_t added = 0;
      if ((symbol & 15) != 0) {
        // The size should be 1; another is read as if it were.
        added = static_cast<std::int16_t>(bits.get(1) != 0 ? 1 << scan_.low : -(1 << scan_.low));
      } else if (run != 15) {
        begin_run(bits, run);
        break;
      }
      for (; k <= scan_.last; ++k) {
        std::int16_t& coefficient = at(block, k);
        if (coefficient != 0) {
          refine(bits, coefficient);
        } else if (--run < 0) {
          break;
        }
      }
      if (added != 0) at(block, k) = added;
      ++k;
    }
    if (run_ > 0) {
      for (; k <= scan_.last; ++k) {
        std::int16_t& coefficient = at(block, k);
        if (coefficient != 0) refine(bits, coefficient);
      }
      --run_;
    }
  }

 private:
  static std::int16_t& at(std::int16_t* block, int k) noexcept {
    return block[jpeg_natural_order[static_cast<std::size_t>(k)]];
  }

  void begin_run(JpegBitReader& bits, int size) noexcept {
    run_ = std::uint32_t{1} << size;
    if (size > 0) run_ += bits.get(size);
  }

  void refine(JpegBitReader& bits, std::int16_t& coefficient) const noexcept {
    const int bit = 1 << scan_.low;
    if (bits.get(1) == 0 || (coefficient & bit) != 0) return;
    coefficient = jpeg_portable::wrap16(coefficient >= 0 ? coefficient + bit : coefficient - bit);
  }

  const JpegScan& scan_;
  const JpegHuffmanTable& ac_;
  std::uint32_t run_ = 0;  ///< Further blocks without a new coefficient.
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
