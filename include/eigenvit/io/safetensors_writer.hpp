/// Writing safetensors files.
#ifndef EIGENVIT_IO_SAFETENSORS_WRITER_HPP
#define EIGENVIT_IO_SAFETENSORS_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/replaced_file.hpp>
#include <eigenvit/io/safetensors.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A tensor's place in a file that is about to be written.
struct TensorLayout {
  std::string name;
  std::vector<std::uint64_t> shape;
  DType dtype = DType::f32;  ///< of whole bytes an element
};

/// A tensor and its float32 values, row-major; `data` may be null when the shape has no elements.
struct TensorToWrite {
  std::string name;
  std::vector<std::uint64_t> shape;
  const float* data = nullptr;
};

/// Writes a safetensors file piece by piece, for results that are not in memory all at once:
///
///     eigenvit::SafetensorsWriter file("out.safetensors", {{"tokens", {2 * 197, 768}}});
///     file.write(0, 0, first.data(), 197 * 768);
///     file.write(0, 197 * 768, second.data(), 197 * 768);
///     file.commit();
///
/// The values go to a temporary file beside the target, which `commit` renames: the target is
/// either as it was or complete. Without `commit` the temporary file is removed.
class SafetensorsWriter {
 public:
  /// Lays the tensors out as the reference writer does: those of larger elements first, so that
  /// all are aligned, and equals in the order of their names.
  /// `metadata` must be UTF-8; bytes that are not are replaced by U+FFFD.
  /// Throws FileError when the file cannot be created; FormatError when a name is not UTF-8,
  /// appears twice or is "__metadata__"; ShapeError when a shape is too large; UnsupportedError for
  /// elements of less than a byte.
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorLayout>& tensors,
                    const std::map<std::string, std::string>& metadata = {});

  /// Writes `count` values to the tensor with that index in the constructor's list, from its
  /// element `offset` on. Every element is written once. Throws ShapeError when they do not fit the
  /// tensor or it is not of float32, FileError when they cannot be written.
  void write(std::size_t tensor, std::uint64_t offset, const float* values, std::size_t count);

  /// The same for elements of any type, as they lie in memory.
  void write_elements(std::size_t tensor, std::uint64_t offset, const void* elements,
                      std::size_t count);

  /// Completes the file. `to_disk` waits until the values have arrived there, so that even a loss
  /// of power leaves the file as it was or complete. Throws ShapeError when a tensor has not been
  /// written whole, FileError when the file cannot be completed.
  void commit(bool to_disk = false);

 private:
  struct Entry {
    std::string name;
    DType dtype = DType::f32;
    std::uint64_t begin = 0;
    std::uint64_t elements = 0;
    std::uint64_t written = 0;
  };

  std::string name_;  // of the file, in messages
  std::optional<detail::ReplacedFile> file_;
  std::uint64_t buffer_begin_ = 0;
  std::vector<Entry> entries_;
};

/// Writes the tensors to a safetensors file, straight from their memory.
/// Throws as SafetensorsWriter does, and ShapeError when values are missing (null `data`).
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/safetensors_writer.inl>
#endif

#endif
