/// What the tests of io/ share: a folder of their own, safetensors bytes from a header, messages.
#ifndef EIGENVIT_TESTS_UNIT_IO_TEST_FILES_HPP
#define EIGENVIT_TESTS_UNIT_IO_TEST_FILES_HPP

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

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
