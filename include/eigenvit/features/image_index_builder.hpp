/// Building an index of images, with interruptions.
#ifndef EIGENVIT_FEATURES_IMAGE_INDEX_BUILDER_HPP
#define EIGENVIT_FEATURES_IMAGE_INDEX_BUILDER_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/features/image_index_file.hpp>
#include <eigenvit/features/index_journal.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Gathers the vectors of images and writes them as an index, which `ImageIndex` opens.
///
/// Vectors go to a journal beside the index, `<path>.partial`: when the program ends before
/// `commit`, in whatever way, a builder of the same path and model goes on with what was flushed.
/// Of an index that is there already, what has not changed is taken over. The index itself is
/// written beside its place and renamed, so that it is always the old one or the new one, complete.
/// One builder at a time, in all programs, may be at work on an index.
///
///     eigenvit::ImageIndexBuilder builder("index.safetensors", info);
///     if (!builder.has(name, stamp)) builder.add(name, stamp, vector);
///     builder.flush();        // after every batch
///     builder.commit(names);  // all of them, in the order of the index
class ImageIndexBuilder {
 public:
  /// Throws `FileError` when files cannot be read or written or another builder is at work on the
  /// index, `FormatError` when the path holds something else than an index and `ConfigError` when
  /// it holds that of another model: neither is overwritten. A journal of another model or folder
  /// is discarded.
  ImageIndexBuilder(const std::filesystem::path& path, ImageIndexInfo info);

  /// Whether there is a vector of that file as it is now.
  bool has(const std::string& name, const FileStamp& stamp) const;

  /// Adds `vector [D]`, of length 1. Throws `ShapeError` when its width or length is another,
  /// `FormatError` for a name that is empty, holds a zero byte or has more than 256 KiB,
  /// `FileError` when it cannot be written.
  void add(const std::string& name, const FileStamp& stamp, const ConstVectorRef<float>& vector);

  /// What was added survives the end of the program, however it comes; this makes it survive a loss
  /// of power, too, all but the last seconds.
  void flush() { journal_.flush(); }

  /// Writes the index of those of `names` that have a vector, in that order, waits until it is on
  /// the disk, and removes the journal. Gives their number. Nothing is written where the index is
  /// as it should be already. Throws `FileError` when there is none at all or it cannot be written;
  /// the journal then stays.
  std::size_t commit(const std::vector<std::string>& names);

 private:
  struct Entry {
    FileStamp stamp;
    bool in_journal = false;
    std::uint64_t place = 0;  ///< in the journal, or the row of the old index
  };

  std::filesystem::path path_;
  ImageIndexInfo info_;
  detail::IndexJournal journal_;
  std::optional<detail::ImageIndexFile> old_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/image_index_builder.inl>
#endif

#endif
