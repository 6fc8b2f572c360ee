/// JPEG, with the pixels of Pillow on an x86 processor.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_DECODER_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_DECODER_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/bit_reader.hpp>
#include <eigenvit/image/codecs/jpeg/block_decoder.hpp>
#include <eigenvit/image/codecs/jpeg/coefficients.inl>
#include <eigenvit/image/codecs/jpeg/frame.hpp>
#include <eigenvit/image/codecs/jpeg/huffman_table.hpp>
#include <eigenvit/image/codecs/jpeg/kernels.hpp>
#include <eigenvit/image/codecs/jpeg/marker_reader.inl>
#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>
#include <eigenvit/image/codecs/jpeg/sample_rows.inl>
#include <eigenvit/image/encoded_image.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The blocks of one interleaved unit, at most. Source: ITU-T T.81, section B.2.3.
constexpr std::size_t jpeg_unit_blocks = 10;

/// A header can claim many pixels that the data has no bits for. Each block of a complete picture
/// takes a bit, so that a byte holds 512 pixels at most; small pictures may lack data, for which
/// there is grey. Throws `FormatError` beyond that.
inline void check_jpeg_claim(const EncodedImage& file, std::uint64_t width, std::uint64_t height) {
  constexpr std::uint64_t always = std::uint64_t{8} << 20;
  const std::uint64_t most = always + std::uint64_t{512} * file.size;
  if (width * height > most) {
    file.fail({"expected a JPEG of ", file.size, " bytes to have at most ", most,
               " pixels, found a header of ", width, "x", height});
  }
}

/// Decodes one file. Pictures of one scan are made row by row; else the coefficients of all scans
/// are collected first.
///
/// Corrupt entropy-coded data is no error, as in Pillow: what is no code counts as zero, and after
/// a marker in the wrong place the coefficients are zero up to the next restart. A file that ends
/// before its picture is one.
///
/// Source: ITU-T T.81; libjpeg-turbo 3.2 for all that it leaves open.
class JpegDecoder {
 public:
  explicit JpegDecoder(const EncodedImage& file) : file_(file), markers_(file) {}

  Image decode() {
    if (markers_.read() != JpegMarkerReader::Stop::scan) fail_truncated();
    check_jpeg_claim(file_, frame_.width, frame_.height);
    if (!frame_.progressive) markers_.define_standard_tables();
    const bool one_scan = !frame_.progressive && markers_.scan().components == frame_.components;
    return one_scan ? decode_one_scan() : decode_scans();
  }

 private:
  using Block = std::array<std::int16_t, jpeg_block_size>;

  /// What a scan needs beside the coefficients.
  struct Pass {
    JpegBitReader bits;
    std::array<JpegHuffmanTable, 4> dc{};
    std::array<JpegHuffmanTable, 4> ac{};
    std::array<std::int32_t, 4> predictor{};
    std::size_t interval = 0;
    std::size_t until_restart = 0;
    std::size_t unit_blocks = 1;
    const std::uint8_t* piece_end = nullptr;  ///< How far Pillow has read.
  };

  static constexpr std::size_t piece = 65536;

  [[noreturn]] void fail_truncated() const {
    file_.fail({"the JPEG is truncated: expected more after byte ", file_.size});
  }

  Pass begin_pass() {
    const JpegScan& scan = markers_.scan();
    Pass pass{JpegBitReader(markers_.data(), markers_.end())};
    if (scan.components > 1) {
      pass.unit_blocks = 0;
      for (std::size_t i = 0; i < scan.components; ++i) {
        const JpegComponent& component = frame_.component[scan.component[i]];
        pass.unit_blocks += component.across * component.down;
      }
      if (pass.unit_blocks > jpeg_unit_blocks) {
        file_.fail({"expected a JPEG scan of at most ", jpeg_unit_blocks,
                    " blocks in a unit, found ", pass.unit_blocks});
      }
    }
    markers_.keep_quantisers();
    if (frame_.progressive) check_progression();
    const bool dc = !frame_.progressive || (scan.first == 0 && scan.high == 0);
    const bool ac = !frame_.progressive || scan.first > 0;
    for (std::size_t i = 0; i < scan.components; ++i) {
      if (dc) build(pass.dc[i], true, scan.dc_table[i]);
      if (ac) build(pass.ac[i], false, scan.ac_table[i]);
    }
    pass.interval = pass.until_restart = markers_.restart_interval();
    pass.piece_end = end_of_piece(markers_.data());
    return pass;
  }

