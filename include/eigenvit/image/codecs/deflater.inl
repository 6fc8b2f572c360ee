/// zlib's compression, for PNG.
#ifndef EIGENVIT_IMAGE_CODECS_DEFLATER_INL
#define EIGENVIT_IMAGE_CODECS_DEFLATER_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/checksums.inl>
#include <eigenvit/image/codecs/prefix_words.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Compresses bytes into a zlib stream, which it appends to `out`: the longest earlier match of
/// each place, found along chains of places with the same four bytes, unless the next place has a
/// longer one; each block in whichever is shortest, codes of its own, the fixed ones or as it is.
///
/// Sources: RFC 1950 and RFC 1951.
class Deflater {
 public:
  explicit Deflater(std::vector<std::uint8_t>& out)
      : out_(out), newest_(std::size_t{1} << hash_bits), older_(window) {
    symbols_.reserve(block_symbols);
    std::array<std::uint8_t, literal_count> lengths{};
    for (std::size_t symbol = 0; symbol < literal_count; ++symbol) {
      lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    }
    fixed_literals_.assign(lengths);
    std::array<std::uint8_t, distance_count> five{};
    five.fill(5);
    fixed_distances_.assign(five);
  }

  /// At most 4 GB.
  void compress(const std::uint8_t* bytes, std::size_t size) {
    bytes_ = bytes;
    size_ = size;
    out_.push_back(0x78);  // deflate with a window of 32 KiB
    out_.push_back(0x5E);  // no dictionary, and makes the two a multiple of 31
    std::size_t at = 0;
    while (at < size) {
      Match match = longest_match(at, shortest_match - 1);
      remember(at);
      while (match.length >= shortest_match && match.length < lazy_length) {
        const Match next = longest_match(at + 1, match.length);
        if (next.length <= match.length) break;
        add_literal(at++);
        remember(at);
        match = next;
      }
      if (match.length < shortest_match) {
        add_literal(at++);
      } else {
        add_match(match);
        const std::size_t end = at + match.length;
        while (++at < end) remember(at);
      }
      if (symbols_.size() + lazy_length >= block_symbols) end_block(at, at == size);
    }
    if (!symbols_.empty() || size == 0) end_block(size, true);
    flush_byte();
    Adler32 checksum;
    checksum.add(bytes, size);
    for (int shift = 24; shift >= 0; shift -= 8) {
      out_.push_back(static_cast<std::uint8_t>(checksum.value() >> shift));
    }
  }

 private:
  static constexpr std::size_t window = 32768;
  static constexpr int hash_bits = 15;
  static constexpr std::size_t shortest_copy = 3, longest_copy = 258;
  /// Shorter matches take more bits than the filtered bytes of a photograph.
  static constexpr std::size_t shortest_match = 5;
  /// Places that are tried, and lengths from which no longer match is looked for: here, and at the
  /// next place. Twice as many tries make files 1 % smaller and take a third longer.
  static constexpr int tries = 8;
  static constexpr std::size_t good_length = 66, lazy_length = 32;
  static constexpr std::size_t block_symbols = 32768;
  static constexpr std::size_t literal_count = 288, distance_count = 30, length_count = 19;
  static constexpr std::size_t end_of_block = 256, first_length = 257;

  struct Match {
    std::size_t length = 0, distance = 0;
  };

  /// What a number becomes: a symbol and the bits that follow its word.
  struct Coded {
    std::size_t symbol;
    int extra_bits;
    std::uint32_t extra;
  };

  /// The number of the bits of `value` after its first one.
  static int log2(std::uint32_t value) noexcept {
    int bits = 0;
    while (value >>= 1) ++bits;
    return bits;
  }

  static Coded code_of_length(std::size_t length) noexcept {
    if (length == longest_copy) return {285, 0, 0};
    const auto number = static_cast<std::uint32_t>(length - shortest_copy);
    if (number < 8) return {first_length + number, 0, 0};
    const int extra = log2(number) - 2;
    return {first_length + 4 * (static_cast<std::size_t>(extra) + 1) + (number >> extra & 3), extra,
            number & ((1U << extra) - 1)};
  }

  static Coded code_of_distance(std::size_t distance) noexcept {
    const auto number = static_cast<std::uint32_t>(distance - 1);
    if (number < 4) return {number, 0, 0};
    const int extra = log2(number) - 1;
    return {2 * (static_cast<std::size_t>(extra) + 1) + (number >> extra & 1), extra,
            number & ((1U << extra) - 1)};
  }

  static constexpr std::size_t hashed = 4;  // bytes

  std::size_t hash(std::size_t at) const noexcept {
    std::uint32_t four = 0;
    for (std::size_t i = 0; i < hashed; ++i) four |= std::uint32_t{bytes_[at + i]} << (8 * i);
    return four * 0x9E3779B1U >> (32 - hash_bits);
  }

