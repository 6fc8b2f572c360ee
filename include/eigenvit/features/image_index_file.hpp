/// The file that an index of images is kept in.
#ifndef EIGENVIT_FEATURES_IMAGE_INDEX_FILE_HPP
#define EIGENVIT_FEATURES_IMAGE_INDEX_FILE_HPP

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What the vectors of an index were made with and of.
struct ImageIndexInfo {
  std::string fingerprint;   ///< of model and options, `ImageEmbedder::fingerprint`
  std::string architecture;  ///< of the model, for messages
  std::string folder;        ///< UTF-8; the names are relative to it
  Index width = 0;           ///< D
  /// `Model::precision_record` of the last run that wrote the index; empty in older files. Vectors
  /// of any precision of a model may be compared.
  std::string precision = {};

  /// Throws `ConfigError`, which names `source`, unless fingerprint and width are those of another
  /// one, which is the expected one.
  void check(const ImageIndexInfo& expected, const std::string& source) const;
};

/// Size and time of the last change of a file, by which changed files are told from old ones.
struct FileStamp {
  std::int64_t bytes = 0;
  std::int64_t time = 0;  ///< of `std::filesystem::last_write_time`, in its own ticks

  bool operator==(const FileStamp& other) const noexcept {
    return bytes == other.bytes && time == other.time;
  }
};

/// The stamp of a file; zeros where there is none.
FileStamp stamp_of(const std::filesystem::path& file);

namespace detail {

/// An index in a safetensors file, checked, with its vectors still in the file.
///
///     embeddings   F32 [N, D]   rows of length 1
///     names        U8 [bytes]   UTF-8, each name followed by a zero byte
///     stamps       I64 [N, 2]   `FileStamp` of each
///     __metadata__ "format": "eigenvit image index 1", "fingerprint", "architecture", "folder",
///                  "precision", where it is known
class ImageIndexFile {
 public:
  /// Throws `FileError` when the file cannot be read and `FormatError` when it is no index.
  /// Cost: reads the names.
  static ImageIndexFile open(const std::filesystem::path& path);

  /// "eigenvit image index 1".
  static const char* format() noexcept;

  const ImageIndexInfo& info() const noexcept { return info_; }
  Index size() const noexcept { return static_cast<Index>(names_.size()); }  ///< N
  const std::vector<std::string>& names() const noexcept { return names_; }
  FileStamp stamp(Index image) const noexcept;

  /// Copies the vectors `[first, first + count)` to `out [count, D]`. They are not checked.
  void read(Index first, Index count, float* out) const noexcept;
  /// Gives the memory of the mapped vectors back to the system.
  void release() const noexcept { tensors_.release(*embeddings_); }

  /// The file, for messages.
  const std::string& source() const noexcept { return tensors_.source(); }

 private:
  explicit ImageIndexFile(TensorStore tensors);

  TensorStore tensors_;
  const TensorInfo* embeddings_ = nullptr;
  const TensorInfo* stamps_ = nullptr;
  ImageIndexInfo info_;
  std::vector<std::string> names_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/image_index_file.inl>
#endif

#endif
