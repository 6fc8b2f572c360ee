/// The chunks of a PNG.
#ifndef EIGENVIT_IMAGE_CODECS_PNG_CHUNKS_INL
#define EIGENVIT_IMAGE_CODECS_PNG_CHUNKS_INL

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/checksums.inl>
#include <eigenvit/image/codecs/inflater.inl>
#include <eigenvit/image/codecs/orientation.inl>
#include <eigenvit/image/encoded_image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

enum class PngColour { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6 };

struct PngHeader {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int bits = 0;  ///< Of a sample; 0: no header of a known kind was seen.
  PngColour colour = PngColour::grey;
  bool interlaced = false;
};

/// What the chunks of a PNG hold, of an animated one those of its first picture.
struct PngChunks {
  PngHeader header;
  ByteSpan palette;  ///< Of up to 256 colours.
  /// Where the picture lies in the image: all of it, unless an animation says otherwise.
  std::uint32_t left = 0, top = 0, width = 0, height = 0;
  std::vector<ByteSpan> pixels;  ///< Compressed.
  OrientationSources orientation;
};

/// Reads the chunks as Pillow does: checksums count up to the pixels, chunks of unknown types are
/// passed over, and a file may end after its pixels.
class PngChunkReader {
 public:
  explicit PngChunkReader(const EncodedImage& file) : file_(file) {}

  PngChunks read() {
    std::size_t at = 8;
    while (read_chunk(at)) {
    }
    if (found_.pixels.empty()) file_.fail({"the PNG is truncated: it holds no pixels"});
    // Of several palettes the last counts.
    const std::size_t colours = found_.palette.size / 3;
    if (colours > 256) {
      file_.fail({"expected at most 256 colours in the PNG's palette, found ", colours});
    }
    if (!framed_) {
      found_.width = found_.header.width;
      found_.height = found_.header.height;
    }
    file_.check_size(found_.width, found_.height);
    return std::move(found_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    file_.fail({"the PNG is corrupt: ", what});
  }

  /// False where there is no other chunk to read.
  bool read_chunk(std::size_t& at) {
    const bool has_head = file_.has(at, 8);
    const bool valid = has_head && is_type(at + 4);
    if (!valid) {
      // After the pixels it is the end of the file.
      if (in_ != Part::before) return false;
      if (has_head)
        file_.fail({"the PNG is corrupt: the chunk at byte ", at, " has no valid type"});
      file_.fail({"the PNG is truncated: expected a chunk at byte ", at});
    }
    const std::size_t length = file_.big(at, 4);
    const std::string_view type(reinterpret_cast<const char*>(file_.data) + at + 4, 4);
    const std::size_t body = at + 8;
    // Pixels before the header are passed over.
    const bool starts = found_.header.bits != 0 && type != "DDAT";
    if (is_pixels(type) && (in_ == Part::pixels || (in_ == Part::before && starts))) {
      add_pixels(type, body, length);
      in_ = Part::pixels;
    } else {
      if (in_ == Part::pixels) in_ = Part::after;
      if (type == "IEND" || (type == "fcTL" && animated_ && in_ == Part::after)) return false;
      if (is_pixels(type) && in_ == Part::after) return false;
      if (!file_.has(body, length)) {
        file_.fail({"the PNG is truncated: expected ", length, " bytes in the chunk at byte ", at,
                    ", found ", file_.size - body});
      }
      if (in_ == Part::before) check(at, length);
      read_body(type, body, length);
    }
    if (!file_.has(body, length)) return false;
    at = body + length;
    // The checksum may be cut off at the end of the file.
    at += file_.has(at, 4) ? 4 : file_.size - at;
    return true;
  }

  bool is_type(std::size_t at) const noexcept {
    for (std::size_t i = at; i < at + 4; ++i) {
      const std::uint8_t c = file_.data[i];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '_') return false;
    }
    return true;
  }

  static bool is_pixels(std::string_view type) noexcept {
    return type == "IDAT" || type == "fdAT" || type == "DDAT";
  }

  void check(std::size_t at, std::size_t length) const {
    if (!file_.has(at + 8 + length, 4)) {
      file_.fail({"the PNG is truncated in the checksum of the chunk at byte ", at});
    }
    if (crc_(file_.data + at + 4, length + 4) != file_.big(at + 8 + length, 4)) {
      file_.fail({"the PNG is corrupt: the checksum of the chunk at byte ", at, " is wrong"});
    }
  }

  void add_pixels(std::string_view type, std::size_t body, std::size_t length) {
    if (in_ == Part::before && type == "IDAT" && !framed_ && frames_ > 0) ++frames_;
    if (in_ == Part::before) animated_ = frames_ > 1;
    std::size_t size = std::min(length, file_.size - body);
    if (type == "fdAT") {
      if (size < 4) file_.fail({"the PNG is truncated: a chunk of a frame is too short"});
      count_frame_chunk(body);
      body += 4;
      size -= 4;
    }
    if (size > 0) found_.pixels.push_back({file_.data + body, size});
  }

  /// Frames and their chunks are numbered from 0.
  void count_frame_chunk(std::size_t at) {
    if (file_.big(at, 4) != next_number_++) fail("the chunks of its frames are not in order");
  }