  void build(JpegHuffmanTable& table, bool dc, int number) const {
    if (!table.build(markers_.huffman(dc, number), dc)) {
      file_.fail({"the JPEG's ", dc ? "DC" : "AC", " Huffman table ", number, " is broken"});
    }
  }

  void check_progression() const {
    const JpegScan& scan = markers_.scan();
    const bool band = scan.first == 0
                          ? scan.last == 0
                          : scan.first <= scan.last && scan.last < 64 && scan.components == 1;
    if (!band || scan.low > 13 || (scan.high != 0 && scan.low != scan.high - 1)) {
      file_.fail({"the JPEG holds a progressive scan of coefficients ", scan.first, " to ",
                  scan.last, " and bits ", scan.high, " to ", scan.low, ", which there cannot be"});
    }
  }

  /// To be called before each unit. True where a restart was due.
  bool restart_when_due(Pass& pass) {
    if (pass.interval == 0) return false;
    if (pass.until_restart-- > 0) return false;
    markers_.resume(pass.bits.next(), pass.bits.marker());
    if (!markers_.read_restart()) fail_truncated();
    pass.bits.restart(markers_.data());
    pass.bits.set_marker(markers_.marker());
    if (markers_.marker() == 0) pass.bits.set_dry(false);
    pass.predictor.fill(0);
    pass.until_restart = pass.interval - 1;
    return true;
  }

  /// Calls `visit(i, x, y)` for each block of a unit: component `i` of the scan, its place in the
  /// unit.
  template <class Visit>
  void each_block(const JpegScan& scan, Visit&& visit) const {
    for (std::size_t i = 0; i < scan.components; ++i) {
      const JpegComponent& component = frame_.component[scan.component[i]];
      const bool alone = scan.components == 1;
      const std::size_t down = alone ? 1 : component.down;
      const std::size_t across = alone ? 1 : component.across;
      for (std::size_t y = 0; y < down; ++y) {
        for (std::size_t x = 0; x < across; ++x) visit(i, x, y);
      }
    }
  }

  using Blocks = std::array<std::int16_t*, jpeg_unit_blocks>;

  /// The unit's blocks of a sequential scan. `has_ac[b]` tells whether block `b` may hold AC
  /// coefficients.
  void decode_unit(Pass& pass, const JpegScan& scan, const Blocks& blocks,
                   std::array<bool, jpeg_unit_blocks>& has_ac) {
    const JpegBitReader bits = pass.bits;
    const std::array<std::int32_t, 4> predictor = pass.predictor;
    bool is_slow = false;
    for (;;) {
      if (!is_slow && is_far_from_end(pass)) {
        if (decode_unit_fast(pass, scan, blocks, has_ac)) return;
        is_slow = true;
        pass.bits = bits;
        pass.predictor = predictor;
      }
      std::size_t b = 0;
      each_block(scan, [&](std::size_t i, std::size_t, std::size_t) {
        decode_block(pass.bits, pass.dc[i], pass.ac[i], pass.predictor[i], blocks[b]);
        has_ac[b++] = true;
      });
      if (pass.bits.next() <= pass.piece_end || pass.piece_end == markers_.end()) break;
      if (is_slow) {
        // Further pieces make no difference: not to decode the unit again for each of them keeps
        // the time within bounds, as one of fill bytes can be as long as the file.
        pass.piece_end = end_of_piece(pass.bits.next() - 1);
        break;
      }
      pass.piece_end = end_of_piece(pass.piece_end);
      pass.bits = bits;
      pass.predictor = predictor;
    }
    if (pass.bits.truncated()) fail_truncated();
  }

  bool decode_unit_fast(Pass& pass, const JpegScan& scan, const Blocks& blocks,
                        std::array<bool, jpeg_unit_blocks>& has_ac) const noexcept {
    bool complete = true;
    std::size_t b = 0;
    each_block(scan, [&](std::size_t i, std::size_t, std::size_t) {
      complete = complete && decode_block_fast(pass.bits, pass.dc[i], pass.ac[i], pass.predictor[i],
                                               blocks[b], has_ac[b]);
      ++b;
    });
    return complete && !pass.bits.met_marker();
  }

  /// The end of the piece that the byte `at` is in.
  const std::uint8_t* end_of_piece(const std::uint8_t* at) const noexcept {
    const auto offset = static_cast<std::size_t>(at - file_.data);
    return file_.data + std::min(file_.size, (offset / piece + 1) * piece);
  }

