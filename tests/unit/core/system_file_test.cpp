#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/system_file.hpp>

#include "../io/test_files.hpp"

namespace fs = std::filesystem;
using eigenvit::detail::SystemFile;
using Create = SystemFile::Create;

TEST_CASE("a file is written and read at any place") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  std::error_code error;
  CHECK_FALSE(SystemFile(path, Create::never, error).is_open());
  CHECK(error);
  SystemFile file(path, Create::if_missing, error);
  REQUIRE(file.is_open());
  CHECK_FALSE(error);
  CHECK(file.write(0, "abcdef", 6));
  CHECK(file.write(4, "XYZ", 3));
  std::string bytes(10, '.');
  CHECK(file.read(2, bytes.data(), bytes.size()) == 5);
  CHECK(bytes == "cdXYZ.....");
  CHECK(file.read(7, bytes.data(), 1) == 0);
  CHECK(file.resize(3));
  CHECK(file.settle());
  CHECK(file.flush());
  CHECK(test_files::read_bytes(path) == "abc");
}

TEST_CASE("a new file is one that was not there, and no link") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("file", "x");
  std::error_code error;
  CHECK_FALSE(SystemFile(path, Create::always, error).is_open());
  CHECK(error == std::errc::file_exists);
  CHECK(SystemFile(folder.path() / "new", Create::always, error).is_open());
  CHECK_FALSE(SystemFile(folder.path() / "none" / "new", Create::always, error).is_open());
  CHECK(error == std::errc::no_such_file_or_directory);
#if !defined(_WIN32)
  fs::create_symlink(path, folder.path() / "link");
  for (const Create create : {Create::never, Create::if_missing, Create::always}) {
    CHECK_FALSE(SystemFile(folder.path() / "link", create, error).is_open());
  }
#endif
}

TEST_CASE("a lock is held by one object at a time and ends with it") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  std::error_code error;
  SystemFile first(path, Create::if_missing, error);
  if (first.lock() == SystemFile::Lock::unsupported) return;
  SystemFile second(path, Create::if_missing, error);
  CHECK(second.lock() == SystemFile::Lock::held);
  // The lock does not hinder its owner, and moves with it.
  SystemFile moved(std::move(first));
  CHECK_FALSE(first.is_open());
  CHECK(moved.write(0, "x", 1));
  CHECK(second.lock() == SystemFile::Lock::held);
  moved.close();
  CHECK(second.lock() == SystemFile::Lock::taken);
}

TEST_CASE("a file knows whether a path is still its name") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  std::error_code error;
  SystemFile file(path, Create::if_missing, error);
  CHECK(file.is_at(path));
  fs::rename(path, folder.path() / "moved");
  CHECK_FALSE(file.is_at(path));
#if !defined(_WIN32)
  CHECK(file.is_at(folder.path() / "moved"));
#endif
  folder.write("file", "another");
  CHECK_FALSE(file.is_at(path));
}

#if !defined(_WIN32)
TEST_CASE("permissions are copied") {
  const test_files::TemporaryFolder folder;
  const auto from = folder.write("from", "x");
  fs::permissions(from, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  std::error_code error;
  SystemFile file(folder.path() / "to", Create::always, error);
  CHECK(file.copy_permissions(from));
  CHECK(fs::status(folder.path() / "to").permissions() == fs::status(from).permissions());
  CHECK_FALSE(file.copy_permissions(folder.path() / "nothing"));
  // Only its owner may change the permissions of a file, which suffices where they are the same.
  SystemFile device("/dev/null", Create::never, error);
  CHECK(device.copy_permissions("/dev/null"));
}
#endif
