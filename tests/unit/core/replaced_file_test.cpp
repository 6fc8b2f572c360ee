#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <atomic>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/replaced_file.hpp>
#include <eigenvit/core/utf8_path.hpp>

#include "../io/test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;
using test_files::read_bytes;

namespace {

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("replaced file: the target appears when it is complete") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / eigenvit::utf8_path("\xC3\xBC.bin");
  {
    detail::ReplacedFile file(path);
    file.write("abcdef", 6);
    file.seek(2);
    file.write("XY", 2);
    CHECK_FALSE(std::filesystem::exists(path));
    file.commit();
  }
  CHECK(read_bytes(path) == "abXYef");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("replaced file: without a commit the target stays as it was") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("out", "before");
  {
    detail::ReplacedFile file(path);
    file.write("after", 5);
    CHECK(files_in(folder.path()) == 2);
  }
  CHECK(read_bytes(path) == "before");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("replaced file: errors") {
  const test_files::TemporaryFolder folder;
  CHECK(contains(
      message_of<FileError>([&] { detail::ReplacedFile file(folder.path() / "none" / "out.bin"); }),
      "out.bin: cannot be written: "));
  const auto taken = folder.path() / "taken";
  std::filesystem::create_directories(taken / "inside");
  CHECK(contains(message_of<FileError>([&] { detail::ReplacedFile file(taken); }),
                 "taken: cannot be written: expected a file, found a folder"));
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("replaced file: what killed programs left goes, what others are writing stays") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  folder.write("out.tmp-1", "left");
  folder.write("out.tmp-3", "left");
  folder.write("out.tmp-no", "not ours");
  {
    detail::ReplacedFile first(path);
    first.write("first", 5);
    detail::ReplacedFile second(path);
    second.write("second", 6);
    CHECK(files_in(folder.path()) == 3);
    first.commit();
    CHECK(read_bytes(path) == "first");
    second.commit();
  }
  CHECK(read_bytes(path) == "second");
  CHECK(read_bytes(folder.path() / "out.tmp-no") == "not ours");
  CHECK(files_in(folder.path()) == 2);
}

#if !defined(_WIN32)
namespace {

void write(const std::filesystem::path& path, const std::string& bytes, bool to_disk = false) {
  detail::ReplacedFile file(path);
  file.seek(3);
  file.write(bytes.data() + 3, bytes.size() - 3);
  file.seek(0);
  file.write(bytes.data(), 3);
  file.commit(to_disk);
}

unsigned permissions_of(const std::filesystem::path& path) {
  return unsigned(std::filesystem::status(path).permissions());
}

}  // namespace

TEST_CASE("replaced file: any number of writers of the same target, one of which is last") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  const std::string bytes(100'000, 'x');
  std::vector<std::thread> threads;
  std::atomic<int> written{0};
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5; ++j) {
        detail::ReplacedFile file(path);
        file.write(bytes.data(), bytes.size());
        file.commit();
        ++written;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(written == 60);
  CHECK(read_bytes(path) == bytes);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("replaced file: permissions stay, and new files have those of the process") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("out", "before");
  for (const unsigned mode : {0600u, 0664u, 0755u, 0200u}) {
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    write(path, "content");
    CHECK(permissions_of(path) == mode);
  }
  const mode_t before = ::umask(027);
  write(folder.path() / "new", "content", true);
  ::umask(before);
  CHECK(permissions_of(folder.path() / "new") == 0640);
  // The superuser may write to everything.
  if (::geteuid() == 0) return;
  std::filesystem::permissions(path, std::filesystem::perms(0400));
  CHECK(contains(message_of<FileError>([&] { write(path, "content"); }),
                 "out: cannot be written: Permission denied"));
}

TEST_CASE("replaced file: links stay and lead to the new bytes") {
  const test_files::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "deep");
  const auto target = folder.write("deep/target", "before");
  const auto link = folder.path() / "link";
  std::filesystem::create_symlink("deep/target", link);
  write(link, "content");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(read_bytes(target) == "content");
  std::filesystem::create_symlink("deep/new", folder.path() / "dangling");
  write(folder.path() / "dangling", "content");
  CHECK(read_bytes(folder.path() / "deep/new") == "content");
  CHECK(files_in(folder.path()) == 3);
  CHECK(files_in(folder.path() / "deep") == 2);
}

TEST_CASE("replaced file: devices, pipes and open files are written to") {
  write("/dev/null", "content");
  CHECK(std::filesystem::is_character_file("/dev/null"));

  const test_files::TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] { got = read_bytes(pipe); });
  write(pipe, "content");
  reader.join();
  CHECK(got == "content");
  CHECK(std::filesystem::is_fifo(pipe));

  // What was written to an open file before stays, as with `>` of a shell.
  const auto path = folder.write("open", "");
  const int number = ::open(path.c_str(), O_WRONLY);
  REQUIRE(::write(number, "before ", 7) == 7);
  write("/dev/fd/" + std::to_string(number), "content");
  REQUIRE(::write(number, " after", 6) == 6);
  ::close(number);
  CHECK(read_bytes(path) == "before content after");
  CHECK(files_in(folder.path()) == 2);

  // A file that is open for reading only; its duplicate is closed again.
  const int read_only = ::open(path.c_str(), O_RDONLY);
  const int next = ::dup(read_only);
  ::close(next);
  CHECK(contains(
      message_of<FileError>([&] { write("/dev/fd/" + std::to_string(read_only), "content"); }),
      ": cannot be written: Invalid argument"));
  const int again = ::dup(read_only);
  CHECK(again == next);
  ::close(again);
  ::close(read_only);

  CHECK(contains(message_of<FileError>([] { write("/dev/fd/987654", "content"); }),
                 "/dev/fd/987654: cannot be written: Bad file descriptor"));
  if (std::filesystem::exists("/dev/full")) {
    CHECK(contains(message_of<FileError>([] { write("/dev/full", "content"); }),
                   "/dev/full: writing failed: the disk is full or went away"));
  }
}
#endif
