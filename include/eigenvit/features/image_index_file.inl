#ifndef EIGENVIT_FEATURES_IMAGE_INDEX_FILE_INL
#define EIGENVIT_FEATURES_IMAGE_INDEX_FILE_INL

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/image_index_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A tensor of an index. Throws `FormatError` when it is missing or of another type or rank.
inline const TensorInfo& index_tensor(const TensorStore& tensors, const char* name, DType dtype,
                                      std::size_t rank) {
  const TensorInfo& info = tensors.at(name);
  if (info.dtype != dtype || info.shape.size() != rank) {
    raise<FormatError>({tensors.source(), ": tensor ", Quoted{name}, ": expected ",
                        dtype_name(dtype), " with ", rank, rank == 1 ? " size" : " sizes",
                        ", found ", info.description()});
  }
  return info;
}

}  // namespace detail

EIGENVIT_INLINE void ImageIndexInfo::check(const ImageIndexInfo& expected,
                                           const std::string& source) const {
  if (fingerprint == expected.fingerprint && width == expected.width) return;
  detail::raise<ConfigError>({source, ": expected vectors of this model and these options (",
                              detail::Quoted{expected.architecture}, ", fingerprint ",
                              detail::Quoted{expected.fingerprint}, ", width ", expected.width,
                              "), found those of another (", detail::Quoted{architecture},
                              ", fingerprint ", detail::Quoted{fingerprint}, ", width ", width,
                              ")"});
}

EIGENVIT_INLINE FileStamp stamp_of(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  if (error) return {};
  const auto time = std::filesystem::last_write_time(file, error);
  if (error) return {};
  return {static_cast<std::int64_t>(bytes),
          static_cast<std::int64_t>(time.time_since_epoch().count())};
}

namespace detail {

EIGENVIT_INLINE const char* ImageIndexFile::format() noexcept {
  return "eigenvit image index 1";
}

EIGENVIT_INLINE ImageIndexFile ImageIndexFile::open(const std::filesystem::path& path) {
  return ImageIndexFile(TensorStore::open_file(path));
}

EIGENVIT_INLINE ImageIndexFile::ImageIndexFile(TensorStore tensors) : tensors_(std::move(tensors)) {
  const auto metadata = tensors_.metadata();
  const auto entry = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (entry("format") != format()) {
    raise<FormatError>({source(), ": expected an index of images ('format': '", format(),
                        "'), found another safetensors file"});
  }
  embeddings_ = &index_tensor(tensors_, "embeddings", DType::f32, 2);
  stamps_ = &index_tensor(tensors_, "stamps", DType::i64, 2);
  const TensorInfo& names = index_tensor(tensors_, "names", DType::u8, 1);
  const std::uint64_t count = embeddings_->shape[0];
  if (count == 0 || embeddings_->shape[1] == 0) {
    raise<FormatError>(
        {source(), ": tensor 'embeddings': expected vectors, found ", embeddings_->description()});
  }
  if (stamps_->shape[0] != count || stamps_->shape[1] != 2) {
    raise<FormatError>({source(), ": tensor 'stamps': expected I64 [", count, ", 2], found ",
                        stamps_->description()});
  }
  const char* const text = reinterpret_cast<const char*>(names.data);
  const char* const end = text + names.bytes;
  const auto found = static_cast<std::uint64_t>(std::count(text, end, '\0'));
  if (found != count || end[-1] != '\0') {
    raise<FormatError>({source(), ": tensor 'names': expected ", count,
                        " names that end in a zero byte, found ", found});
  }
  names_.reserve(static_cast<std::size_t>(count));
  for (const char* name = text; name != end; name += names_.back().size() + 1) {
    names_.emplace_back(name);
  }
  info_ = {entry("fingerprint"), entry("architecture"), entry("folder"),
           static_cast<Index>(embeddings_->shape[1]), entry("precision")};
}

EIGENVIT_INLINE FileStamp ImageIndexFile::stamp(Index image) const noexcept {
  FileStamp stamp;
  const std::byte* const place = stamps_->data + image * 16;
  std::memcpy(&stamp.bytes, place, 8);
  std::memcpy(&stamp.time, place + 8, 8);
  return stamp;
}

EIGENVIT_INLINE void ImageIndexFile::read(Index first, Index count, float* out) const noexcept {
  tensors_.read(*embeddings_, static_cast<std::size_t>(first * info_.width),
                static_cast<std::size_t>(count * info_.width), out);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