  void read_body(std::string_view type, std::size_t at, std::size_t length) {
    const auto need = [&](std::size_t bytes) {
      if (length < bytes) {
        file_.fail({"the PNG is corrupt: expected at least ", bytes, " bytes in the chunk ", type,
                    ", found ", length});
      }
    };
    const std::string_view body(reinterpret_cast<const char*>(file_.data) + at, length);
    if (type == "IHDR") {
      need(13);
      read_header(at);
    } else if (type == "PLTE") {
      // Other kinds than palettes may suggest one.
      if (found_.header.colour == PngColour::palette && in_ == Part::before) {
        found_.palette = {file_.data + at, length};
      }
    } else if (type == "tRNS") {
      if (found_.header.bits == 0) return;
      if (found_.header.colour == PngColour::grey) need(2);
      if (found_.header.colour == PngColour::rgb) need(6);
    } else if (type == "acTL") {
      need(8);
      frames_ = file_.big(at, 4);
      if (frames_ > 0x80000000U) frames_ = 0;
    } else if (type == "fcTL") {
      need(26);
      read_frame(at);
    } else if (type == "eXIf") {
      found_.orientation.exif = body;
    } else if (type == "tEXt" || type == "zTXt" || type == "iTXt") {
      read_text(type[0], body);
    } else if (type == "gAMA") {
      need(4);
    } else if (type == "cHRM") {
      need(32);
    } else if (type == "pHYs") {
      need(9);
    } else if (type == "sRGB") {
      need(1);
    }
  }

  void read_header(std::size_t at) {
    PngHeader header;
    header.width = file_.big(at, 4);
    header.height = file_.big(at + 4, 4);
    const int bits = file_.data[at + 8];
    const int colour = file_.data[at + 9];
    if (file_.data[at + 11] != 0) fail("its filters are of an unknown kind");
    header.interlaced = file_.data[at + 12] != 0;
    const bool few = bits == 1 || bits == 2 || bits == 4;
    const bool known =
        colour == 0   ? few || bits == 8 || bits == 16
        : colour == 3 ? few || bits == 8
                      : (colour == 2 || colour == 4 || colour == 6) && (bits == 8 || bits == 16);
    if (!known) {
      file_.fail(
          {"expected a PNG of a known kind, found colour type ", colour, " of ", bits, " bits"});
    }
    header.bits = bits;
    header.colour = static_cast<PngColour>(colour);
    file_.check_size(header.width, header.height);
    if (in_ == Part::before) found_.header = header;
  }

  void read_frame(std::size_t at) {
    count_frame_chunk(at);
    const std::uint64_t width = file_.big(at + 4, 4), height = file_.big(at + 8, 4);
    const std::uint64_t left = file_.big(at + 12, 4), top = file_.big(at + 16, 4);
    if (left + width > found_.header.width || top + height > found_.header.height) {
      fail("a frame lies outside of the image");
    }
    if (in_ != Part::before) return;
    framed_ = true;
    found_.left = static_cast<std::uint32_t>(left);
    found_.top = static_cast<std::uint32_t>(top);
    found_.width = static_cast<std::uint32_t>(width);
    found_.height = static_cast<std::uint32_t>(height);
  }

  /// Text: the keyword, a zero, and for `z` a method of compression before the text; for `i` a flag
  /// and a method of compression, and a language and a translated keyword, each with a zero.
  void read_text(char kind, std::string_view body) {
    const std::size_t end = body.find('\0');
    if (end == std::string_view::npos) return;
    const std::string_view keyword = body.substr(0, end);
    const bool profile = keyword == "Raw profile type exif";
    const bool xmp = keyword == "XML:com.adobe.xmp";
    const bool exif = keyword == "exif" && kind == 't';
    if (!profile && !xmp && !exif) return;
    std::string_view text = body.substr(end + 1);
    bool compressed = kind == 'z';
    if (kind == 'z') {
      if (text.empty() || text[0] != 0) return;
      text.remove_prefix(1);
    } else if (kind == 'i') {
      if (text.size() < 2 || (text[0] != 0 && text[1] != 0)) return;
      compressed = text[0] != 0;
      text.remove_prefix(2);
      for (int i = 0; i < 2; ++i) {
        const std::size_t zero = text.find('\0');
        if (zero == std::string_view::npos) return;
        text.remove_prefix(zero + 1);
      }
    }
    std::string value(text);
    if (compressed && !inflate_text(text, value)) return;
    if (profile) found_.orientation.raw_profile = std::move(value);
    if (xmp) found_.orientation.xmp = std::move(value);
    if (exif) found_.orientation.exif = std::move(value);
  }

  static bool inflate_text(std::string_view compressed, std::string& text) {
    // Pillow refuses more.
    constexpr std::size_t most = 1 << 20;
    if (compressed.empty()) return false;
    Inflater inflater(
        {{reinterpret_cast<const std::uint8_t*>(compressed.data()), compressed.size()}}, most);
    // In parts: there can be many short texts in a file.
    constexpr std::size_t part = 4096;
    text.clear();
    std::size_t count = part;
    while (count == part && text.size() < most) {
      const std::size_t end = text.size();
      text.resize(end + part);
      count = inflater.read(reinterpret_cast<std::uint8_t*>(&text[end]), part);
      text.resize(end + count);
    }
    const Inflater::State end = inflater.end();
    return end == Inflater::State::ended || end == Inflater::State::truncated;
  }

  enum class Part { before, pixels, after };

  const EncodedImage& file_;
  const Crc32 crc_;
  PngChunks found_;
  Part in_ = Part::before;
  bool framed_ = false;
  bool animated_ = false;
  std::uint64_t frames_ = 0;
  std::uint32_t next_number_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
