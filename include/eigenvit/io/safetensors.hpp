/// The safetensors format: named tensors in one file.
///
///     bytes 0..7     N, unsigned 64-bit little-endian: length of the header
///     bytes 8..8+N   header, a JSON object: name -> {"dtype", "shape", "data_offsets"}, and
///                    optionally "__metadata__", an object of strings; "data_offsets" are [begin,
///                    end) of the tensor, counted from byte 8+N
///     the rest       the tensors' values, back to back, little-endian, row-major
///
/// Source: the format's description and its reference reader, github.com/huggingface/safetensors.
#ifndef EIGENVIT_IO_SAFETENSORS_HPP
#define EIGENVIT_IO_SAFETENSORS_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/io/mapped_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The element types that a safetensors file may hold.
enum class DType {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  i64,
  u64,
  f64,
  c64,
  f4,
  f6_e2m3,
  f6_e3m2
};

/// The type's name in the file, for example "BF16".
std::string_view dtype_name(DType dtype) noexcept;

/// Bits of one element; 4 and 6 are among them.
unsigned dtype_bits(DType dtype) noexcept;

/// One tensor of a file. `data` points into the file's mapping, or into the caller's memory, and
/// may have any alignment: copy with memcpy.
struct TensorInfo {
  std::string name;
  DType dtype = DType::f32;
  /// Empty for a scalar; a size may be 0.
  std::vector<std::uint64_t> shape;
  const std::byte* data = nullptr;
  std::size_t bytes = 0;

  /// The product of the shape, which is known not to overflow.
  std::uint64_t element_count() const noexcept;
  /// For messages: "F32 [768, 3, 16, 16]".
  std::string description() const;
};

/// A safetensors file, checked before anything of it is used.
///
/// Everything that the reference reader refuses is refused: a header that is too short, longer than
/// 100,000,000 bytes, longer than the file, not UTF-8 or not of the structure above; unknown
/// element types; a shape whose product overflows or contradicts the offsets; tensors that overlap,
/// leave holes or do not end where the file ends. Names that appear twice are refused too.
class SafetensorsFile {
 public:
  /// Throws FileError when the file cannot be read and FormatError when it is not a valid
  /// safetensors file. Cost: reads the header only; the values are mapped.
  static SafetensorsFile open(const std::filesystem::path& path);

  /// The same from memory that the caller keeps alive. `name` is the file's name in messages.
  static SafetensorsFile from_memory(const void* bytes, std::size_t size,
                                     const std::string& name = "safetensors");

  /// Null when there is no tensor of that name. Cost: a binary search.
  const TensorInfo* find(std::string_view name) const noexcept;

  /// All tensors, ordered by name. The addresses stay the same when this object is moved.
  const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  /// The file, for messages.
  const std::string& source() const noexcept { return source_; }

  /// Whether `data` points into this file's bytes.
  bool contains(const std::byte* data) const noexcept;
  /// Gives the pages of `bytes` bytes from `data` back to the system (MappedFile::release).
  void release(const std::byte* data, std::size_t bytes) const noexcept;

 private:
  SafetensorsFile(std::string source, std::optional<detail::MappedFile> file,
                  const std::byte* bytes, std::size_t size);

  std::string source_;
  std::optional<detail::MappedFile> file_;
  const std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/safetensors.inl>
#endif

#endif
