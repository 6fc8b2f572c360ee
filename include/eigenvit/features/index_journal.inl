#ifndef EIGENVIT_FEATURES_INDEX_JOURNAL_INL
#define EIGENVIT_FEATURES_INDEX_JOURNAL_INL

#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/flush_folder.hpp>
#include <eigenvit/core/fnv1a.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/features/index_journal.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline std::uint64_t fnv1a(const std::string& bytes) {
  Fnv1a hash;
  hash.add(bytes.data(), bytes.size());
  return hash.value();
}

EIGENVIT_INLINE IndexJournal::IndexJournal(const std::filesystem::path& path,
                                           const ImageIndexInfo& info)
    : path_(path),
      vector_bytes_(static_cast<std::size_t>(info.width) * sizeof(float)),
      header_(message({"eigenvit index journal 2\n", info.fingerprint, "\n", info.width, "\n",
                       info.folder, "\n"})) {
  open();
  find_records();
  if (!file_.resize(end_)) fail_to_write();
  if (end_ > 0) return;
  payload_ = header_;
  try {
    append_payload();
  } catch (...) {
    remove();  // an object that is not made has no destructor
    throw;
  }
  flush_folder(path_.parent_path());
}

EIGENVIT_INLINE IndexJournal::~IndexJournal() {
  if (records_ == 0) remove();
}

EIGENVIT_INLINE void IndexJournal::open() {
  // A file system whose numbers of files change would never have the name for the file.
  for (int tries = 0; tries < 100; ++tries) {
    std::error_code error;
    SystemFile file(path_, SystemFile::Create::if_missing, error);
    if (!file.is_open()) {
      raise<FileError>({path_text(path_), ": cannot be written: ", error.message()});
    }
    if (file.lock() == SystemFile::Lock::held) {
      raise<FileError>(
          {path_text(path_), ": expected no other program to write this index, found one at work"});
    }
    // Another program may have removed its journal between opening and locking.
    if (!file.is_at(path_)) continue;
    file_ = std::move(file);
    return;
  }
  raise<FileError>({path_text(path_), ": cannot be locked: other files take its place"});
}

EIGENVIT_INLINE bool IndexJournal::read_record(std::uint64_t begin) {
  std::uint32_t length = 0;
  if (file_.read(begin, &length, sizeof length) != sizeof length) return false;
  // A larger length is not one.
  const std::size_t longest = 16 + vector_bytes_ + longest_name;
  if (length > longest) return false;
  record_.resize(length + sizeof(std::uint64_t));
  if (file_.read(begin + sizeof length, record_.data(), record_.size()) != record_.size()) {
    return false;
  }
  std::uint64_t hash = 0;
  std::memcpy(&hash, record_.data() + length, sizeof hash);
  payload_.assign(record_, 0, length);
  return hash == fnv1a(payload_);
}

EIGENVIT_INLINE void IndexJournal::find_records() {
  if (!read_record(0) || payload_ != header_) return;
  end_ = 4 + payload_.size() + 8;
  while (read_record(end_) && payload_.size() > 16 + vector_bytes_) {
    Record record;
    std::memcpy(&record.stamp.bytes, payload_.data(), 8);
    std::memcpy(&record.stamp.time, payload_.data() + 8, 8);
    record.name = payload_.substr(16 + vector_bytes_);
    record.begin = end_;
    end_ += 4 + payload_.size() + 8;
    found_.push_back(std::move(record));
  }
  records_ = found_.size();
}

EIGENVIT_INLINE std::uint64_t IndexJournal::append_payload() {
  const auto length = static_cast<std::uint32_t>(payload_.size());
  const std::uint64_t hash = fnv1a(payload_);
  record_.assign(reinterpret_cast<const char*>(&length), sizeof length);
  record_ += payload_;
  record_.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  if (!file_.write(end_, record_.data(), record_.size())) fail_to_write();
  return std::exchange(end_, end_ + record_.size());
}

EIGENVIT_INLINE std::uint64_t IndexJournal::add(const std::string& name, const FileStamp& stamp,
                                                const float* vector) {
  payload_.resize(16 + vector_bytes_);
  std::memcpy(payload_.data(), &stamp.bytes, 8);
  std::memcpy(payload_.data() + 8, &stamp.time, 8);
  std::memcpy(payload_.data() + 16, vector, vector_bytes_);
  payload_ += name;
  ++records_;
  return append_payload();
}

EIGENVIT_INLINE void IndexJournal::flush() {
  const auto now = std::chrono::steady_clock::now();
  if (now - flushed_ < std::chrono::seconds(5)) return;
  flushed_ = now;
  if (!file_.flush()) fail_to_write();
}

EIGENVIT_INLINE void IndexJournal::read(const Record& record, float* vector) {
  const bool found = read_record(record.begin) &&
                     payload_.size() == 16 + vector_bytes_ + record.name.size() &&
                     payload_.compare(16 + vector_bytes_, std::string::npos, record.name) == 0 &&
                     std::memcmp(payload_.data(), &record.stamp.bytes, 8) == 0 &&
                     std::memcmp(payload_.data() + 8, &record.stamp.time, 8) == 0;
  if (!found) {
    raise<FormatError>({path_text(path_), ": expected the record of ", Quoted{record.name},
                        " at byte ", record.begin,
                        ", found another: did a second program write to it?"});
  }
  std::memcpy(vector, payload_.data() + 16, vector_bytes_);
}

EIGENVIT_INLINE void IndexJournal::remove() noexcept {
  if (!file_.is_open()) return;
  // Removed before the lock ends: a program that opened the file before finds its name gone.
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  file_.close();
}

EIGENVIT_INLINE void IndexJournal::fail_to_write() const {
  raise<FileError>({path_text(path_), ": writing failed: the disk is full or went away"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
