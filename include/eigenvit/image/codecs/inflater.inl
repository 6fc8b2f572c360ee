/// The inverse of zlib's compression, for PNG.
#ifndef EIGENVIT_IMAGE_CODECS_INFLATER_INL
#define EIGENVIT_IMAGE_CODECS_INFLATER_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/checksums.inl>
#include <eigenvit/image/codecs/deflate_code.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Bytes that somebody else owns.
struct ByteSpan {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

/// Decompresses a zlib stream that lies in several pieces, a part at a time: it holds the last 32
/// KiB and what has not been taken yet, whatever the size of the stream.
///
/// Sources: RFC 1950 and RFC 1951.
class Inflater {
 public:
  /// `ended`: the stream is complete. `truncated`: the pieces end before it. `corrupt`: it is not a
  /// zlib stream. `wrong_checksum`: complete, but not what was compressed.
  enum class State { running, ended, truncated, corrupt, wrong_checksum };

  /// None of the pieces is empty. At least the first `most` bytes will be read, if there are so
  /// many.
  Inflater(std::vector<ByteSpan> pieces, std::uint64_t most)
      : pieces_(std::move(pieces)), most_(most), buffer_(capacity) {
    if (!pieces_.empty()) enter(0);
  }

  /// Copies the next `size` bytes to `out`, or those that there are; says how many.
  std::size_t read(std::uint8_t* out, std::size_t size) {
    std::size_t copied = 0;
    while (copied < size) {
      if (taken_ == made_) {
        if (state_ != State::running) break;
        decompress();
        continue;
      }
      const std::size_t count = std::min(size - copied, made_ - taken_);
      std::memcpy(out + copied, buffer_.data() + taken_, count);
      copied += count;
      taken_ += count;
    }
    return copied;
  }

  /// How the stream ends, where it does so right after what was read; else `running`.
  ///
  /// After `most` bytes only what is left of the current piece is looked at: so do readers of PNG
  /// that decompress a piece at a time, and take no notice of what follows.
  State end() {
    if (taken_ < made_ || state_ != State::running) return taken_ < made_ ? State::running : state_;
    if (made_before_ + made_ >= most_) {
      if (next_ - pieces_[piece_].data <= held_ / 8) return State::running;
      pieces_.resize(piece_ + 1);
    }
    most_ = std::numeric_limits<std::uint64_t>::max();
    decompress();
    return taken_ < made_ ? State::running : state_;
  }

 private:
  static constexpr std::size_t window = 32768;
  static constexpr std::size_t longest_copy = 258;
  static constexpr std::size_t word = 8;
  static constexpr std::size_t capacity = 3 * window + longest_copy + word;

  enum class Block { none, stored, codes };

  void enter(std::size_t piece) noexcept {
    piece_ = piece;
    next_ = pieces_[piece].data;
    end_ = next_ + pieces_[piece].size;
  }

  /// Whether there is a byte at `next_`. The last piece is not left.
  bool has_input() noexcept {
    if (next_ == end_ && piece_ + 1 < pieces_.size()) enter(piece_ + 1);
    return next_ != end_;
  }

  /// Holds at least 56 bits, or all that are left. Bits above `held_` may be those of the byte at
  /// `next_`; filling them in again changes nothing.
  void refill() noexcept {
    if (static_cast<std::size_t>(end_ - next_) >= word) {
      refill_fast();
      return;
    }
    while (held_ < 56 && has_input()) {
      bits_ |= std::uint64_t{*next_++} << held_;
      held_ += 8;
    }
  }

  /// The same, where the piece has a word left.
  void refill_fast() noexcept {
    std::uint64_t eight = 0;
    for (int i = 0; i < 8; ++i) eight |= std::uint64_t{next_[i]} << (8 * i);
    bits_ |= eight << held_;
    next_ += (63 - held_) >> 3;
    held_ |= 56;
  }

  void drop(int count) noexcept {
    bits_ >>= count;
    held_ -= count;
  }

  /// The next `count` bits, at most 32; where they are not to be had, the stream is truncated.
  std::uint32_t take(int count) noexcept {
    if (held_ < count) refill();
    if (held_ < count) {
      state_ = State::truncated;
      return 0;
    }
    const auto value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
    drop(count);
    return value;
  }

  /// Makes more bytes, until the buffer is full or the stream ends.
  void decompress() {
    if (made_ > window) {
      std::memmove(buffer_.data(), buffer_.data() + made_ - window, window);
      made_before_ += made_ - window;
      made_ = taken_ = window;
    }
    const std::size_t begin = made_;
    full_ = capacity - longest_copy - word;
    if (most_ - made_before_ < full_) full_ = static_cast<std::size_t>(most_ - made_before_);
    if (!started_) read_header();
    while (state_ == State::running && made_ < full_) {
      if (block_ == Block::none) {
        if (last_) {
          checksum_.add(buffer_.data() + begin, made_ - begin);
          finish();
          return;
        }
        read_block_header();
      } else if (block_ == Block::stored) {
        copy_stored();
      } else {
        decode();
      }
    }
    checksum_.add(buffer_.data() + begin, made_ - begin);
  }

