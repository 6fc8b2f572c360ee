#ifndef EIGENVIT_IO_TENSOR_STORE_INL
#define EIGENVIT_IO_TENSOR_STORE_INL

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <system_error>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/io/misplaced_file.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// IEEE half precision to single, exactly. Integer operations and one exact subtraction between
/// normal numbers, so that loops over it are vectorised and subnormal halves survive where
/// the processor flushes subnormal floats to zero.
inline float half_to_float(std::uint16_t half) {
  const std::uint32_t magnitude = (half & 0x7FFFU) << 13;
  const std::uint32_t sign = (half & 0x8000U) << 16;
  // Exponents differ by 112 in bias; infinity and NaN have the largest exponent in both. Masks in
  // place of conditions, which would keep GCC from vectorising.
  const std::uint32_t is_special = 0U - static_cast<std::uint32_t>(magnitude >= (31U << 23));
  const std::uint32_t is_subnormal = 0U - static_cast<std::uint32_t>(magnitude < (1U << 23));
  const std::uint32_t normal = magnitude + (112U << 23) + (is_special & (112U << 23));
  // A subnormal half is m * 2^-24: put m below the leading one of 2^-14 and take that one away.
  const std::uint32_t biased = magnitude + (113U << 23);
  const std::uint32_t leading_bits = 113U << 23;
  float shifted;
  float leading;
  std::memcpy(&shifted, &biased, 4);
  std::memcpy(&leading, &leading_bits, 4);
  const float difference = shifted - leading;
  std::uint32_t subnormal;
  std::memcpy(&subnormal, &difference, 4);
  const std::uint32_t bits = (subnormal & is_subnormal) | (normal & ~is_subnormal) | sign;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline float bfloat16_to_float(std::uint16_t half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

/// Converts `count` stored values of type Stored, at any alignment, in blocks of a fixed length:
/// GCC vectorises those at -O2 too, and the copy into `block` is what makes misaligned input fine.
template <class Stored, class Scalar, class Convert>
inline void convert_block_wise(const std::byte* from, std::size_t count, Scalar* out,
                               const Convert& convert) {
  constexpr std::size_t length = 64;
  Stored block[length];
  std::size_t done = 0;
  for (; done + length <= count; done += length) {
    std::memcpy(block, from + done * sizeof(Stored), sizeof(block));
    for (std::size_t i = 0; i < length; ++i) {
      out[done + i] = static_cast<Scalar>(convert(block[i]));
    }
  }
  if (done == count) return;
  std::memcpy(block, from + done * sizeof(Stored), (count - done) * sizeof(Stored));
  for (std::size_t i = 0; done + i < count; ++i) {
    out[done + i] = static_cast<Scalar>(convert(block[i]));
  }
}

template <class Scalar>
inline void convert_values(DType dtype, const std::byte* from, std::size_t count, Scalar* out) {
  switch (dtype) {
    case DType::f16:
      convert_block_wise<std::uint16_t>(from, count, out,
                                        [](std::uint16_t v) { return half_to_float(v); });
      break;
    case DType::bf16:
      convert_block_wise<std::uint16_t>(from, count, out,
                                        [](std::uint16_t v) { return bfloat16_to_float(v); });
      break;
    case DType::f32:
      convert_block_wise<float>(from, count, out, [](float v) { return v; });
      break;
    default:
      convert_block_wise<double>(from, count, out, [](double v) { return v; });
      break;
  }
}

/// The file that an index names, which must be one in the index's own folder; empty for others.
/// Windows takes names of dots and spaces for folders.
inline std::string_view file_beside_index(std::string_view name) {
  while (name.substr(0, 2) == "./") name.remove_prefix(2);
  if (name.find_first_not_of(". ") == std::string_view::npos) return {};
  const bool is_plain = std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || c == '\\' || c == ':' || static_cast<unsigned char>(c) < 0x20;
  });
  return is_plain ? name : std::string_view();
}

/// Whether a file is one of several that need an index, as `model-00001-of-00002.safetensors` is.
inline bool is_one_of_several(const std::string& name) {
  const std::size_t of = name.rfind("-of-");
  if (of == std::string::npos) return false;
  const std::string count = name.substr(of + 4, name.find('.', of) - of - 4);
  const bool is_number = !count.empty() && count.find_first_not_of("0123456789") == count.npos;
  return is_number && count.find_first_not_of('0') != count.npos &&
         count.substr(count.find_first_not_of('0')) != "1";
}

/// What a folder without `model.safetensors` and its index holds.
struct OtherWeights {
  std::filesystem::path first;    ///< of all `*.safetensors`, by name
  std::filesystem::path pickled;  ///< of PyTorch
};

