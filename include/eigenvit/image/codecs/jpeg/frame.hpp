/// What the headers of a JPEG say about its picture and its scans.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_FRAME_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_FRAME_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Samples along a side of a block, and in all of it.
constexpr std::size_t jpeg_block_side = 8;
constexpr std::size_t jpeg_block_size = 64;

/// Where the k-th coefficient of a file lies in a block of rows. Source: ITU-T T.81, figure A.6.
/// Runs of a corrupt file lead up to 16 places beyond the last coefficient; as in libjpeg they end
/// there.
constexpr std::array<std::uint8_t, jpeg_block_size + 16> jpeg_natural_order = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33,
    40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36,
    29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

/// One colour component of the picture.
struct JpegComponent {
  int id = 0;
  std::size_t across = 1;     ///< Horizontal sampling factor, 1 to 4.
  std::size_t down = 1;       ///< Vertical sampling factor, 1 to 4.
  std::size_t quantiser = 0;  ///< The number of its quantisation table.

  std::size_t width = 0;          ///< Samples in a row.
  std::size_t height = 0;         ///< Rows of samples.
  std::size_t blocks_across = 0;  ///< Blocks that cover `width`.
  std::size_t blocks_down = 0;    ///< Blocks that cover `height`.

  /// The quantisation table at the first scan of the component, in rows: later changes of the table
  /// do not concern it. Zeros before that scan: a component without any scan is grey.
  std::array<std::int16_t, jpeg_block_size> steps{};
  bool has_steps = false;
};

/// The picture as the frame header describes it.
struct JpegFrame {
  bool progressive = false;
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t components = 0;
  std::array<JpegComponent, 4> component{};

  std::size_t across = 1;        ///< The largest horizontal sampling factor.
  std::size_t down = 1;          ///< The largest vertical sampling factor.
  std::size_t units_across = 0;  ///< Interleaved units (MCUs) in a row.
  std::size_t units_down = 0;    ///< Rows of interleaved units.
};

/// One scan: which components it codes, with which tables.
struct JpegScan {
  std::size_t components = 0;
  std::array<std::size_t, 4> component{};  ///< Indices into the frame's components.
  std::array<int, 4> dc_table{};
  std::array<int, 4> ac_table{};
  int first = 0;  ///< The band of coefficients, progressive scans only.
  int last = 63;
  int high = 0;  ///< The bit that was coded before, 0: none.
  int low = 0;   ///< The lowest bit that is coded.
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
