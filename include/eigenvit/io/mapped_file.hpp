/// Read-only access to the bytes of a file without reading them all into memory.
#ifndef EIGENVIT_IO_MAPPED_FILE_HPP
#define EIGENVIT_IO_MAPPED_FILE_HPP

#include <cstddef>
#include <filesystem>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The bytes of one regular file, mapped into memory (mmap, MapViewOfFile); where mapping is not to
/// be had they are read. The file must not be changed while it is mapped: a file that is cut short
/// meanwhile ends the program with a signal on POSIX systems, as with every mapping.
class MappedFile {
 public:
  /// Throws FileError when the file is missing, cannot be read, is empty, or is a folder or another
  /// thing that is not a regular file. Cost: no byte is read until it is used.
  explicit MappedFile(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  /// First byte; aligned to a page when mapped. Null after the file was moved away.
  const std::byte* data() const noexcept { return data_; }
  /// Bytes, at least 1.
  std::size_t size() const noexcept { return size_; }
  const std::filesystem::path& path() const noexcept { return path_; }

  /// Gives the memory of the pages that hold bytes `offset` to `offset + bytes` back to the system.
  /// They stay readable (they are fetched from the file again), so this is about peak memory, never
  /// about correctness. Does nothing where the file was read instead of mapped.
  void release(std::size_t offset, std::size_t bytes) const noexcept;

 private:
  void unmap() noexcept;
  void read_all();

  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
  std::vector<std::byte> copy_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/mapped_file.inl>
#endif

#endif
