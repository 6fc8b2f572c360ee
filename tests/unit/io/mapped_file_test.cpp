#include <cstring>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/mapped_file.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using eigenvit::detail::MappedFile;
using test_files::contains;
using test_files::message_of;

namespace {

std::string bytes_of(const MappedFile& file) {
  return std::string(reinterpret_cast<const char*>(file.data()), file.size());
}

}  // namespace

TEST_CASE("mapped file: has the file's bytes") {
  const test_files::TemporaryFolder folder;
  std::string bytes(100'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  const auto path = folder.write("bytes.bin", bytes);

  const MappedFile file(path);
  CHECK(file.size() == bytes.size());
  CHECK(file.path() == path);
  CHECK(bytes_of(file) == bytes);
}

TEST_CASE("mapped file: a name outside ASCII") {
  const test_files::TemporaryFolder folder;
  const MappedFile file(folder.write("gr\xC3\xBC\xC3\x9F\xE2\x82\xAC.bin", "abc"));
  CHECK(bytes_of(file) == "abc");
}

TEST_CASE("mapped file: released pages stay readable") {
  const test_files::TemporaryFolder folder;
  std::string bytes(3 * 65536 + 5, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + i / 256);
  const MappedFile file(folder.write("bytes.bin", bytes));
  CHECK(bytes_of(file) == bytes);
  file.release(0, 10);
  file.release(5000, 70'000);
  file.release(bytes.size() - 1, 1);
  file.release(bytes.size() - 1, static_cast<std::size_t>(-1));
  file.release(bytes.size(), 1);
  file.release(static_cast<std::size_t>(-1), static_cast<std::size_t>(-1));
  file.release(7, 0);
  CHECK(bytes_of(file) == bytes);
}

TEST_CASE("mapped file: moves") {
  const test_files::TemporaryFolder folder;
  MappedFile first(folder.write("first.bin", "first"));
  MappedFile second(folder.write("second.bin", "second"));
  const std::byte* const data = first.data();
  MappedFile moved(std::move(first));
  CHECK(moved.data() == data);
  CHECK(bytes_of(moved) == "first");
  second = std::move(moved);
  CHECK(bytes_of(second) == "first");
  CHECK(second.path().filename() == "first.bin");
}

TEST_CASE("mapped file: what is not a readable file is refused by name") {
  const test_files::TemporaryFolder folder;
  const auto missing = folder.path() / "missing.bin";
  std::string message = message_of<FileError>([&] { MappedFile file(missing); });
  CHECK(contains(message, "missing.bin: expected a file, found nothing there"));

  message = message_of<FileError>([&] { MappedFile file(folder.path()); });
  CHECK(contains(message, "expected a file, found a folder"));
  CHECK(contains(message, folder.path().filename().string()));

  const auto empty = folder.write("empty.bin", "");
  message = message_of<FileError>([&] { MappedFile file(empty); });
  CHECK(contains(message, "empty.bin: expected a file with content, found an empty file"));

#if defined(__unix__)
  const auto link = folder.path() / "link.bin";
  std::filesystem::create_symlink("nowhere", link);
  message = message_of<FileError>([&] { MappedFile file(link); });
  CHECK(contains(message, "link.bin: expected a file, found a link that leads nowhere"));
  message = message_of<FileError>([&] { MappedFile file("/dev/zero"); });
  CHECK(contains(message, "/dev/zero: expected a regular file, found a device"));
#endif
}
