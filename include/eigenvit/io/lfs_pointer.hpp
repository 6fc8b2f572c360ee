/// The files that a repository cloned without Git LFS holds in place of the large ones.
#ifndef EIGENVIT_IO_LFS_POINTER_HPP
#define EIGENVIT_IO_LFS_POINTER_HPP

#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `FormatError`, which says what is to be done, where the bytes are a Git LFS pointer.
/// `source` names the file. Source: git-lfs, docs/spec.md.
inline void refuse_lfs_pointer(std::string_view bytes, const std::string& source) {
  for (const std::string_view start :
       {"version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/"}) {
    if (bytes.substr(0, start.size()) != start) continue;
    raise<FormatError>({source,
                        ": expected the file itself, found a Git LFS pointer in its place: run "
                        "git lfs pull"});
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