/// Files that other systems hide, as the companions that macOS writes, are none.
EIGENVIT_INLINE OtherWeights find_other_weights(const std::filesystem::path& folder,
                                                const std::string& source) {
  OtherWeights found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::filesystem::path& path = entry->path();
    const std::string extension = path_text(path.extension());
    std::error_code ignored;
    if (path_text(path.filename()).front() == '.' || std::filesystem::is_directory(path, ignored)) {
      continue;
    }
    if (extension == ".safetensors" && (found.first.empty() || path < found.first)) {
      found.first = path;
    }
    if (extension == ".bin" || extension == ".pth" || extension == ".pt" || extension == ".ckpt") {
      found.pickled = path;
    }
  }
  if (error) raise<FileError>({source, ": the folder cannot be read: ", error.message()});
  return found;
}

}  // namespace detail

EIGENVIT_INLINE TensorStore TensorStore::open(const std::filesystem::path& folder) {
  const std::string source = detail::path_text(folder);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(folder, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    detail::raise<FileError>({source, ": expected a model folder, found nothing there"});
  }
  if (status.type() != std::filesystem::file_type::directory) {
    detail::raise<FileError>({source, ": expected a model folder, found something else"});
  }
  TensorStore store(source);
  // What has one of these names is meant to be read: where it is no file, another is not taken
  // for it.
  const std::filesystem::path single = detail::path_in(folder, "model.safetensors");
  if (detail::is_taken(single)) {
    store.add_all(SafetensorsFile::open(single));
    return store;
  }
  const std::filesystem::path index = detail::path_in(folder, "model.safetensors.index.json");
  if (detail::is_taken(index)) {
    store.add_index(folder, index);
    return store;
  }
  const detail::OtherWeights others = detail::find_other_weights(folder, source);
  if (others.first.empty()) {
    if (!others.pickled.empty()) {
      const detail::MappedFile file(others.pickled);
      detail::refuse_lfs_pointer(
          std::string_view(reinterpret_cast<const char*>(file.data()), file.size()),
          detail::path_text(others.pickled));
      detail::raise<UnsupportedError>(
          {source, ": expected model.safetensors, found only ",
           detail::Quoted{detail::path_text(others.pickled.filename())},
           ", PyTorch's pickled format, which is not read: save it as safetensors in Python"});
    }
    detail::raise<FileError>(
        {source, ": expected model.safetensors or model.safetensors.index.json, found neither"});
  }
  for (const std::string_view name :
       {"open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"}) {
    const std::filesystem::path preferred = detail::path_in(folder, name);
    if (!detail::is_taken(preferred)) continue;
    store.add_all(SafetensorsFile::open(preferred));
    return store;
  }
  const std::string first = detail::path_text(others.first.filename());
  if (detail::is_one_of_several(first)) {
    detail::raise<FileError>({source, ": expected model.safetensors.index.json beside ",
                              detail::Quoted{first}, ", found none: the index is missing"});
  }
  store.add_all(SafetensorsFile::open(others.first));
  return store;
}

EIGENVIT_INLINE TensorStore TensorStore::open_file(const std::filesystem::path& file) {
  TensorStore store(detail::path_text(file));
  store.add_all(SafetensorsFile::open(file));
  return store;
}

EIGENVIT_INLINE TensorStore TensorStore::from_memory(const void* bytes, std::size_t size,
                                                     const std::string& name) {
  TensorStore store(detail::one_line(name));
  store.add_all(SafetensorsFile::from_memory(bytes, size, name));
  return store;
}

EIGENVIT_INLINE void TensorStore::add_all(SafetensorsFile file) {
  files_.push_back(std::move(file));
  source_ = files_.back().source();
  for (const TensorInfo& info : files_.back().tensors()) tensors_.push_back(&info);
}

EIGENVIT_INLINE void TensorStore::add_index(const std::filesystem::path& folder,
                                            const std::filesystem::path& index) {
  const std::string source = detail::path_text(index);
  source_ = source;
  const detail::JsonDocument document = detail::parse_json_file(index);
  const detail::JsonObject root(*document, source);
  const nlohmann::json& weight_map = root.required("weight_map");
  if (!weight_map.is_object()) root.fail("weight_map", "an object of file names");

  std::map<std::string_view, std::vector<std::string_view>> names_of_file;
  for (const auto& [name, value] : weight_map.get_ref<const nlohmann::json::object_t&>()) {
    const std::string* const text = value.get_ptr<const nlohmann::json::string_t*>();
    const std::string_view file = text ? detail::file_beside_index(*text) : std::string_view();
    if (file.empty()) {
      detail::raise<FormatError>({source, ": weight_map: tensor ", detail::Quoted{name},
                                  ": expected the name of a file in the same folder, found ",
                                  detail::json_text(value)});
    }
    names_of_file[file].push_back(name);
  }
  for (const auto& [file_name, names] : names_of_file) {
    files_.push_back(SafetensorsFile::open(detail::path_in(folder, file_name)));
  }
  auto file = files_.begin();
  for (const auto& [file_name, names] : names_of_file) {
    for (const std::string_view name : names) {
      const TensorInfo* info = file->find(name);
      // Python takes all that is in any of the files.
      for (auto other = files_.begin(); info == nullptr && other != files_.end(); ++other) {
        info = other->find(name);
      }
      if (info == nullptr) {
        detail::raise<FormatError>({source, ": weight_map: expected tensor ", detail::Quoted{name},
                                    " in ", detail::Quoted{file_name},
                                    ", found no tensor of that name there"});
      }
      tensors_.push_back(info);
    }
    ++file;
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const TensorInfo* a, const TensorInfo* b) { return a->name < b->name; });
}

