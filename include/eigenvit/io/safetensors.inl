#ifndef EIGENVIT_IO_SAFETENSORS_INL
#define EIGENVIT_IO_SAFETENSORS_INL

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/misplaced_file.hpp>
#include <eigenvit/io/safetensors.hpp>
#include <eigenvit/io/safetensors_header.inl>
#include <eigenvit/io/text.hpp>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "EigenViT reads little-endian files and needs a little-endian machine"
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool multiply_checked(std::uint64_t a, std::uint64_t b, std::uint64_t* product) {
  if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b) return false;
  *product = a * b;
  return true;
}

inline std::string shape_text(const std::vector<std::uint64_t>& shape) {
  constexpr std::size_t most = 16;
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i == most) return text + ", ...]";
    text += message({i == 0 ? "" : ", ", shape[i]});
  }
  return text + "]";
}

/// Throws FormatError unless shape and dtype make as many bytes as the offsets say.
EIGENVIT_INLINE void check_entry(const SafetensorsEntry& entry, const std::string& source) {
  const TensorInfo& info = entry.info;
  const std::string tensor = message({source, ": tensor ", Quoted{info.name}});
  if (entry.end < entry.begin) {
    raise<FormatError>(
        {tensor, ": expected data_offsets in order, found [", entry.begin, ", ", entry.end, "]"});
  }
  std::uint64_t bits = 1;
  bool fits = true;
  for (const std::uint64_t size : info.shape) fits = fits && multiply_checked(bits, size, &bits);
  fits = fits && multiply_checked(bits, dtype_bits(info.dtype), &bits);
  if (!fits) {
    raise<FormatError>(
        {tensor, ": expected a size in bits that fits 64 bits, found ", info.description()});
  }
  if (bits % 8 != 0) {
    raise<FormatError>({tensor, ": expected whole bytes, found ", info.description(), ", which is ",
                        bits, " bits"});
  }
  if (bits / 8 != entry.end - entry.begin) {
    raise<FormatError>({tensor, ": expected ", bits / 8, " bytes for ", info.description(),
                        ", found data_offsets [", entry.begin, ", ", entry.end, "]"});
  }
}

using SafetensorsOrder = bool (*)(const SafetensorsEntry*, const SafetensorsEntry*);

inline bool before_by_name(const SafetensorsEntry* a, const SafetensorsEntry* b) {
  return a->info.name < b->info.name;
}

inline bool before_by_offset(const SafetensorsEntry* a, const SafetensorsEntry* b) {
  return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
}

/// The entries in that order. One function for both orders, and pointers in place of entries: a
/// sort is much code, and the more of it the larger what it moves.
inline std::vector<SafetensorsEntry*> sorted(std::vector<SafetensorsEntry>& entries,
                                             SafetensorsOrder order) {
  std::vector<SafetensorsEntry*> pointers(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) pointers[i] = &entries[i];
  std::sort(pointers.begin(), pointers.end(), order);
  return pointers;
}

/// Throws FormatError unless the entries cover `buffer_bytes` bytes without hole or overlap.
/// `ordered` is by offset.
EIGENVIT_INLINE void check_layout(const std::vector<SafetensorsEntry*>& ordered,
                                  std::uint64_t buffer_bytes, const std::string& source) {
  std::uint64_t reached = 0;
  const SafetensorsEntry* previous = nullptr;
  for (const SafetensorsEntry* const current : ordered) {
    const SafetensorsEntry& entry = *current;
    if (entry.begin != reached) {
      const std::string where =
          previous == nullptr
              ? std::string("at 0")
              : message({"at ", reached, ", where tensor ", Quoted{previous->info.name}, " ends"});
      raise<FormatError>({source, ": tensor ", Quoted{entry.info.name},
                          ": expected data_offsets to begin ", where, ", found ", entry.begin,
                          entry.begin < reached ? " (tensors overlap)" : " (a hole)"});
    }
    check_entry(entry, source);
    if (entry.end > buffer_bytes) {
      raise<FormatError>({source, ": tensor ", Quoted{entry.info.name},
                          ": expected its data within ", buffer_bytes,
                          " bytes, found data_offsets [", entry.begin, ", ", entry.end,
                          "] (a truncated file?)"});
    }
    reached = entry.end;
    previous = &entry;
  }
  if (reached != buffer_bytes) {
    raise<FormatError>(
        {source, ": expected ", reached, " bytes of tensor data, found ", buffer_bytes});
  }
}

}  // namespace detail

EIGENVIT_INLINE std::string_view dtype_name(DType dtype) noexcept {
  return detail::dtype_facts[static_cast<std::size_t>(dtype)].name;
}

EIGENVIT_INLINE unsigned dtype_bits(DType dtype) noexcept {
  return detail::dtype_facts[static_cast<std::size_t>(dtype)].bits;
}

