/// A file through the system's own calls, where streams do not suffice.
#ifndef EIGENVIT_CORE_SYSTEM_FILE_HPP
#define EIGENVIT_CORE_SYSTEM_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// An open file, which may be locked against other programs that use this class. Reading, writing
/// and the lock go through one handle: on network file systems, a second handle can neither read
/// nor write what the first has locked. The lock ends with the object or with the process.
class SystemFile {
 public:
  enum class Create { never, if_missing, always };
  enum class Lock {
    taken,
    held,        ///< by another object, in this process or another
    unsupported  ///< the file system has no locks
  };

  SystemFile() = default;
  /// Opens a file for reading and writing, or makes it with the permissions that the process gives
  /// new files. `always` fails where the path exists. A link is not followed.
  SystemFile(const std::filesystem::path& path, Create create, std::error_code& error) noexcept;

  SystemFile(SystemFile&& other) noexcept;
  SystemFile& operator=(SystemFile&& other) noexcept;
  ~SystemFile();

  bool is_open() const noexcept { return handle_ != closed; }
  void close() noexcept;

  /// Locks the file, without waiting.
  Lock lock() noexcept;
  /// Whether that path is still the name of this file: it may have been removed or replaced between
  /// opening and locking.
  bool is_at(const std::filesystem::path& path) const noexcept;

  bool write(std::uint64_t offset, const void* bytes, std::size_t size) noexcept;
  /// Gives how many bytes there were, which at the end of the file are fewer.
  std::size_t read(std::uint64_t offset, void* bytes, std::size_t size) noexcept;
  bool resize(std::uint64_t size) noexcept;
  /// Whether the system has accepted what was written: network file systems report it only when a
  /// handle is closed.
  bool settle() noexcept;
  /// Waits until everything has arrived on the disk. True, too, where the file system cannot do it.
  bool flush() noexcept;

  /// Takes over the permissions of another file and, as far as the process may, its owner.
  bool copy_permissions(const std::filesystem::path& from) noexcept;

 private:
#if defined(_WIN32)
  using Handle = void*;
  static constexpr Handle closed = nullptr;
#else
  using Handle = int;
  static constexpr Handle closed = -1;
#endif

  Handle handle_ = closed;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/system_file.inl>
#endif

#endif
