/// Files that gzip packed.
#ifndef EIGENVIT_IO_GZIP_HPP
#define EIGENVIT_IO_GZIP_HPP

#include <cstddef>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What a file of one member holds. `source` begins messages. Throws FormatError when it is
/// damaged or holds more than `most` bytes; no more are ever made. Source: RFC 1952.
std::string read_gzip(std::string_view packed, const std::string& source, std::size_t most);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/gzip.inl>
#endif

#endif
