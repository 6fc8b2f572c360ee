#ifndef EIGENVIT_IO_SAFETENSORS_WRITER_INL
#define EIGENVIT_IO_SAFETENSORS_WRITER_INL

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/io/text.hpp>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "EigenViT writes little-endian files and needs a little-endian machine"
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::string json_quoted(const std::string& text,
                                        nlohmann::json::error_handler_t handler) {
  return nlohmann::json(text).dump(-1, ' ', false, handler);
}

}  // namespace detail

EIGENVIT_INLINE SafetensorsWriter::SafetensorsWriter(
    const std::filesystem::path& path, const std::vector<TensorLayout>& tensors,
    const std::map<std::string, std::string>& metadata)
    : name_(detail::path_text(path)) {
  using ErrorHandler = nlohmann::json::error_handler_t;

  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const unsigned bits_a = dtype_bits(tensors[a].dtype);
    const unsigned bits_b = dtype_bits(tensors[b].dtype);
    return bits_a != bits_b ? bits_a > bits_b : tensors[a].name < tensors[b].name;
  });

  std::string header = "{";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      if (header.back() != '{') header += ',';
      header += detail::json_quoted(key, ErrorHandler::replace);
      header += ':';
      header += detail::json_quoted(value, ErrorHandler::replace);
    }
    header += '}';
  }
  entries_.resize(tensors.size());
  std::uint64_t begin = 0;
  std::set<std::string_view> seen;
  for (const std::size_t index : order) {
    const TensorLayout& tensor = tensors[index];
    const std::string place = detail::message({name_, ": tensor ", detail::Quoted{tensor.name}});
    if (tensor.name == "__metadata__") {
      detail::raise<FormatError>(
          {place, ": expected another name, as this one is the format's own"});
    }
    if (!seen.insert(tensor.name).second) {
      detail::raise<FormatError>({place, ": expected each name once, found it twice"});
    }
    if (dtype_bits(tensor.dtype) % 8 != 0) {
      detail::raise<UnsupportedError>(
          {place, ": expected elements of whole bytes, found ", dtype_name(tensor.dtype)});
    }

    // The whole file's size must fit a signed 64-bit offset.
    constexpr std::uint64_t most = static_cast<std::uint64_t>(INT64_MAX) / 8;
    std::uint64_t elements = 1;
    std::string shape;
    for (const std::uint64_t size : tensor.shape) {
      if (size != 0 && elements > most / size) {
        detail::raise<ShapeError>(
            {place, ": expected a size in bytes that fits 63 bits, found a larger shape"});
      }
      elements *= size;
      shape += detail::message({shape.empty() ? "" : ",", size});
    }
    const std::uint64_t element = dtype_bits(tensor.dtype) / 8;
    if (elements > (most - begin) / element) {
      detail::raise<ShapeError>(
          {name_, ": expected a size in bytes that fits 63 bits, found a larger one"});
    }
    const std::uint64_t end = begin + elements * element;
    if (header.size() > 1) header += ',';
    try {
      header += detail::json_quoted(tensor.name, ErrorHandler::strict);
    } catch (const nlohmann::json::exception&) {
      detail::raise<FormatError>({place, ": expected a name in UTF-8, found other bytes"});
    }
    header += detail::message({":{\"dtype\":\"", dtype_name(tensor.dtype), "\",\"shape\":[", shape,
                               "],\"data_offsets\":[", begin, ",", end, "]}"});
    entries_[index] = {tensor.name, tensor.dtype, begin, elements, 0};
    begin = end;
  }
  header += '}';
  // Spaces up to a multiple of 8, so that the values are aligned in memory when the file is mapped.
  header.resize((header.size() + 7) / 8 * 8, ' ');
  buffer_begin_ = 8 + header.size();

  file_.emplace(path);
  const std::uint64_t length = header.size();
  file_->write(&length, sizeof length);
  file_->write(header.data(), header.size());
}

EIGENVIT_INLINE void SafetensorsWriter::write(std::size_t tensor, std::uint64_t offset,
                                              const float* values, std::size_t count) {
  if (tensor < entries_.size() && entries_[tensor].dtype != DType::f32) {
    detail::raise<ShapeError>({name_, ": tensor ", detail::Quoted{entries_[tensor].name},
                               ": expected values of type ", dtype_name(entries_[tensor].dtype),
                               ", found F32"});
  }
  write_elements(tensor, offset, values, count);
}

EIGENVIT_INLINE void SafetensorsWriter::write_elements(std::size_t tensor, std::uint64_t offset,
                                                       const void* elements, std::size_t count) {
  if (tensor >= entries_.size()) {
    detail::raise<ShapeError>(
        {name_, ": expected a tensor index below ", entries_.size(), ", found ", tensor});
  }
  Entry& entry = entries_[tensor];
  if (offset > entry.elements || count > entry.elements - offset ||
      count > entry.elements - entry.written) {
    detail::raise<ShapeError>({name_, ": tensor ", detail::Quoted{entry.name},
                               ": expected at most ", entry.elements, " values, found ", count,
                               " from element ", offset, " on, after ", entry.written});
  }
  if (count == 0) return;
  const std::size_t element = dtype_bits(entry.dtype) / 8;
  file_->seek(buffer_begin_ + entry.begin + offset * element);
  file_->write(elements, count * element);
  entry.written += count;
}

EIGENVIT_INLINE void SafetensorsWriter::commit(bool to_disk) {
  for (const Entry& entry : entries_) {
    if (entry.written == entry.elements) continue;
    detail::raise<ShapeError>({name_, ": tensor ", detail::Quoted{entry.name}, ": expected ",
                               entry.elements, " values, found ", entry.written});
  }
  file_->commit(to_disk);
}

EIGENVIT_INLINE void write_safetensors(const std::filesystem::path& path,
                                       const std::vector<TensorToWrite>& tensors,
                                       const std::map<std::string, std::string>& metadata) {
  std::vector<TensorLayout> layouts;
  layouts.reserve(tensors.size());
  for (const TensorToWrite& tensor : tensors) layouts.push_back({tensor.name, tensor.shape});
  SafetensorsWriter writer(path, layouts, metadata);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    std::uint64_t elements = 1;
    for (const std::uint64_t size : tensors[i].shape) elements *= size;
    if (elements == 0) continue;
    if (tensors[i].data == nullptr) {
      detail::raise<ShapeError>({detail::path_text(path), ": tensor ",
                                 detail::Quoted{tensors[i].name}, ": expected ", elements,
                                 " values, found none"});
    }
    writer.write(i, 0, tensors[i].data, static_cast<std::size_t>(elements));
  }
  writer.commit();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
