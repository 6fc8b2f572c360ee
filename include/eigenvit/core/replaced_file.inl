#ifndef EIGENVIT_CORE_REPLACED_FILE_INL
#define EIGENVIT_CORE_REPLACED_FILE_INL

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/flush_folder.hpp>
#include <eigenvit/core/link_target.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/replaced_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the bytes go to what is there rather than into its place.
inline bool is_written_through(const std::filesystem::path& target) {
  if (open_file_number(target)) return true;
  std::error_code ignored;
  const auto type = std::filesystem::status(target, ignored).type();
  return type == std::filesystem::file_type::character ||
         type == std::filesystem::file_type::block || type == std::filesystem::file_type::fifo ||
         type == std::filesystem::file_type::socket;
}

/// Removes a temporary file if the program that wrote it is gone.
inline void remove_abandoned(const std::filesystem::path& path) noexcept {
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, error))) return;
  SystemFile file(path, SystemFile::Create::never, error);
  if (file.is_open() && file.lock() == SystemFile::Lock::taken && file.is_at(path)) {
    std::filesystem::remove(path, error);
  }
}

EIGENVIT_INLINE ReplacedFile::ReplacedFile(const std::filesystem::path& path,
                                           std::filesystem::path target)
    : path_(path), target_(std::move(target)) {}

// By way of another constructor, so that the destructor removes the temporary file where something
// fails in this one.
EIGENVIT_INLINE ReplacedFile::ReplacedFile(const std::filesystem::path& path)
    : ReplacedFile(path, link_target(path)) {
  if (is_written_through(target_)) {
    bytes_.emplace();
    return;
  }
  std::error_code error;
  if (std::filesystem::is_directory(target_, error)) fail("expected a file, found a folder");
  const bool exists = std::filesystem::exists(target_, error);
#if !defined(_WIN32)
  // Renaming replaces a read-only file, too.
  if (exists && ::access(target_.c_str(), W_OK) != 0) {
    fail(std::generic_category().message(errno));
  }
#endif
  create_temporary();
  if (exists && !file_.copy_permissions(target_)) fail("its permissions cannot be kept");
}

EIGENVIT_INLINE void ReplacedFile::create_temporary() {
  // Few, since those that killed programs have left are looked for under each number. Where more
  // programs write the same file at the same time, the others take random names.
  constexpr int numbers = 8;
  std::error_code error;
  const auto candidate = [&](unsigned number) {
    std::filesystem::path path = target_;
    path += message({".tmp-", number});
    return path;
  };
  for (unsigned number = 1; number <= numbers; ++number) {
    const std::filesystem::path path = candidate(number);
    remove_abandoned(path);
    if (!file_.is_open()) create_temporary(path, error);
  }
  if (!file_.is_open() && !create_temporary(candidate(std::random_device()()), error)) {
    fail(error.message());
  }
}

EIGENVIT_INLINE bool ReplacedFile::create_temporary(const std::filesystem::path& candidate,
                                                    std::error_code& error) {
  // Copied first: once there is a file, nothing may fail that forgets it.
  std::filesystem::path name = candidate;
  SystemFile file(candidate, SystemFile::Create::always, error);
  if (!file.is_open()) return false;
  // Another program may have taken it for one that was left, and locked it first.
  if (file.lock() == SystemFile::Lock::held || !file.is_at(candidate)) return false;
  file_ = std::move(file);
  temporary_ = std::move(name);
  return true;
}

EIGENVIT_INLINE ReplacedFile::~ReplacedFile() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

EIGENVIT_INLINE void ReplacedFile::fail(const std::string& why) const {
  raise<FileError>({path_text(path_), ": cannot be written: ", why});
}

EIGENVIT_INLINE void ReplacedFile::fail_to_write() const {
  raise<FileError>({path_text(path_), ": writing failed: the disk is full or went away"});
}

EIGENVIT_INLINE void ReplacedFile::write(const void* bytes, std::size_t size) {
  if (bytes_) {
    const auto begin = static_cast<std::size_t>(position_);
    bytes_->resize(std::max(bytes_->size(), begin + size));
    std::copy_n(static_cast<const char*>(bytes), size, bytes_->data() + begin);
  } else if (!file_.write(position_, bytes, size)) {
    fail_to_write();
  }
  position_ += size;
}

EIGENVIT_INLINE void ReplacedFile::write_through() const {
  std::FILE* opened = nullptr;
#if defined(_WIN32)
  opened = _wfopen(target_.c_str(), L"wb");
#else
  const std::optional<int> number = open_file_number(target_);
  if (number) {
    // Duplicated rather than opened again: what is there already stays.
    const int copy = ::dup(*number);
    opened = ::fdopen(copy, "wb");
    if (opened == nullptr && copy >= 0) {
      const int error = errno;
      ::close(copy);
      errno = error;
    }
  } else {
    opened = std::fopen(target_.c_str(), "wb");
  }
#endif
  if (opened == nullptr) fail(std::generic_category().message(errno));
  const bool written = std::fwrite(bytes_->data(), 1, bytes_->size(), opened) == bytes_->size();
  if (std::fclose(opened) != 0 || !written) fail_to_write();
}

EIGENVIT_INLINE void ReplacedFile::commit(bool to_disk) {
  if (bytes_) return write_through();
  if (!(to_disk ? file_.flush() : file_.settle())) fail_to_write();
#if defined(_WIN32)
  // Windows does not rename open files. Elsewhere the lock keeps other programs from removing the
  // file as an abandoned one until it has its name.
  file_.close();
#endif
  std::error_code error;
  std::filesystem::rename(temporary_, target_, error);
  if (error) fail(error.message());
  temporary_.clear();
  file_.close();
  if (to_disk && !flush_folder(target_.parent_path())) fail_to_write();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
