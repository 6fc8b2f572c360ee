/// The segments of a JPEG between its entropy-coded data.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_MARKER_READER_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_MARKER_READER_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/colours.hpp>
#include <eigenvit/image/codecs/jpeg/frame.hpp>
#include <eigenvit/image/codecs/jpeg/huffman_table.hpp>
#include <eigenvit/image/encoded_image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads from marker to marker, and keeps what the segments define. Bytes that belong to no segment
/// are passed over.
///
/// Source: ITU-T T.81, annex B; libjpeg-turbo 3.2 (jdmarker.c, jdapimin.c) for what is tolerated.
class JpegMarkerReader {
 public:
  enum class Stop { scan, end_of_image, end_of_file };

  explicit JpegMarkerReader(const EncodedImage& file) noexcept : file_(file), size_(file.size) {}

  const JpegFrame& frame() const noexcept { return frame_; }
  JpegFrame& frame() noexcept { return frame_; }
  const JpegScan& scan() const noexcept { return scan_; }
  std::size_t restart_interval() const noexcept { return restart_interval_; }

  /// Where the entropy-coded data begins after `Stop::scan`.
  const std::uint8_t* data() const noexcept { return file_.data + at_; }
  const std::uint8_t* end() const noexcept { return file_.data + file_.size; }

  /// Goes on reading at `next`; `marker` has been read already, 0: none.
  void resume(const std::uint8_t* next, int marker) noexcept {
    at_ = static_cast<std::size_t>(next - file_.data);
    marker_ = marker;
  }
  /// Takes `end` for the end of the file.
  void end_at(const std::uint8_t* end) noexcept {
    size_ = static_cast<std::size_t>(end - file_.data);
  }

  /// Reads segments up to a scan's header, or to the end.
  Stop read() {
    for (;;) {
      if (marker_ == 0 && !find_marker()) return Stop::end_of_file;
      const int marker = marker_;
      if (marker == 0xda) read_scan();
      if (marker != 0xda && marker != 0xd9) read_segment();
      if (ended_) return Stop::end_of_file;
      marker_ = 0;
      if (marker == 0xda) return Stop::scan;
      if (marker == 0xd9 && !find_next_stream()) return Stop::end_of_image;
    }
  }

  /// Passes over the restart marker that is due. Where another one is found, decides as libjpeg's
  /// `jpeg_resync_to_restart` whether data was lost before or after it: `marker()` then stays, and
  /// the interval is empty. False at the end of the file.
  bool read_restart() noexcept {
    if (marker_ == 0 && !find_marker()) return false;
    const int due = next_restart_;
    next_restart_ = (next_restart_ + 1) & 7;
    for (;;) {
      if (marker_ >= 0xd0 && marker_ <= 0xd7) {
        const int ahead = (marker_ - 0xd0 - due) & 7;
        if (ahead == 1 || ahead == 2) return true;
        if (ahead < 6) {
          marker_ = 0;
          return true;
        }
      } else if (marker_ >= 0xc0) {
        return true;
      }
      if (!find_marker()) return false;
    }
  }
  int marker() const noexcept { return marker_; }

  /// The table that a scan names. Throws where there is none.
  const JpegHuffmanSpec& huffman(bool dc, int number) const {
    const JpegHuffmanSpec* const spec =
        number < 4 ? &tables(dc)[static_cast<std::size_t>(number)] : nullptr;
    if (spec == nullptr || !spec->defined) {
      file_.fail({"the JPEG's ", dc ? "DC" : "AC", " Huffman table ", number, " is not defined"});
    }
    return *spec;
  }

  /// Motion JPEG leaves out the standard tables; only sequential files may.
  void define_standard_tables() noexcept {
    for (const bool dc : {true, false}) {
      for (const bool chrominance : {false, true}) {
        JpegHuffmanSpec& spec = (dc ? dc_ : ac_)[chrominance ? 1 : 0];
        if (!spec.defined) spec = jpeg_standard_table(dc, chrominance);
      }
    }
  }

  /// Takes the quantisation tables of the scan's components that have had no scan before.
  void keep_quantisers() {
    for (std::size_t i = 0; i < scan_.components; ++i) {
      JpegComponent& component = frame_.component[scan_.component[i]];
      if (component.has_steps) continue;
      if (component.quantiser >= quantisers_.size() || !quantisers_[component.quantiser].defined) {
        file_.fail({"the JPEG's quantisation table ", component.quantiser, " is not defined"});
      }
      component.steps = quantisers_[component.quantiser].steps;
      component.has_steps = true;
    }
  }