  void read_header() noexcept {
    started_ = true;
    const std::uint32_t method = take(8);
    const std::uint32_t flags = take(8);
    if (state_ != State::running) return;
    const bool deflate = (method & 15) == 8 && method >> 4 <= 7;
    // A preset dictionary is not to be had.
    if (!deflate || (method * 256 + flags) % 31 != 0 || (flags & 32) != 0) state_ = State::corrupt;
  }

  /// Like zlib as PNG's readers use it, the checksum is compared only where it follows the data in
  /// the same piece.
  void finish() noexcept {
    drop(held_ & 7);
    state_ = State::ended;
    const std::ptrdiff_t ahead = held_ / 8;
    if (next_ - pieces_[piece_].data <= ahead || end_ - next_ + ahead < 4) return;
    const std::uint8_t* const sum = next_ - ahead;
    const std::uint32_t expected = std::uint32_t{sum[0]} << 24 | std::uint32_t{sum[1]} << 16 |
                                   std::uint32_t{sum[2]} << 8 | sum[3];
    if (expected != checksum_.value()) state_ = State::wrong_checksum;
  }

  void read_block_header() {
    last_ = take(1) == 1;
    const std::uint32_t kind = take(2);
    if (state_ != State::running) return;
    if (kind == 0) {
      drop(held_ & 7);
      const std::uint32_t length = take(16);
      const std::uint32_t inverse = take(16);
      if (state_ != State::running) return;
      if ((length ^ inverse) != 0xffff) {
        state_ = State::corrupt;
        return;
      }
      stored_left_ = length;
      block_ = Block::stored;
    } else if (kind == 1) {
      std::array<std::uint8_t, 288> lengths{};
      std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
      std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
      std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
      std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
      std::array<std::uint8_t, 32> distances{};
      distances.fill(5);
      build(lengths.data(), lengths.size(), distances.data(), distances.size());
    } else if (kind == 2) {
      read_codes();
    } else {
      state_ = State::corrupt;
    }
  }

  void build(const std::uint8_t* lengths, std::size_t length_count, const std::uint8_t* distances,
             std::size_t distance_count) {
    const bool valid = literals_.build(lengths, length_count, true, literal_meaning) &&
                       distances_.build(distances, distance_count, true, distance_meaning);
    if (valid) {
      block_ = Block::codes;
    } else {
      state_ = State::corrupt;
    }
  }

  static DeflateEntry literal_meaning(std::size_t symbol) noexcept {
    if (symbol < 256) {
      return {static_cast<std::uint16_t>(symbol), 0, DeflateEntry::literal, 0};
    }
    if (symbol == 256) return {0, 0, DeflateEntry::end, 0};
    if (symbol > 285) return {0, 0, DeflateEntry::invalid, 0};
    if (symbol == 285) return {longest_copy, 0, DeflateEntry::base, 0};
    // Four codes share a count of further bits, after the eight that have none.
    const std::size_t code = symbol - 257;
    const std::size_t extra = code < 8 ? 0 : code / 4 - 1;
    const std::size_t base = code < 8 ? 3 + code : 3 + ((4 + code % 4) << extra);
    return {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(extra), DeflateEntry::base,
            0};
  }

  static DeflateEntry distance_meaning(std::size_t symbol) noexcept {
    if (symbol > 29) return {0, 0, DeflateEntry::invalid, 0};
    const std::size_t extra = symbol < 4 ? 0 : symbol / 2 - 1;
    const std::size_t base = symbol < 4 ? 1 + symbol : 1 + ((2 + symbol % 2) << extra);
    return {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(extra), DeflateEntry::base,
            0};
  }

  void read_codes() {
    const std::size_t literal_count = take(5) + 257;
    const std::size_t distance_count = take(5) + 1;
    const std::size_t code_count = take(4) + 4;
    if (state_ != State::running) return;
    if (literal_count > 286 || distance_count > 30) {
      state_ = State::corrupt;
      return;
    }
    constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                 11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::array<std::uint8_t, 19> code_lengths{};
    for (std::size_t i = 0; i < code_count; ++i) {
      code_lengths[order[i]] = static_cast<std::uint8_t>(take(3));
    }
    const auto meaning = [](std::size_t symbol) {
      return DeflateEntry{static_cast<std::uint16_t>(symbol), 0, DeflateEntry::literal, 0};
    };
    if (state_ != State::running) return;
    DeflateCode<19, 7> codes;
    if (!codes.build(code_lengths.data(), code_lengths.size(), false, meaning)) {
      state_ = State::corrupt;
      return;
    }
    std::array<std::uint8_t, 286 + 30> lengths{};
    const std::size_t count = literal_count + distance_count;
    for (std::size_t i = 0; i < count;) {
      refill();
      const DeflateEntry entry = codes.find(bits_);
      take(entry.code_bits);
      std::size_t repeat = 1;
      std::uint8_t length = static_cast<std::uint8_t>(entry.value);
      if (entry.value > 15) {
        length = 0;
        if (entry.value == 16 && i > 0) length = lengths[i - 1];
        if (entry.value == 16 && i == 0) state_ = State::corrupt;
        repeat = entry.value == 16 ? 3 + take(2) : entry.value == 17 ? 3 + take(3) : 11 + take(7);
      }
      if (state_ == State::running && repeat > count - i) state_ = State::corrupt;
      if (state_ != State::running) return;
      std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(i), repeat, length);
      i += repeat;
    }
    // Without an end the block could not be left.
    if (lengths[256] == 0) {
      state_ = State::corrupt;
      return;
    }
    build(lengths.data(), literal_count, lengths.data() + literal_count, distance_count);
  }