  /// Whether libjpeg decodes the next unit in its fast way, or, with restarts, whether it makes no
  /// difference. Pillow gives it a file in pieces of 64 KiB: a unit that a piece does not hold to
  /// its end is begun again with the next piece.
  bool is_far_from_end(const Pass& pass) const noexcept {
    if (pass.bits.marker() != 0) return false;
    if (pass.interval != 0) return pass.bits.bytes_left() >= piece;
    // A block takes 512 bytes at most.
    return pass.piece_end - pass.bits.next() >= static_cast<std::ptrdiff_t>(512 * pass.unit_blocks);
  }

  Image decode_one_scan() {
    const JpegScan scan = markers_.scan();
    Pass pass = begin_pass();
    JpegPicture picture(frame_, markers_.colours());
    Unit unit{};
    Blocks blocks{};
    for (std::size_t b = 0; b < unit.size(); ++b) blocks[b] = unit[b].data();
    const bool alone = scan.components == 1;
    const JpegComponent& first = frame_.component[0];
    const std::size_t units = alone ? first.blocks_across : frame_.units_across;
    for (std::size_t row = 0; row < frame_.units_down; ++row) {
      picture.begin(row);
      const std::size_t lines =
          alone ? std::min(first.down, first.blocks_down - row * first.down) : 1;
      for (std::size_t line = 0; line < lines; ++line) {
        for (std::size_t x = 0; x < units; ++x) {
          std::array<bool, jpeg_unit_blocks> has_ac{};
          restart_when_due(pass);
          // What the data does not reach is grey.
          if (!pass.bits.ran_dry()) decode_unit(pass, scan, blocks, has_ac);
          show_unit(picture, scan, unit, has_ac, {row, line, x});
        }
      }
      picture.finish(row);
    }
    markers_.resume(pass.bits.next(), pass.bits.marker());
    // Pillow reads on to the end of the image, but no further piece of the file: what lies there is
    // no error.
    markers_.end_at(std::max(pass.piece_end, end_of_piece(pass.bits.next() - 1)));
    if (markers_.read() == JpegMarkerReader::Stop::scan) {
      file_.fail({"the JPEG holds another scan after its complete one"});
    }
    return picture.take();
  }

  using Unit = std::array<Block, jpeg_unit_blocks>;

  /// Where a unit of the only scan is: the row of units, the row of blocks in it where a component
  /// is alone, and the column.
  struct Place {
    std::size_t row;
    std::size_t line;
    std::size_t x;
  };

  /// Makes the samples of a unit, and its coefficients zero again.
  void show_unit(JpegPicture& picture, const JpegScan& scan, Unit& unit,
                 const std::array<bool, jpeg_unit_blocks>& has_ac, Place place) const noexcept {
    const bool alone = scan.components == 1;
    std::size_t b = 0;
    each_block(scan, [&](std::size_t i, std::size_t block_x, std::size_t block_y) {
      const JpegComponent& component = frame_.component[scan.component[i]];
      const std::size_t x = alone ? place.x : place.x * component.across + block_x;
      const std::size_t y = alone ? place.line : block_y;
      // Blocks that only complete a unit have no place in the picture.
      if (x < component.blocks_across && place.row * component.down + y < component.blocks_down) {
        JpegSampleRows& rows = picture.component(scan.component[i]);
        show_block(unit[b].data(), has_ac[b], component, rows.block(x, y), rows.stride());
      }
      if (has_ac[b]) {
        unit[b].fill(0);
      } else {
        unit[b][0] = 0;
      }
      ++b;
    });
  }

  static void show_block(const std::int16_t* block, bool has_ac, const JpegComponent& component,
                         std::uint8_t* out, std::ptrdiff_t stride) noexcept {
    if (has_ac) {
      jpeg_kernels::inverse_dct(block, component.steps.data(), out, stride);
      return;
    }
    const std::uint8_t sample = jpeg_portable::flat_block(block[0], component.steps[0]);
    for (std::size_t y = 0; y < jpeg_block_side; ++y, out += stride) {
      std::memset(out, sample, jpeg_block_side);
    }
  }

  Image decode_scans() {
    JpegCoefficients coefficients(frame_);
    for (;;) {
      count_scan();
      Pass pass = begin_pass();
      if (frame_.progressive) coefficients.begin_scan(markers_.scan());
      decode_scan(pass, coefficients);
      markers_.resume(pass.bits.next(), pass.bits.marker());
      const JpegMarkerReader::Stop stop = markers_.read();
      if (stop == JpegMarkerReader::Stop::end_of_file) fail_truncated();
      if (stop == JpegMarkerReader::Stop::end_of_image) break;
    }
    return coefficients.show(markers_.colours());
  }