  /// Source: libjpeg's `default_decompress_parms`.
  JpegColours colours() const noexcept {
    const auto id = [this](std::size_t i) { return frame_.component[i].id; };
    if (frame_.components == 1) return JpegColours::grey;
    if (frame_.components == 4) {
      return adobe_ && adobe_transform_ != 0 ? JpegColours::ycck : JpegColours::cmyk;
    }
    if (jfif_) return JpegColours::ycc;
    if (adobe_) return adobe_transform_ == 0 ? JpegColours::rgb : JpegColours::ycc;
    return id(0) == 'R' && id(1) == 'G' && id(2) == 'B' ? JpegColours::rgb : JpegColours::ycc;
  }

 private:
  struct Quantiser {
    std::array<std::int16_t, jpeg_block_size> steps{};
    bool defined = false;
  };

  const std::array<JpegHuffmanSpec, 4>& tables(bool dc) const noexcept { return dc ? dc_ : ac_; }

  bool has(std::size_t bytes) const noexcept { return at_ <= size_ && bytes <= size_ - at_; }

  /// A whole number of `bytes` bytes; past the end of the file `ended_` is set.
  std::uint32_t take(std::size_t bytes) noexcept {
    if (!has(bytes)) {
      ended_ = true;
      return 0;
    }
    at_ += bytes;
    return file_.big(at_ - bytes, bytes);
  }
  void skip(std::size_t bytes) noexcept {
    ended_ = ended_ || !has(bytes);
    if (!ended_) at_ += bytes;
  }

  /// Finds the next marker; 0xff may be repeated before it, and 0xff 0 is none.
  bool find_marker() noexcept {
    for (;;) {
      while (at_ < size_ && file_.data[at_] != 0xff) ++at_;
      while (at_ < size_ && file_.data[at_] == 0xff) ++at_;
      if (at_ == size_) return false;
      const int found = file_.data[at_++];
      if (found == 0) continue;
      marker_ = found;
      return true;
    }
  }

  /// A stream of tables alone may come before the picture's.
  bool find_next_stream() {
    if (scans_ > 0) return false;
    if (has_frame_) file_.fail({"the JPEG holds no image"});
    if (!file_.has(at_, 2) || file_.data[at_] != 0xff || file_.data[at_ + 1] != 0xd8) {
      file_.fail({"the JPEG holds no image"});
    }
    begun_ = false;
    return true;
  }

