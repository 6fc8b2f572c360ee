/// What the tests of io/ share: a folder of their own, safetensors bytes from a header, messages.
#ifndef EIGENVIT_TESTS_UNIT_IO_TEST_FILES_HPP
#define EIGENVIT_TESTS_UNIT_IO_TEST_FILES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/utf8_path.hpp>

namespace test_files {

/// A new folder below the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path() /
            ("eigenvit-io-" + std::to_string(device()) + "-" + std::to_string(device()));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    const std::filesystem::path file = path_ / eigenvit::utf8_path(name);
    std::ofstream(file, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// Header length, header, values.
inline std::string safetensors_bytes(std::string_view header, std::string_view values,
                                     std::uint64_t header_length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &header_length, 8);
  bytes += header;
  bytes += values;
  return bytes;
}

inline std::string safetensors_bytes(std::string_view header, std::string_view values = {}) {
  return safetensors_bytes(header, values, header.size());
}

/// A file of F32 tensors, all zeros.
inline std::string zeros(
    const std::vector<std::pair<std::string, std::vector<std::size_t>>>& tensors) {
  std::string header;
  std::size_t end = 0;
  for (const auto& [name, shape] : tensors) {
    const std::size_t begin = end;
    std::size_t bytes = 4;
    std::string sizes;
    for (const std::size_t size : shape) {
      bytes *= size;
      sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    }
    end += bytes;
    header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"F32\",\"shape\":[" +
              sizes + "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) +
              "]}";
  }
  return safetensors_bytes(header + "}", std::string(end, '\0'));
}

/// The tensors of a ViT of timm with one block of width 8 and patches of 8, on images of 16 x 16;
/// without a head where there are no classes. `prefix` begins all names; `more` are others besides.
inline std::string timm_zeros(
    std::size_t channels, std::size_t classes, const std::string& prefix = {},
    const std::vector<std::pair<std::string, std::vector<std::size_t>>>& more = {}) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> tensors = {
      {"cls_token", {1, 1, 8}},
      {"pos_embed", {1, 5, 8}},
      {"patch_embed.proj.weight", {8, channels, 8, 8}},
      {"patch_embed.proj.bias", {8}},
      {"blocks.0.attn.qkv.weight", {24, 8}},
      {"blocks.0.attn.qkv.bias", {24}},
      {"blocks.0.mlp.fc1.weight", {16, 8}},
      {"blocks.0.mlp.fc1.bias", {16}},
      {"blocks.0.mlp.fc2.weight", {8, 16}},
      {"blocks.0.mlp.fc2.bias", {8}},
      {"blocks.0.attn.proj.weight", {8, 8}},
      {"blocks.0.attn.proj.bias", {8}}};
  for (const char* const norm : {"blocks.0.norm1", "blocks.0.norm2", "norm"}) {
    tensors.push_back({std::string(norm) + ".weight", {8}});
    tensors.push_back({std::string(norm) + ".bias", {8}});
  }
  if (classes > 0) {
    tensors.push_back({"head.weight", {classes, 8}});
    tensors.push_back({"head.bias", {classes}});
  }
  tensors.insert(tensors.end(), more.begin(), more.end());
  for (auto& [name, shape] : tensors) name.insert(0, prefix);
  return zeros(tensors);
}

/// What `function` throws as `Exception`; a text that says so when it throws nothing or other
/// things.
template <class Exception, class Function>
std::string message_of(const Function& function) {
  try {
    function();
  } catch (const Exception& error) {
    const std::string message = error.what();
    return message.find('\n') == std::string::npos ? message : "(more than one line) " + message;
  } catch (const std::exception& error) {
    return std::string("(another type) ") + error.what();
  }
  return "(no exception)";
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace test_files

#endif
