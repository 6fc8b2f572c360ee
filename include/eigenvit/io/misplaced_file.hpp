/// Refuses files that lie in the place of others, and says what they are.
#ifndef EIGENVIT_IO_MISPLACED_FILE_HPP
#define EIGENVIT_IO_MISPLACED_FILE_HPP

#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/file_kind.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `FormatError`, which says what is to be done, where the bytes are a Git LFS pointer.
/// `source` names the file.
inline void refuse_lfs_pointer(std::string_view bytes, const std::string& source) {
  if (file_kind(bytes) != FileKind::lfs_pointer) return;
  raise<FormatError>({source,
                      ": expected the file itself, found a Git LFS pointer in its place: run "
                      "git lfs pull"});
}

/// What may have happened to a file of that kind, or what to do about it.
inline std::string_view misplaced_file_advice(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::zip:
    case FileKind::pickle:
      return "what PyTorch pickled is not read: save it as safetensors in Python";
    case FileKind::gguf:
    case FileKind::hdf5:
      return "save it as safetensors in Python";
    case FileKind::gzip:
    case FileKind::archive:
      return "unpack it first";
    default:
      return "a download or copy may have failed";
  }
}

/// Throws `FormatError` where the bytes are those of a file of another kind than is expected.
inline void refuse_misplaced_file(FileKind kind, const std::string& source,
                                  std::string_view expected) {
  if (kind == FileKind::other) return;
  raise<FormatError>({source, ": expected ", expected, ", found ", file_kind_name(kind), ": ",
                      misplaced_file_advice(kind)});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
