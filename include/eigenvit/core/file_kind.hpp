/// What a file is, whatever its name says: what failed downloads, clones and copies leave in the
/// place of pictures, weights and configurations.
#ifndef EIGENVIT_CORE_FILE_KIND_HPP
#define EIGENVIT_CORE_FILE_KIND_HPP

#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

enum class FileKind {
  other,        ///< also a file without bytes
  lfs_pointer,  ///< what a repository holds that was cloned without Git LFS
  html,
  svg,
  xml,   ///< of no kind that its first bytes tell
  json,  ///< text that begins as an object or an array does
  text,  ///< ASCII
  zeros,
  gzip,
  zip,     ///< also PyTorch's files
  pickle,  ///< Python's objects; PyTorch's files of before 1.6
  gguf,
  hdf5,
  archive  ///< a compressed file or archive of another kind
};

/// By the first bytes of a file, of which no more than 512 are looked at. Byte order marks and
/// white space before text do not count.
/// Source: git-lfs, docs/spec.md, and its source for the older names of the host.
FileKind file_kind(std::string_view start) noexcept;

/// What such a file is called in messages, with its article; empty for `other`.
std::string_view file_kind_name(FileKind kind) noexcept;

/// The text from its first character on that is no white space, without a byte order mark.
std::string_view trimmed_start(std::string_view text) noexcept;

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/file_kind.inl>
#endif

#endif