  void copy_stored() {
    while (stored_left_ > 0 && made_ < full_) {
      // What was read ahead comes first.
      if (held_ >= 8) {
        buffer_[made_++] = static_cast<std::uint8_t>(bits_);
        drop(8);
        --stored_left_;
        continue;
      }
      bits_ = 0;
      if (!has_input()) {
        state_ = State::truncated;
        return;
      }
      const std::size_t count =
          std::min({stored_left_, full_ - made_, static_cast<std::size_t>(end_ - next_)});
      std::memcpy(buffer_.data() + made_, next_, count);
      next_ += count;
      made_ += count;
      stored_left_ -= count;
    }
    if (stored_left_ == 0) block_ = Block::none;
  }

  /// Decodes symbols until the block ends or the buffer is full.
  void decode() {
    while (made_ < full_) {
      // A literal and a copy take at most 15 + 15 + 5 + 15 + 13 bits, and read two words ahead.
      if (static_cast<std::size_t>(end_ - next_) >= 2 * word) {
        refill_fast();
        DeflateEntry entry = literals_.find(bits_);
        if (entry.kind == DeflateEntry::literal) {
          buffer_[made_++] = static_cast<std::uint8_t>(entry.value);
          drop(entry.code_bits);
          entry = literals_.find(bits_);
          if (entry.kind == DeflateEntry::literal) {
            buffer_[made_++] = static_cast<std::uint8_t>(entry.value);
            drop(entry.code_bits);
            entry = literals_.find(bits_);
          }
          refill_fast();
        }
        if (!apply(entry)) return;
      } else {
        refill();
        if (!apply(literals_.find(bits_))) return;
      }
    }
  }

  /// Takes the symbol that `entry` begins out of the bits, of which all that it needs are held, or
  /// the stream ends. False where the block does.
  bool apply(const DeflateEntry entry) {
    if (entry.kind == DeflateEntry::base) {
      const std::uint64_t after = bits_ >> (entry.code_bits + entry.extra_bits);
      const DeflateEntry reach = distances_.find(after);
      const int needed = entry.code_bits + entry.extra_bits + reach.code_bits + reach.extra_bits;
      if (needed > held_) return stop(State::truncated);
      if (reach.kind != DeflateEntry::base) return stop(State::corrupt);
      const std::size_t length =
          entry.value + (bits_ >> entry.code_bits & ((1U << entry.extra_bits) - 1));
      const std::size_t distance =
          reach.value + (after >> reach.code_bits & ((1U << reach.extra_bits) - 1));
      drop(needed);
      if (distance > made_) return stop(State::corrupt);
      copy(length, distance);
      return true;
    }
    if (entry.code_bits > held_) return stop(State::truncated);
    drop(entry.code_bits);
    if (entry.kind == DeflateEntry::literal) {
      buffer_[made_++] = static_cast<std::uint8_t>(entry.value);
      return true;
    }
    if (entry.kind != DeflateEntry::end) return stop(State::corrupt);
    block_ = Block::none;
    return false;
  }

  bool stop(State state) noexcept {
    state_ = state;
    return false;
  }

  /// Repeats `length` bytes from `distance` before. The buffer has a word to spare beyond them.
  void copy(std::size_t length, std::size_t distance) noexcept {
    std::uint8_t* to = buffer_.data() + made_;
    const std::uint8_t* from = to - distance;
    made_ += length;
    if (distance == 1) {
      std::memset(to, *from, length);
      return;
    }
    std::uint8_t* const end = to + length;
    if (distance >= word) {
      do {
        std::memcpy(to, from, word);
        to += word;
        from += word;
      } while (to < end);
      return;
    }
    do *to++ = *from++;
    while (to < end);
  }

  std::vector<ByteSpan> pieces_;
  std::uint64_t most_;
  std::size_t piece_ = 0;
  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t bits_ = 0;
  int held_ = 0;

  State state_ = State::running;
  Block block_ = Block::none;
  bool started_ = false;
  bool last_ = false;
  std::size_t stored_left_ = 0;
  DeflateCode<288, 11> literals_;
  DeflateCode<32, 8> distances_;

  std::vector<std::uint8_t> buffer_;
  std::uint64_t made_before_ = 0;  // bytes that have left the buffer
  std::size_t made_ = 0;           // bytes in the buffer
  std::size_t taken_ = 0;          // of them, those that were read
  std::size_t full_ = 0;           // bytes in the buffer beyond which no more are made
  Adler32 checksum_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
