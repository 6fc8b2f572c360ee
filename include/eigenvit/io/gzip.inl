#ifndef EIGENVIT_IO_GZIP_INL
#define EIGENVIT_IO_GZIP_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/codecs/checksums.inl>
#include <eigenvit/image/codecs/inflater.inl>
#include <eigenvit/io/gzip.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Bytes of the header, none where it is damaged. The name and the comment are passed over.
inline std::size_t gzip_header(std::string_view packed) noexcept {
  constexpr std::size_t fixed = 10;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(packed[i]); };
  if (packed.size() < fixed || byte(0) != 0x1F || byte(1) != 0x8B || byte(2) != 8) return 0;
  constexpr unsigned has_checksum = 2, has_extra = 4, has_name = 8, has_comment = 16;
  const unsigned flags = byte(3);
  std::size_t at = fixed;
  if ((flags & has_extra) != 0) {
    if (packed.size() < at + 2) return 0;
    at += 2 + (byte(at) | std::size_t{byte(at + 1)} << 8);
  }
  for (const unsigned text : {has_name, has_comment}) {
    if ((flags & text) == 0) continue;
    const std::size_t end = packed.find('\0', std::min(at, packed.size()));
    if (end == std::string_view::npos) return 0;
    at = end + 1;
  }
  if ((flags & has_checksum) != 0) at += 2;
  return at <= packed.size() ? at : 0;
}

EIGENVIT_INLINE std::string read_gzip(std::string_view packed, const std::string& source,
                                      std::size_t most) {
  const auto refuse = [&](std::string_view expected) {
    raise<FormatError>({source, ": expected ", expected, ", found a damaged file"});
  };
  constexpr std::size_t trailer = 8;
  const std::size_t header = gzip_header(packed);
  if (header == 0 || packed.size() < header + trailer) refuse("a file packed by gzip");

  // The same stream as zlib's, which has another header and another checksum.
  constexpr std::array<std::uint8_t, 2> zlib_header{0x78, 0x9C};
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(packed.data());
  const std::size_t body = packed.size() - header;
  Inflater stream({{zlib_header.data(), zlib_header.size()}, {bytes + header, body}},
                  std::numeric_limits<std::uint64_t>::max());
  std::string unpacked;
  constexpr std::size_t step = std::size_t{1} << 16;
  for (std::size_t read = step; read == step;) {
    const std::size_t before = unpacked.size();
    unpacked.resize(before + step);
    read = stream.read(reinterpret_cast<std::uint8_t*>(&unpacked[before]), step);
    unpacked.resize(before + read);
    if (unpacked.size() > most) {
      raise<FormatError>({source, ": expected at most ", most, " bytes unpacked, found more"});
    }
  }
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{bytes[at + i]} << 8 * i;
    return value;
  };
  const std::uint32_t checksum =
      Crc32()(reinterpret_cast<const std::uint8_t*>(unpacked.data()), unpacked.size());
  if (number(packed.size() - 8) != checksum ||
      number(packed.size() - 4) != static_cast<std::uint32_t>(unpacked.size())) {
    refuse("the bytes that gzip packed");
  }
  return unpacked;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
