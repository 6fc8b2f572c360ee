#ifndef EIGENVIT_FEATURES_INDEX_JOURNAL_INL
#define EIGENVIT_FEATURES_INDEX_JOURNAL_INL

#include <cstring>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
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
      header_(message({"eigenvit index journal 1\n", info.fingerprint, "\n", info.width, "\n"})) {
  std::error_code error;
  if (std::filesystem::exists(path_, error)) {
    find_records();
    if (end_ > 0) {
      std::filesystem::resize_file(path_, end_, error);
      if (error) {
        raise<FileError>({path_text(path_), ": cannot be written: ", error.message()});
      }
    }
  }
  out_.open(path_, std::ios::binary | (end_ > 0 ? std::ios::app : std::ios::trunc));
  if (!out_) {
    raise<FileError>({path_text(path_), ": cannot be written: the folder is missing or read-only"});
  }
  if (end_ == 0) {
    payload_ = header_;
    append_payload();
    flush();
  }
}

EIGENVIT_INLINE IndexJournal::~IndexJournal() {
  if (records_ == 0 && out_.is_open()) remove();
}

EIGENVIT_INLINE bool IndexJournal::read_record(std::istream& stream) {
  std::uint32_t length = 0;
  // The longest name that a system takes is 32 Ki characters; a larger length is not one.
  const std::size_t longest = 16 + vector_bytes_ + (std::size_t{1} << 18);
  if (!stream.read(reinterpret_cast<char*>(&length), sizeof length) || length > longest) {
    return false;
  }
  payload_.resize(length);
  std::uint64_t hash = 0;
  return stream.read(payload_.data(), static_cast<std::streamsize>(length)) &&
         stream.read(reinterpret_cast<char*>(&hash), sizeof hash) && hash == fnv1a(payload_);
}

EIGENVIT_INLINE void IndexJournal::find_records() {
  std::ifstream stream(path_, std::ios::binary);
  if (!stream) raise<FileError>({path_text(path_), ": cannot be opened for reading"});
  if (!read_record(stream) || payload_ != header_) return;
  end_ = 4 + payload_.size() + 8;
  while (read_record(stream) && payload_.size() > 16 + vector_bytes_) {
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
  out_.write(reinterpret_cast<const char*>(&length), sizeof length);
  out_.write(payload_.data(), static_cast<std::streamsize>(payload_.size()));
  out_.write(reinterpret_cast<const char*>(&hash), sizeof hash);
  if (!out_) fail_to_write();
  const std::uint64_t begin = end_;
  end_ += 4 + payload_.size() + 8;
  return begin;
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
  if (!out_.flush()) fail_to_write();
}

EIGENVIT_INLINE void IndexJournal::read(std::uint64_t begin, float* vector) {
  if (!in_.is_open()) {
    flush();
    in_.open(path_, std::ios::binary);
  }
  in_.clear();
  in_.seekg(static_cast<std::streamoff>(begin));
  if (!read_record(in_) || payload_.size() <= 16 + vector_bytes_) {
    raise<FormatError>({path_text(path_), ": expected the record that was written at byte ", begin,
                        ", found another: did a second program write to it?"});
  }
  std::memcpy(vector, payload_.data() + 16, vector_bytes_);
}

EIGENVIT_INLINE void IndexJournal::remove() noexcept {
  out_.close();
  in_.close();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

EIGENVIT_INLINE void IndexJournal::fail_to_write() const {
  raise<FileError>({path_text(path_), ": writing failed: the disk is full or went away"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