  /// Puts a place before the others of its chain. Places are counted from 1; 0 ends a chain.
  void remember(std::size_t at) noexcept {
    if (at + hashed > size_) return;
    std::uint32_t& newest = newest_[hash(at)];
    older_[at % window] = newest;
    newest = static_cast<std::uint32_t>(at + 1);
  }

  /// The longest match of more than `least` bytes, the nearest of several; or one of length 0.
  Match longest_match(std::size_t at, std::size_t least) const noexcept {
    Match best{least, 0};
    const std::size_t most = std::min(longest_copy, size_ - at);
    if (most <= least || most < hashed) return {};
    const std::uint8_t* const here = bytes_ + at;
    std::size_t next = newest_[hash(at)];
    for (int i = 0; i < tries && next != 0; ++i) {
      const std::size_t place = next - 1;
      if (at - place > window) break;
      const std::uint8_t* const there = bytes_ + place;
      if (there[best.length] == here[best.length]) {
        std::size_t length = 0;
        while (length < most && there[length] == here[length]) ++length;
        if (length > best.length) {
          best = {length, at - place};
          if (length >= std::min(good_length, most)) break;
        }
      }
      next = older_[place % window];
      // What was there has been overwritten by a place of the window after it.
      if (next > place) break;
    }
    return best.distance != 0 ? best : Match{};
  }

  /// A symbol of the block: a literal, or from `copy_bit` on a length and a distance.
  static constexpr std::uint32_t copy_bit = 1U << 31;

  void add_literal(std::size_t at) {
    symbols_.push_back(bytes_[at]);
    ++literal_uses_[bytes_[at]];
  }

  void add_match(const Match& match) {
    symbols_.push_back(copy_bit | static_cast<std::uint32_t>(match.length) << 16 |
                       static_cast<std::uint32_t>(match.distance - 1));
    ++literal_uses_[code_of_length(match.length).symbol];
    ++distance_uses_[code_of_distance(match.distance).symbol];
  }

  /// Writes what has been gathered, the bytes from the last block's end to `end`.
  void end_block(std::size_t end, bool last) {
    literal_uses_[end_of_block] = 1;
    PrefixWords<literal_count> literals;
    literals.fit(literal_uses_, 15);
    PrefixWords<distance_count> distances;
    distances.fit(distance_uses_, 15);
    const CodeHeader header(literals, distances);

    const std::size_t fixed = bits_of(fixed_literals_, fixed_distances_);
    const std::size_t own = header.bits() + bits_of(literals, distances);
    const std::size_t stored = 8 * (end - block_begin_) + 40 * (1 + (end - block_begin_) / 65535);
    if (stored < std::min(fixed, own)) {
      write_stored(end, last);
    } else {
      put(last ? 1 : 0, 1);
      put(own < fixed ? 2 : 1, 2);
      if (own < fixed) header.write(*this);
      own < fixed ? write(literals, distances) : write(fixed_literals_, fixed_distances_);
    }
    block_begin_ = end;
    symbols_.clear();
    literal_uses_.fill(0);
    distance_uses_.fill(0);
  }

  std::size_t bits_of(const PrefixWords<literal_count>& literals,
                      const PrefixWords<distance_count>& distances) const noexcept {
    std::size_t bits = 3;
    for (std::size_t symbol = 0; symbol < literal_count; ++symbol) {
      const std::size_t code = symbol - first_length;
      const std::size_t extra = symbol < first_length + 8 || symbol == 285 ? 0 : code / 4 - 1;
      bits += literal_uses_[symbol] * (static_cast<std::size_t>(literals.length(symbol)) + extra);
    }
    for (std::size_t symbol = 0; symbol < distance_count; ++symbol) {
      const std::size_t extra = symbol < 4 ? 0 : symbol / 2 - 1;
      bits += distance_uses_[symbol] * (static_cast<std::size_t>(distances.length(symbol)) + extra);
    }
    return bits;
  }

  /// The lengths of a block's two codes, run-length coded, with the code of that.
  class CodeHeader {
   public:
    CodeHeader(const PrefixWords<literal_count>& literals,
               const PrefixWords<distance_count>& distances) {
      literals_ = used(literals.lengths(), 257);
      distances_ = used(distances.lengths(), 1);
      std::vector<std::uint8_t> lengths(literals.lengths().begin(),
                                        literals.lengths().begin() + std::ptrdiff_t(literals_));
      lengths.insert(lengths.end(), distances.lengths().begin(),
                     distances.lengths().begin() + std::ptrdiff_t(distances_));
      std::array<std::uint32_t, length_count> uses{};
      for (std::size_t i = 0; i < lengths.size();) {
        std::size_t run = 1;
        while (i + run < lengths.size() && lengths[i + run] == lengths[i]) ++run;
        add_run(lengths[i], run);
        i += run;
      }
      for (const Coded& run : runs_) ++uses[run.symbol];
      code_.fit(uses, 7);
      kept_ = length_count;
      while (kept_ > 4 && code_.length(order[kept_ - 1]) == 0) --kept_;
    }

