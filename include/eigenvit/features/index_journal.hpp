/// What has been embedded so far, kept on disk while an index is being built.
#ifndef EIGENVIT_FEATURES_INDEX_JOURNAL_HPP
#define EIGENVIT_FEATURES_INDEX_JOURNAL_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/system_file.hpp>
#include <eigenvit/features/image_index_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A file of records that is only ever appended to. Each record has a length and a hash, so that
/// one which was being written when the program or the machine went down is found and cut off:
///
///     length   u32, bytes of the payload
///     payload  first record: "eigenvit index journal 2", fingerprint, width, folder: a line each
///              the others: bytes i64, time i64 (`FileStamp`), vector F32 [D], name
///     hash     u64, FNV-1a of the payload
///
/// Little-endian. A journal of another model, folder or format is begun anew. It is locked as long
/// as the object lives, so that one program at a time writes an index; the lock of a program that
/// was killed ends with it. On a file system without locks this is left to the user.
class IndexJournal {
 public:
  struct Record {
    std::string name;
    FileStamp stamp;
    std::uint64_t begin = 0;  ///< where in the file the record begins
  };

  /// Bytes of a name, more than any system takes.
  static constexpr std::size_t longest_name = std::size_t{1} << 18;

  /// Continues the journal at that path or begins it. Throws `FileError` when it cannot be read or
  /// written, or when another object, of this process or another, has it open.
  IndexJournal(const std::filesystem::path& path, const ImageIndexInfo& info);

  IndexJournal(const IndexJournal&) = delete;
  IndexJournal& operator=(const IndexJournal&) = delete;
  /// Removes a journal without records; another one stays for the next time.
  ~IndexJournal();

  /// What was found when the journal was opened, in the order in which it was written.
  const std::vector<Record>& found() const noexcept { return found_; }

  /// Appends a record, `vector [D]`, and gives its place: from then on it survives the end of this
  /// program. Throws `FileError`.
  std::uint64_t add(const std::string& name, const FileStamp& stamp, const float* vector);

  /// Has what was added written to the disk, where it survives a loss of power, unless that was
  /// done in the last seconds: a disk takes some ten milliseconds for it. Throws `FileError`.
  void flush();

  /// Reads the vector of a record again. Throws `FormatError` when what is there is not the record
  /// of that image in that state.
  void read(const Record& record, float* vector);

  /// Removes the file; nothing can be added after this.
  void remove() noexcept;

 private:
  /// Opens the file and locks it.
  void open();
  /// Reads the record at `begin` to `payload_`; false where there is no complete one.
  bool read_record(std::uint64_t begin);
  std::uint64_t append_payload();
  void find_records();
  [[noreturn]] void fail_to_write() const;

  std::filesystem::path path_;
  std::size_t vector_bytes_;
  std::string header_;
  std::string payload_;  // of one record
  std::string record_;   // the payload with length and hash
  std::uint64_t end_ = 0;
  std::vector<Record> found_;
  std::uint64_t records_ = 0;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
  SystemFile file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/index_journal.inl>
#endif

#endif
