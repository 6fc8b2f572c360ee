/// Writing a file so that it is either as it was or complete.
#ifndef EIGENVIT_CORE_REPLACED_FILE_HPP
#define EIGENVIT_CORE_REPLACED_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/system_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A file that is about to take the place of another:
///
///     eigenvit::detail::ReplacedFile file(path);
///     file.write(bytes.data(), bytes.size());
///     file.commit();
///
/// The bytes go to a temporary file beside the target, `<target>.tmp-<number>`, which `commit`
/// renames. Without `commit`, for example when an exception passes, the temporary file is removed;
/// one that a killed program left there goes with the next file of the same target, which tells it
/// by its lock from one that is being written.
///
/// A link stays a link: the file that it names is replaced. A file keeps its permissions and, as
/// far as the process may, its owner; its other names (hard links) keep the old bytes, as backups
/// by hard links need it. Devices, pipes and open files (/dev/null, /dev/stdout) are never
/// replaced: the bytes are kept in memory and written there by `commit`, one after the other.
///
/// All members throw `FileError` where the file cannot be written.
class ReplacedFile {
 public:
  /// Creates the temporary file.
  explicit ReplacedFile(const std::filesystem::path& path);

  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;
  ~ReplacedFile();

  /// Moves to `offset` bytes from the beginning; the next `write` begins there.
  void seek(std::uint64_t offset) noexcept { position_ = offset; }
  void write(const void* bytes, std::size_t size);
  /// `to_disk` first waits until the bytes have arrived there, and then for the new name: a loss of
  /// power leaves the file as it was or complete, too.
  void commit(bool to_disk = false);

 private:
  ReplacedFile(const std::filesystem::path& path, std::filesystem::path target);
  void create_temporary();
  bool create_temporary(const std::filesystem::path& candidate, std::error_code& error);
  void write_through() const;
  [[noreturn]] void fail(const std::string& why) const;
  [[noreturn]] void fail_to_write() const;

  std::filesystem::path path_;    // as it was given, for messages
  std::filesystem::path target_;  // without links
  std::filesystem::path temporary_;
  SystemFile file_;
  std::optional<std::string> bytes_;  // of a target that is not replaced
  std::uint64_t position_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/replaced_file.inl>
#endif

#endif