EIGENVIT_INLINE const TensorInfo* TensorStore::find(std::string_view name) const noexcept {
  const auto found = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const TensorInfo* info, std::string_view wanted) { return info->name < wanted; });
  return found != tensors_.end() && (*found)->name == name ? *found : nullptr;
}

EIGENVIT_INLINE const TensorInfo& TensorStore::at(std::string_view name) const {
  const TensorInfo* const info = find(name);
  if (info != nullptr) return *info;
  std::vector<std::string_view> present;
  present.reserve(tensors_.size());
  for (const TensorInfo* const tensor : tensors_) present.push_back(tensor->name);
  if (present.empty()) {
    detail::raise<FormatError>(
        {source_, ": expected tensor ", detail::Quoted{name}, ", found no tensor at all"});
  }
  detail::raise<FormatError>({source_, ": expected tensor ", detail::Quoted{name},
                              ", found none of that name; the closest is ",
                              detail::Quoted{detail::closest_name(name, present)}});
}

EIGENVIT_INLINE std::vector<std::string> TensorStore::names() const {
  std::vector<std::string> all;
  all.reserve(tensors_.size());
  for (const TensorInfo* const info : tensors_) all.push_back(info->name);
  return all;
}

EIGENVIT_INLINE std::map<std::string, std::string> TensorStore::metadata() const {
  std::map<std::string, std::string> all;
  for (const SafetensorsFile& file : files_) {
    all.insert(file.metadata().begin(), file.metadata().end());
  }
  return all;
}

EIGENVIT_INLINE const SafetensorsFile* TensorStore::file_of(const TensorInfo& info) const noexcept {
  for (const SafetensorsFile& file : files_) {
    if (file.contains(info.data)) return &file;
  }
  return nullptr;
}

EIGENVIT_INLINE void TensorStore::check_readable(const TensorInfo& info) const {
  if (info.dtype == DType::f64 || info.dtype == DType::f32 || info.dtype == DType::f16 ||
      info.dtype == DType::bf16) {
    return;
  }
  const SafetensorsFile* const file = file_of(info);
  detail::raise<UnsupportedError>(
      {file ? file->source() : source_, ": tensor ", detail::Quoted{info.name},
       ": expected F64, F32, F16 or BF16, found ", dtype_name(info.dtype)});
}

template <class Scalar>
EIGENVIT_INLINE void TensorStore::convert_values(const TensorInfo& info, Scalar* out) const {
  check_readable(info);
  const SafetensorsFile* const file = file_of(info);
  // A multiple of every element size; small beside any model, large beside the cost of a system
  // call.
  constexpr std::size_t piece = std::size_t{1} << 22;
  const std::size_t element = dtype_bits(info.dtype) / 8;
  for (std::size_t done = 0; done < info.bytes; done += piece) {
    const std::size_t bytes = std::min(piece, info.bytes - done);
    detail::convert_values(info.dtype, info.data + done, bytes / element, out + done / element);
    if (file) file->release(info.data + done, bytes);
  }
}

EIGENVIT_INLINE void TensorStore::read_values(const TensorInfo& info, float* out) const {
  convert_values(info, out);
}

EIGENVIT_INLINE void TensorStore::read_values(const TensorInfo& info, double* out) const {
  convert_values(info, out);
}

EIGENVIT_INLINE void TensorStore::read(const TensorInfo& info, std::size_t first, std::size_t count,
                                       float* out) const noexcept {
  const std::size_t element = dtype_bits(info.dtype) / 8;
  detail::convert_values(info.dtype, info.data + first * element, count, out);
}

EIGENVIT_INLINE void TensorStore::read(const TensorInfo& info, std::size_t first, std::size_t count,
                                       double* out) const noexcept {
  const std::size_t element = dtype_bits(info.dtype) / 8;
  detail::convert_values(info.dtype, info.data + first * element, count, out);
}

EIGENVIT_INLINE void TensorStore::release(const TensorInfo& info) const noexcept {
  if (const SafetensorsFile* const file = file_of(info)) file->release(info.data, info.bytes);
}

EIGENVIT_INLINE void TensorStore::release(const TensorInfo& info, std::size_t first,
                                          std::size_t count) const noexcept {
  const std::size_t element = dtype_bits(info.dtype) / 8;
  if (const SafetensorsFile* const file = file_of(info)) {
    file->release(info.data + first * element, count * element);
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
