/// What the fuzz programs share: readers that may refuse, files, and numbers taken from the input.
#ifndef EIGENVIT_TESTS_FUZZ_SUPPORT_HPP
#define EIGENVIT_TESTS_FUZZ_SUPPORT_HPP

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include <eigenvit/core/error.hpp>

namespace fuzz {

/// Ends the program with a finding.
[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "fuzz: %s\n", what.c_str());
  std::abort();
}

inline void expect(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

/// Runs a reader and gives the message with which it refused its input; empty where it did not. A
/// message is one line and holds at most two quoted texts of 160 bytes, each of which may be
/// escaped to four. Other exceptions are findings.
template <class Read>
std::string refusal(const Read& read) {
  try {
    read();
    return {};
  } catch (const eigenvit::Error& error) {
    const std::string message = error.what();
    const bool control = std::any_of(message.begin(), message.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    expect(!message.empty() && message.size() < 1500 && !control,
           "expected a message of one line and less than 1500 bytes, found '" + message + "'");
    return message;
  }
}

/// The input as text.
inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes values off the front of an input; zeros where it has ended.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(text(data, size)) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const char first = rest_.front();
    rest_.remove_prefix(1);
    return static_cast<std::uint8_t>(first);
  }

  /// A whole number from `least` to `most`, of one byte.
  int number(int least, int most) { return least + byte() % (most - least + 1); }

  /// The text up to a separator, which is taken off too, or up to the end.
  std::string_view until(char separator) {
    const std::string_view part = rest_.substr(0, rest_.find(separator));
    rest_.remove_prefix(std::min(rest_.size(), part.size() + 1));
    return part;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// A safetensors file of a header and values. The length of the header is put before it, which
/// mutations would seldom get right. In an input the header is what comes before the first newline.
inline std::string safetensors_file(std::string_view header, std::string_view values) {
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, sizeof length);
  file += header;
  file += values;
  return file;
}

inline std::string safetensors_file(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view header = input.until('\n');
  return safetensors_file(header, input.rest());
}

/// A folder of this process, in memory where the system has such a place; removed at the end.
class Folder {
 public:
  Folder() {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path memory = "/dev/shm";
    const fs::path parent = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
    path_ = parent / ("eigenvit-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  /// Removes all files.
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::filesystem::remove(entry.path());
    }
  }

  /// Writes a file, over one of the same name, and gives its path.
  std::filesystem::path write(std::string_view bytes, const char* name = "input") const {
    const std::filesystem::path file = path_ / name;
    std::FILE* const stream = std::fopen(file.c_str(), "wb");
    expect(stream != nullptr, "no file can be written");
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size();
    expect(std::fclose(stream) == 0 && written, "no file can be written");
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace fuzz

#endif