  void read_segment() {
    const int marker = marker_;
    if (marker == 0xd8) {
      begin_stream();
    } else if (marker == 0xc4) {
      read_huffman_tables();
    } else if (marker == 0xdb) {
      read_quantisers();
    } else if (marker == 0xdd) {
      if (take(2) != 4 && !ended_) file_.fail({"the JPEG holds a broken restart interval"});
      const std::uint32_t interval = take(2);
      if (!ended_) restart_interval_ = interval;
    } else if (marker == 0xcc) {
      check_conditioning();
    } else if (marker >= 0xc0 && marker <= 0xcf) {
      read_frame();
    } else if (marker == 0xe0 || marker == 0xee) {
      read_application(marker);
    } else if (marker == 0xdc || (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe) {
      const std::uint32_t length = take(2);
      if (length > 2) skip(length - 2);
    } else if (marker == 0xf7) {
      file_.fail_unsupported({"expected an image that can be decoded, found a JPEG-LS image: ",
                              "convert it to PNG or JPEG"});
    } else if (!(marker >= 0xd0 && marker <= 0xd7) && !(marker == 1 && scans_ > 0)) {
      file_.fail({"the JPEG holds the unknown marker ", marker});
    }
  }

  void begin_stream() {
    if (begun_) file_.fail({"the JPEG holds a second start of image"});
    begun_ = true;
    restart_interval_ = 0;
    jfif_ = adobe_ = false;
    adobe_transform_ = 0;
  }

  void read_application(int marker) noexcept {
    const std::uint32_t length = take(2);
    if (length <= 2) return;
    const std::size_t size = length - 2;
    if (marker == 0xe0 && size >= 14 && file_.holds(at_, "JFIF\0")) jfif_ = true;
    if (marker == 0xee && size >= 12 && file_.has(at_, 12) && file_.holds(at_, "Adobe")) {
      adobe_ = true;
      adobe_transform_ = file_.data[at_ + 11];
    }
    skip(size);
  }

  /// Arithmetic coding has no part in what is decoded, but libjpeg refuses such a segment where it
  /// is broken.
  void check_conditioning() {
    std::int64_t left = std::int64_t{take(2)} - 2;
    for (; left > 0 && !ended_; left -= 2) {
      const std::uint32_t index = take(1);
      const std::uint32_t value = take(1);
      if (!ended_ && (index > 31 || (index < 16 && (value & 15) > value >> 4))) break;
    }
    if (left != 0 && !ended_) file_.fail({"the JPEG holds broken arithmetic conditioning"});
  }

  void read_huffman_tables() {
    std::int64_t left = std::int64_t{take(2)} - 2;
    while (left > 16 && !ended_) {
      const std::uint32_t index = take(1);
      JpegHuffmanSpec spec;
      for (std::size_t i = 1; i <= 16; ++i) spec.counts[i] = static_cast<std::uint8_t>(take(1));
      if (ended_) return;
      const std::size_t codes = spec.codes();
      left -= 17;
      if (codes > 256 || static_cast<std::int64_t>(codes) > left) fail_huffman();
      for (std::size_t i = 0; i < codes; ++i) {
        spec.symbols[i] = static_cast<std::uint8_t>(take(1));
      }
      if (ended_) return;
      left -= static_cast<std::int64_t>(codes);
      const std::uint32_t number = index & ~std::uint32_t{0x10};
      if (number > 3) fail_huffman();
      spec.defined = true;
      ((index & 0x10) != 0 ? ac_ : dc_)[number] = spec;
    }
    if (left != 0 && !ended_) fail_huffman();
  }
  [[noreturn]] void fail_huffman() const { file_.fail({"the JPEG holds a broken Huffman table"}); }

  void read_quantisers() {
    std::int64_t left = std::int64_t{take(2)} - 2;
    while (left > 0 && !ended_) {
      const std::uint32_t index = take(1);
      if (ended_) return;
      const std::size_t bytes = index >> 4 != 0 ? 2 : 1;
      if ((index & 15) > 3) fail_quantiser();
      Quantiser& quantiser = quantisers_[index & 15];
      quantiser.defined = true;
      for (std::size_t i = 0; i < jpeg_block_size; ++i) {
        const std::uint32_t step = take(bytes);
        if (ended_) return;
        // The inverse DCT multiplies modulo 2^16.
        quantiser.steps[jpeg_natural_order[i]] =
            static_cast<std::int16_t>(step < 0x8000 ? static_cast<std::int32_t>(step)
                                                    : static_cast<std::int32_t>(step) - 0x10000);
      }
      left -= static_cast<std::int64_t>(1 + bytes * jpeg_block_size);
    }
    if (left != 0 && !ended_) fail_quantiser();
  }
  [[noreturn]] void fail_quantiser() const {
    file_.fail({"the JPEG holds a broken quantisation table"});
  }

  /// Names what only other decoders do.
  void check_process() const {
    const char* const process = marker_ == 0xc3                      ? "lossless"
                                : marker_ == 0xc9 || marker_ == 0xca ? "arithmetic-coded"
                                : marker_ == 0xcb                    ? "arithmetic-coded lossless"
                                : marker_ > 0xc2                     ? "hierarchical"
                                                                     : nullptr;
    if (process != nullptr) {
      file_.fail_unsupported(
          {"expected a baseline, extended sequential or progressive JPEG with Huffman codes, "
           "found ",
           process, " (frame type ", marker_ - 0xc0, ")"});
    }
  }

  void read_frame() {
    check_process();
    if (has_frame_) file_.fail({"the JPEG holds a second frame"});
    const std::uint32_t length = take(2);
    const std::uint32_t precision = take(1);
    const std::uint32_t height = take(2);
    const std::uint32_t width = take(2);
    const std::uint32_t components = take(1);
    if (ended_) return;
    if (precision != 8) {
      file_.fail_unsupported({"expected a JPEG of 8 bits a sample, found ", precision, " bits"});
    }
    file_.check_size(width, height);
    if (width > most_side || height > most_side) {
      file_.fail(
          {"expected a JPEG of at most ", most_side, " pixels a side, found ", width, "x", height});
    }
    if (components != 1 && components != 3 && components != 4) {
      file_.fail_unsupported({"expected a JPEG of 1, 3 or 4 components, found ", components});
    }
    if (length != 8 + 3 * components) file_.fail({"the JPEG's frame header has a wrong length"});
    frame_.progressive = marker_ == 0xc2;
    frame_.width = width;
    frame_.height = height;
    frame_.components = components;
    for (std::size_t i = 0; i < components; ++i) {
      JpegComponent& component = frame_.component[i];
      component.id = static_cast<int>(take(1));
      const std::uint32_t factors = take(1);
      component.across = factors >> 4;
      component.down = factors & 15;
      component.quantiser = take(1);
    }
    if (ended_) return;
    lay_out_frame();
    has_frame_ = true;
  }

  /// Source: ITU-T T.81, section A.1.1.
  void lay_out_frame() {
    const auto covering = [](std::size_t size, std::size_t part) {
      return (size + part - 1) / part;
    };
    for (std::size_t i = 0; i < frame_.components; ++i) {
      const JpegComponent& component = frame_.component[i];
      if (component.across < 1 || component.across > 4 || component.down < 1 ||
          component.down > 4) {
        fail_sampling();
      }
      frame_.across = std::max(frame_.across, component.across);
      frame_.down = std::max(frame_.down, component.down);
    }
    frame_.units_across = covering(frame_.width, frame_.across * jpeg_block_side);
    frame_.units_down = covering(frame_.height, frame_.down * jpeg_block_side);
    for (std::size_t i = 0; i < frame_.components; ++i) {
      JpegComponent& component = frame_.component[i];
      if (frame_.across % component.across != 0 || frame_.down % component.down != 0) {
        fail_sampling();
      }
      component.width = covering(frame_.width * component.across, frame_.across);
      component.height = covering(frame_.height * component.down, frame_.down);
      component.blocks_across = covering(component.width, jpeg_block_side);
      component.blocks_down = covering(component.height, jpeg_block_side);
    }
  }
  [[noreturn]] void fail_sampling() const {
    file_.fail({"the JPEG holds sampling factors that do not divide each other, or beyond 4"});
  }

  void read_scan() {
    if (!has_frame_) file_.fail({"the JPEG holds a scan before its frame header"});
    const std::uint32_t length = take(2);
    const std::uint32_t components = take(1);
    if (ended_) return;
    if (components < 1 || components > 4 || length != 2 * components + 6) {
      file_.fail({"the JPEG's scan header has a wrong length"});
    }
    JpegScan scan;
    scan.components = components;
    for (std::size_t i = 0; i < components; ++i) {
      const auto id = static_cast<int>(take(1));
      const std::uint32_t numbers = take(1);
      if (ended_) return;
      // Of components with the same number, the i-th may only be one from the i-th on, as in
      // libjpeg: files whose numbers are all alike are read.
      std::size_t found = 0;
      while (found < frame_.components && (frame_.component[found].id != id || found < i)) ++found;
      const auto* const listed = scan.component.data();
      if (found == frame_.components || std::find(listed, listed + i, found) != listed + i) {
        file_.fail({"the JPEG's scan names a component that is not in its frame, or twice: ", id});
      }
      scan.component[i] = found;
      scan.dc_table[i] = static_cast<int>(numbers >> 4);
      scan.ac_table[i] = static_cast<int>(numbers & 15);
    }
    scan.first = static_cast<int>(take(1));
    scan.last = static_cast<int>(take(1));
    const auto bits = static_cast<int>(take(1));
    if (ended_) return;
    scan.high = bits >> 4;
    scan.low = bits & 15;
    scan_ = scan;
    next_restart_ = 0;
    ++scans_;
  }

  static constexpr std::uint32_t most_side = 65500;

  const EncodedImage& file_;
  std::size_t size_;
  std::size_t at_ = 0;
  int marker_ = 0;
  bool ended_ = false;
  bool begun_ = false;
  bool has_frame_ = false;
  bool jfif_ = false;
  bool adobe_ = false;
  int adobe_transform_ = 0;
  int next_restart_ = 0;
  std::size_t restart_interval_ = 0;
  std::size_t scans_ = 0;
  JpegFrame frame_;
  JpegScan scan_;
  std::array<JpegHuffmanSpec, 4> dc_{};
  std::array<JpegHuffmanSpec, 4> ac_{};
  std::array<Quantiser, 4> quantisers_{};
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
