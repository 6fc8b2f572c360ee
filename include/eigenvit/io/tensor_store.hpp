/// All tensors of a model, wherever they lie: in one safetensors file or in several with an index.
#ifndef EIGENVIT_IO_TENSOR_STORE_HPP
#define EIGENVIT_IO_TENSOR_STORE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/io/safetensors.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The tensors of a model folder, file or memory block, by name, and their conversion to float or
/// double.
class TensorStore {
 public:
  /// The weights of a folder: `model.safetensors`; else `model.safetensors.index.json` with the
  /// files that it names; else `open_clip_model.safetensors`; else
  /// `open_clip_pytorch_model.safetensors`; else the first `*.safetensors` by name, hidden ones
  /// left out. Of an index's files only the tensors that the index names count, whichever of them
  /// they are in.
  ///
  /// Throws FileError when the folder or a file is missing, when what has one of those names is a
  /// folder or a link that leads nowhere, and where there are no weights or their index is missing,
  /// UnsupportedError when there are only PyTorch's pickled weights, FormatError when a file or the
  /// index is not valid. Cost: reads the headers only.
  static TensorStore open(const std::filesystem::path& folder);

  /// One safetensors file. Throws FileError and FormatError.
  static TensorStore open_file(const std::filesystem::path& file);

  /// One safetensors file in memory that the caller keeps alive. Throws FormatError.
  static TensorStore from_memory(const void* bytes, std::size_t size,
                                 const std::string& name = "safetensors");

  /// Null when there is no tensor of that name.
  const TensorInfo* find(std::string_view name) const noexcept;

  /// Throws FormatError, which names the closest name present, when there is no tensor of that
  /// name.
  const TensorInfo& at(std::string_view name) const;

  /// Ordered by name. The addresses stay the same when this object is moved.
  const std::vector<const TensorInfo*>& tensors() const noexcept { return tensors_; }
  std::vector<std::string> names() const;

  /// The metadata of the files, the first file's where several have the same key.
  std::map<std::string, std::string> metadata() const;

  /// Writes the tensor's `info.element_count()` values to `out`, converted from F64, F32, F16 or
  /// BF16 (every value of these but F64 exactly), and gives the pages of the file back as it goes,
  /// so that a model is loaded with one copy of its weights in memory. `info` is one of this
  /// store's. Throws UnsupportedError for other types. Cost: one pass at memory speed.
  template <class Scalar>
  void read(const TensorInfo& info, Scalar* out) const {
    static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>,
                  "tensors are read as float or double");
    read_values(info, out);
  }

  /// Throws UnsupportedError unless the tensor has a type that `read` takes.
  void check_readable(const TensorInfo& info) const;

  /// Writes the values `[first, first + count)` of a tensor that has passed `check_readable`, as
  /// above but for the pages, which stay until `release`.
  void read(const TensorInfo& info, std::size_t first, std::size_t count,
            float* out) const noexcept;
  void read(const TensorInfo& info, std::size_t first, std::size_t count,
            double* out) const noexcept;

  /// The values of such a tensor from `first` on, in their memory; null where they are not
  /// `Scalar`s or not aligned as `Scalar`s must be, and so must be read.
  template <class Scalar>
  const Scalar* in_place(const TensorInfo& info, std::size_t first) const noexcept {
    static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>,
                  "tensors are read as float or double");
    const auto address = reinterpret_cast<std::uintptr_t>(info.data);
    const bool fits = info.dtype == (sizeof(Scalar) == 4 ? DType::f32 : DType::f64) &&
                      address % alignof(Scalar) == 0;
    return fits ? reinterpret_cast<const Scalar*>(info.data) + first : nullptr;
  }

  /// Gives the pages of a tensor back to the system; they can still be read.
  void release(const TensorInfo& info) const noexcept;
  /// The same of the values `[first, first + count)` of a tensor that has passed `check_readable`.
  void release(const TensorInfo& info, std::size_t first, std::size_t count) const noexcept;

  /// The folder or file, for messages.
  const std::string& source() const noexcept { return source_; }

 private:
  explicit TensorStore(std::string source) : source_(std::move(source)) {}

  void add_index(const std::filesystem::path& folder, const std::filesystem::path& index);
  void add_all(SafetensorsFile file);
  void read_values(const TensorInfo& info, float* out) const;
  void read_values(const TensorInfo& info, double* out) const;
  template <class Scalar>
  void convert_values(const TensorInfo& info, Scalar* out) const;
  /// The file that a tensor of this store is in.
  const SafetensorsFile* file_of(const TensorInfo& info) const noexcept;

  std::string source_;
  /// A list, so that no file ever moves.
  std::list<SafetensorsFile> files_;
  std::vector<const TensorInfo*> tensors_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/tensor_store.inl>
#endif

#endif