  /// Scans can be empty, a few bytes each, and yet visit every block.
  void count_scan() {
    constexpr std::uint64_t most_scans = 500;
    constexpr std::uint64_t always = std::uint64_t{1} << 27;
    const JpegScan& scan = markers_.scan();
    if (++scans_ > most_scans) {
      file_.fail({"expected a JPEG of at most ", most_scans, " scans, found more"});
    }
    std::uint64_t blocks = 0;
    for (std::size_t i = 0; i < scan.components; ++i) {
      const JpegComponent& component = frame_.component[scan.component[i]];
      blocks += std::uint64_t{component.blocks_across} * component.blocks_down;
    }
    const bool refines = frame_.progressive && scan.high > 0;
    visits_ += blocks * (refines ? 1 + static_cast<std::uint64_t>(scan.last) / 4 : 1);
    const std::uint64_t most = always + std::uint64_t{64} * file_.size;
    if (visits_ > most) {
      file_.fail({"expected a JPEG of ", file_.size, " bytes to take at most ", most,
                  " steps, found a scan ", scans_, " that takes more"});
    }
  }

  void decode_scan(Pass& pass, JpegCoefficients& coefficients) {
    const JpegScan scan = markers_.scan();
    const bool alone = scan.components == 1;
    const bool refines_dc = frame_.progressive && scan.first == 0 && scan.high > 0;
    const JpegComponent& first = frame_.component[scan.component[0]];
    const std::size_t rows = alone ? first.blocks_down : frame_.units_down;
    const std::size_t units = alone ? first.blocks_across : frame_.units_across;
    ProgressiveBlockDecoder progressive(scan, pass.ac[0]);
    Blocks blocks{};
    std::array<bool, jpeg_unit_blocks> has_ac{};
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t x = 0; x < units; ++x) {
        if (is_over(pass)) return;
        if (!pass.bits.ran_dry()) coefficients.set_last_good_row(alone ? row / first.down : row);
        if (restart_when_due(pass)) progressive.restart();
        if (pass.bits.ran_dry() && !refines_dc) continue;
        if (progressive.skips_block()) continue;
        std::size_t b = 0;
        each_block(scan, [&](std::size_t i, std::size_t block_x, std::size_t block_y) {
          const JpegComponent& component = frame_.component[scan.component[i]];
          const std::size_t across = alone ? 1 : component.across;
          const std::size_t down = alone ? 1 : component.down;
          blocks[b++] =
              coefficients.block(scan.component[i], x * across + block_x, row * down + block_y);
        });
        if (frame_.progressive) {
          decode_progressive_unit(pass, scan, progressive, blocks);
        } else {
          decode_unit(pass, scan, blocks, has_ac);
        }
      }
    }
  }

  /// Whether the rest of the scan can have no data: a marker came that no restart passes over.
  static bool is_over(const Pass& pass) noexcept {
    const int marker = pass.bits.marker();
    return pass.bits.ran_dry() &&
           (pass.interval == 0 || (marker >= 0xc0 && !(marker >= 0xd0 && marker <= 0xd7)));
  }

  void decode_progressive_unit(Pass& pass, const JpegScan& scan,
                               ProgressiveBlockDecoder& progressive, const Blocks& blocks) {
    if (scan.first > 0) {
      if (scan.high == 0) {
        progressive.ac_first(pass.bits, blocks[0]);
      } else {
        progressive.ac_refined(pass.bits, blocks[0]);
      }
    } else {
      std::size_t b = 0;
      each_block(scan, [&](std::size_t i, std::size_t, std::size_t) {
        std::int16_t* const block = blocks[b++];
        if (scan.high > 0) {
          progressive.dc_refined(pass.bits, block);
        } else if (!progressive.dc_first(pass.bits, pass.dc[i], pass.predictor[i], block)) {
          file_.fail({"the JPEG holds DC coefficients beyond 32 bits"});
        }
      });
    }
    if (pass.bits.truncated()) fail_truncated();
  }

  const EncodedImage& file_;
  JpegMarkerReader markers_;
  const JpegFrame& frame_ = markers_.frame();

  std::uint64_t scans_ = 0;
  std::uint64_t visits_ = 0;
};

/// The pixels of a JPEG, byte for byte those that Pillow 13 has with libjpeg-turbo on an x86
/// processor. Throws `FormatError` where Pillow refuses the file, or where it claims or costs more
/// than its size warrants; `UnsupportedError` for arithmetic coding, lossless and hierarchical
/// processes, and samples of more than 8 bits.
///
/// Memory: 3 bytes a pixel and two rows of units; with several scans 2 bytes more for each
/// coefficient.
EIGENVIT_INLINE Image decode_jpeg(const EncodedImage& file) {
  return JpegDecoder(file).decode();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