    std::size_t bits() const noexcept {
      std::size_t bits = 14 + 3 * kept_;
      for (const Coded& run : runs_) {
        bits += static_cast<std::size_t>(code_.length(run.symbol) + run.extra_bits);
      }
      return bits;
    }

    void write(Deflater& to) const {
      to.put(static_cast<std::uint32_t>(literals_ - 257), 5);
      to.put(static_cast<std::uint32_t>(distances_ - 1), 5);
      to.put(static_cast<std::uint32_t>(kept_ - 4), 4);
      for (std::size_t i = 0; i < kept_; ++i) {
        to.put(static_cast<std::uint32_t>(code_.length(order[i])), 3);
      }
      for (const Coded& run : runs_) {
        to.put(code_.word(run.symbol), code_.length(run.symbol));
        to.put(run.extra, run.extra_bits);
      }
    }

   private:
    static constexpr std::array<std::uint8_t, length_count> order = {
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    template <std::size_t count>
    static std::size_t used(const std::array<std::uint8_t, count>& lengths, std::size_t least) {
      std::size_t end = count;
      while (end > least && lengths[end - 1] == 0) --end;
      return end;
    }

    void add_run(std::uint8_t length, std::size_t run) {
      const auto add = [&](std::size_t symbol, int extra_bits, std::size_t least,
                           std::size_t most) {
        while (run >= least) {
          const std::size_t part = std::min(run, most);
          runs_.push_back({symbol, extra_bits, static_cast<std::uint32_t>(part - least)});
          run -= part;
        }
      };
      if (length == 0) {
        add(18, 7, 11, 138);
        add(17, 3, 3, 10);
      } else if (run > 3) {
        runs_.push_back({length, 0, 0});
        --run;
        add(16, 2, 3, 6);
      }
      for (; run > 0; --run) runs_.push_back({length, 0, 0});
    }

    std::vector<Coded> runs_;
    PrefixWords<length_count> code_;
    std::size_t literals_ = 0, distances_ = 0, kept_ = 0;
  };

  void write(const PrefixWords<literal_count>& literals,
             const PrefixWords<distance_count>& distances) {
    const auto write_coded = [&](const auto& words, const Coded& coded) {
      put(words.word(coded.symbol), words.length(coded.symbol));
      put(coded.extra, coded.extra_bits);
    };
    for (const std::uint32_t symbol : symbols_) {
      if ((symbol & copy_bit) == 0) {
        put(literals.word(symbol), literals.length(symbol));
      } else {
        write_coded(literals, code_of_length((symbol & ~copy_bit) >> 16));
        write_coded(distances, code_of_distance((symbol & 0xFFFF) + std::size_t{1}));
      }
    }
    put(literals.word(end_of_block), literals.length(end_of_block));
  }

  void write_stored(std::size_t end, bool last) {
    for (std::size_t at = block_begin_; at < end;) {
      const std::size_t count = std::min<std::size_t>(end - at, 65535);
      put(last && at + count == end ? 1 : 0, 1);
      put(0, 2);
      flush_byte();
      const auto length = static_cast<std::uint32_t>(count);
      put(length, 16);
      put(~length & 0xFFFF, 16);
      out_.insert(out_.end(), bytes_ + at, bytes_ + at + count);
      at += count;
    }
  }

  /// At most 16 bits, the lowest first.
  void put(std::uint32_t bits, int count) {
    held_ |= std::uint64_t{bits} << held_bits_;
    held_bits_ += count;
    while (held_bits_ >= 8) {
      out_.push_back(static_cast<std::uint8_t>(held_));
      held_ >>= 8;
      held_bits_ -= 8;
    }
  }

  void flush_byte() {
    if (held_bits_ > 0) put(0, 8 - held_bits_);
  }

  std::vector<std::uint8_t>& out_;
  const std::uint8_t* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> newest_;
  std::vector<std::uint32_t> older_;

  std::vector<std::uint32_t> symbols_;
  std::size_t block_begin_ = 0;
  std::array<std::uint32_t, literal_count> literal_uses_{};
  std::array<std::uint32_t, distance_count> distance_uses_{};
  PrefixWords<literal_count> fixed_literals_;
  PrefixWords<distance_count> fixed_distances_;

  std::uint64_t held_ = 0;
  int held_bits_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
