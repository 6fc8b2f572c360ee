/// Writing a file so that it is either as it was or complete.
#ifndef EIGENVIT_CORE_REPLACED_FILE_HPP
#define EIGENVIT_CORE_REPLACED_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A file that is about to take the place of another:
///
///     ReplacedFile file(path);
///     file.write(bytes.data(), bytes.size());
///     file.commit();
///
/// The bytes go to a temporary file beside the target, which `commit` renames. Without `commit`,
/// for example when an exception passes, the temporary file is removed. All members throw
/// `FileError` where the file cannot be written.
class ReplacedFile {
 public:
  /// Creates the temporary file.
  explicit ReplacedFile(const std::filesystem::path& path);

  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;
  ~ReplacedFile();

  /// Moves to `offset` bytes from the beginning; the next `write` begins there.
  void seek(std::uint64_t offset);
  void write(const void* bytes, std::size_t size);
  /// `to_disk` first waits until the bytes have arrived there: a loss of power then leaves the file
  /// as it was or complete, too.
  void commit(bool to_disk = false);

 private:
  [[noreturn]] void fail_to_write() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
  bool committed_ = false;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/replaced_file.inl>
#endif

#endif