EIGENVIT_INLINE std::uint64_t TensorInfo::element_count() const noexcept {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) count *= size;
  return count;
}

EIGENVIT_INLINE std::string TensorInfo::description() const {
  return detail::message({dtype_name(dtype), " ", detail::shape_text(shape)});
}

EIGENVIT_INLINE SafetensorsFile::SafetensorsFile(std::string source,
                                                 std::optional<detail::MappedFile> file,
                                                 const std::byte* bytes, std::size_t size)
    : source_(std::move(source)), file_(std::move(file)), bytes_(bytes), size_(size) {
  constexpr std::uint64_t longest_header = 100'000'000;
  const std::string_view all(reinterpret_cast<const char*>(bytes_), size_);
  detail::refuse_lfs_pointer(all, source_);
  const auto refuse_other_kinds = [&] {
    detail::refuse_misplaced_file(detail::file_kind(all), source_, "a safetensors file");
  };
  if (size_ < 8) {
    refuse_other_kinds();
    detail::raise<FormatError>(
        {source_, ": expected a safetensors header of at least 8 bytes, found ", size_, " bytes"});
  }
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes_, 8);
  if (header_bytes > longest_header) {
    refuse_other_kinds();
    detail::raise<FormatError>(
        {source_, ": expected a safetensors header of at most 100000000 bytes, found ",
         header_bytes, " (not a safetensors file?)"});
  }
  if (header_bytes > size_ - 8) {
    refuse_other_kinds();
    detail::raise<FormatError>({source_, ": expected a header of ", header_bytes, " bytes, found ",
                                size_ - 8, " (a truncated file?)"});
  }
  const char* const header = reinterpret_cast<const char*>(bytes_) + 8;
  const char* const header_end = header + header_bytes;
  const char* const first = std::find_if_not(
      header, header_end, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  // nlohmann-json would also take a byte order mark.
  if (first == header_end || *first != '{') {
    refuse_other_kinds();
    detail::raise<FormatError>(
        {source_, ": expected a header that is a JSON object, found other bytes"});
  }

  // nlohmann-json takes a zero byte for the end of its input.
  if (const void* const zero =
          std::memchr(first, 0, static_cast<std::size_t>(header_end - first))) {
    detail::raise<FormatError>({source_, ": the header is not valid JSON at its byte ",
                                static_cast<const char*>(zero) - header + 1});
  }

  detail::SafetensorsHeaderReader reader(source_);
  detail::parse_json_events(first, header_end, reader);
  std::vector<detail::SafetensorsEntry>& entries = reader.entries;
  const std::vector<detail::SafetensorsEntry*> by_name =
      detail::sorted(entries, detail::before_by_name);
  for (std::size_t i = 1; i < by_name.size(); ++i) {
    if (by_name[i - 1]->info.name != by_name[i]->info.name) continue;
    detail::raise<FormatError>({source_, ": tensor ", detail::Quoted{by_name[i]->info.name},
                                ": expected each name once, found it twice"});
  }
  detail::check_layout(detail::sorted(entries, detail::before_by_offset), size_ - 8 - header_bytes,
                       source_);

  tensors_.resize(entries.size());
  for (std::size_t i = 0; i < by_name.size(); ++i) {
    const detail::SafetensorsEntry& entry = *by_name[i];
    tensors_[i] = std::move(by_name[i]->info);
    tensors_[i].data = bytes_ + 8 + header_bytes + entry.begin;
    tensors_[i].bytes = static_cast<std::size_t>(entry.end - entry.begin);
  }
  metadata_ = std::move(reader.metadata);
}

EIGENVIT_INLINE SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  detail::MappedFile file(path);
  const std::byte* const bytes = file.data();
  const std::size_t size = file.size();
  return SafetensorsFile(detail::path_text(path), std::move(file), bytes, size);
}

EIGENVIT_INLINE SafetensorsFile SafetensorsFile::from_memory(const void* bytes, std::size_t size,
                                                             const std::string& name) {
  return SafetensorsFile(detail::one_line(name), std::nullopt, static_cast<const std::byte*>(bytes),
                         size);
}

EIGENVIT_INLINE const TensorInfo* SafetensorsFile::find(std::string_view name) const noexcept {
  const auto found = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const TensorInfo& info, std::string_view wanted) { return info.name < wanted; });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

EIGENVIT_INLINE bool SafetensorsFile::contains(const std::byte* data) const noexcept {
  return !std::less<const std::byte*>()(data, bytes_) &&
         !std::less<const std::byte*>()(bytes_ + size_, data);
}

EIGENVIT_INLINE void SafetensorsFile::release(const std::byte* data,
                                              std::size_t bytes) const noexcept {
  if (file_ && contains(data)) file_->release(static_cast<std::size_t>(data - bytes_), bytes);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
