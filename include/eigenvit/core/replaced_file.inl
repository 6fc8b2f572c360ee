#ifndef EIGENVIT_CORE_REPLACED_FILE_INL
#define EIGENVIT_CORE_REPLACED_FILE_INL

#include <random>
#include <system_error>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/flush_to_disk.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/replaced_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A name beside `path` that no other program is likely to use.
EIGENVIT_INLINE std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  std::random_device device;
  std::filesystem::path temporary = path;
  temporary += message({".tmp-", device(), "-", device()});
  return temporary;
}

EIGENVIT_INLINE ReplacedFile::ReplacedFile(const std::filesystem::path& path)
    : path_(path),
      temporary_(temporary_beside(path)),
      stream_(temporary_, std::ios::binary | std::ios::trunc) {
  if (!stream_) {
    raise<FileError>({path_text(path), ": cannot be written: the folder is missing or read-only"});
  }
}

EIGENVIT_INLINE ReplacedFile::~ReplacedFile() {
  if (committed_) return;
  stream_.close();
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

EIGENVIT_INLINE void ReplacedFile::fail_to_write() const {
  raise<FileError>({path_text(path_), ": writing failed: the disk is full or went away"});
}

EIGENVIT_INLINE void ReplacedFile::seek(std::uint64_t offset) {
  stream_.seekp(static_cast<std::streamoff>(offset));
  if (!stream_) fail_to_write();
}

EIGENVIT_INLINE void ReplacedFile::write(const void* bytes, std::size_t size) {
  stream_.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  if (!stream_) fail_to_write();
}

EIGENVIT_INLINE void ReplacedFile::commit(bool to_disk) {
  stream_.close();
  if (!stream_ || (to_disk && !flush_to_disk(temporary_))) fail_to_write();
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) {
    raise<FileError>({path_text(path_), ": cannot be written: ", error.message()});
  }
  committed_ = true;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
