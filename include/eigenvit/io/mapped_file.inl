#ifndef EIGENVIT_IO_MAPPED_FILE_INL
#define EIGENVIT_IO_MAPPED_FILE_INL

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#elif defined(__unix__) || defined(__APPLE__)
#define EIGENVIT_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const std::string name = path_text(path);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    const bool is_link = std::filesystem::is_symlink(path, error);
    raise<FileError>({name, ": expected a file, found ",
                      is_link ? "a link that leads nowhere" : "nothing there"});
  }
  if (error) raise<FileError>({name, ": cannot be read: ", error.message()});
  if (status.type() == std::filesystem::file_type::directory) {
    raise<FileError>({name, ": expected a file, found a folder"});
  }
  if (status.type() != std::filesystem::file_type::regular) {
    raise<FileError>({name, ": expected a regular file, found a device, pipe or socket"});
  }
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) raise<FileError>({name, ": its size cannot be read: ", error.message()});
  if (bytes == 0) raise<FileError>({name, ": expected a file with content, found an empty file"});
  if (bytes > static_cast<std::uintmax_t>(std::numeric_limits<std::ptrdiff_t>::max())) {
    raise<FileError>({name, ": has ", bytes, " bytes, more than this system can address"});
  }
  size_ = static_cast<std::size_t>(bytes);

#if defined(_WIN32)
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                  nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    const std::error_code code(static_cast<int>(GetLastError()), std::system_category());
    raise<FileError>({name, ": cannot be opened: ", code.message()});
  }
  // The size of what was opened, should the file have changed since.
  LARGE_INTEGER length;
  const bool sized = GetFileSizeEx(file, &length) != 0 && length.QuadPart > 0;
  if (sized) size_ = static_cast<std::size_t>(length.QuadPart);
  const HANDLE mapping =
      sized ? CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr) : nullptr;
  if (mapping != nullptr) {
    // The view keeps the mapping and the file alive; the handles are not needed after this.
    const void* const view = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(mapping);
    if (view != nullptr) {
      data_ = static_cast<const std::byte*>(view);
      mapped_ = true;
    }
  }
  CloseHandle(file);
#elif defined(EIGENVIT_HAS_MMAP)
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    const std::error_code code(errno, std::generic_category());
    raise<FileError>({name, ": cannot be opened: ", code.message()});
  }
  // The size of what was opened, should the file have changed since.
  struct stat facts;
  if (::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0) {
    size_ = static_cast<std::size_t>(facts.st_size);
    void* const view = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    if (view != MAP_FAILED) {
      data_ = static_cast<const std::byte*>(view);
      mapped_ = true;
    }
  }
  ::close(file);
#endif
  if (!mapped_) read_all();
}

EIGENVIT_INLINE void MappedFile::read_all() {
  std::ifstream stream(path_, std::ios::binary);
  if (!stream) raise<FileError>({path_text(path_), ": cannot be opened"});
  copy_.resize(size_);
  constexpr std::size_t piece = std::size_t{1} << 24;
  for (std::size_t done = 0; done < size_;) {
    const std::size_t wanted = std::min(piece, size_ - done);
    stream.read(reinterpret_cast<char*>(copy_.data() + done), static_cast<std::streamsize>(wanted));
    if (stream.gcount() != static_cast<std::streamsize>(wanted)) {
      raise<FileError>({path_text(path_), ": expected ", size_, " bytes, reading ended after ",
                        done + static_cast<std::size_t>(stream.gcount())});
    }
    done += wanted;
  }
  data_ = copy_.data();
}

EIGENVIT_INLINE MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, false)),
      copy_(std::move(other.copy_)) {}

EIGENVIT_INLINE MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    unmap();
    path_ = std::move(other.path_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    mapped_ = std::exchange(other.mapped_, false);
    copy_ = std::move(other.copy_);
  }
  return *this;
}

EIGENVIT_INLINE MappedFile::~MappedFile() {
  unmap();
}

EIGENVIT_INLINE void MappedFile::unmap() noexcept {
  if (!mapped_) return;
#if defined(_WIN32)
  UnmapViewOfFile(data_);
#elif defined(EIGENVIT_HAS_MMAP)
  ::munmap(const_cast<std::byte*>(data_), size_);
#endif
  mapped_ = false;
  data_ = nullptr;
}

EIGENVIT_INLINE void MappedFile::release(std::size_t offset, std::size_t bytes) const noexcept {
  if (!mapped_ || offset >= size_ || bytes == 0) return;
  bytes = std::min(bytes, size_ - offset);
#if defined(_WIN32)
  // Unlocking pages that are not locked takes them out of the working set.
  VirtualUnlock(const_cast<std::byte*>(data_ + offset), bytes);
#elif defined(EIGENVIT_HAS_MMAP)
  const long reported = ::sysconf(_SC_PAGESIZE);
  const std::size_t page = reported > 0 ? static_cast<std::size_t>(reported) : 4096;
  // Whole pages, outwards: a neighbour's bytes on the first or last page are merely fetched again.
  const std::size_t first = offset / page * page;
  ::madvise(const_cast<std::byte*>(data_ + first), offset + bytes - first, MADV_DONTNEED);
#endif
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
