#include <doctest/doctest.h>

#include <eigenvit/core/link_target.hpp>

#include "../io/test_files.hpp"

namespace fs = std::filesystem;
using eigenvit::detail::link_target;
using eigenvit::detail::open_file_number;

TEST_CASE("a path without a link is its own target") {
  const test_files::TemporaryFolder folder;
  const auto file = folder.write("file", "x");
  for (const fs::path& path :
       {file, folder.path() / "nothing", folder.path() / "none" / "nothing", fs::path("here")}) {
    CHECK(link_target(path) == path);
  }
}

TEST_CASE("links are followed to a file, also to one that is not there yet") {
  const test_files::TemporaryFolder folder;
  const auto file = folder.write("file", "x");
  fs::create_directory(folder.path() / "deep");
  std::error_code error;
  fs::create_symlink(fs::path("..") / "file", folder.path() / "deep" / "one", error);
  if (error) return;  // Windows does not let everybody make links
  fs::create_symlink(folder.path() / "deep" / "one", folder.path() / "two");
  fs::create_symlink("later", folder.path() / "three");
  CHECK(fs::equivalent(link_target(folder.path() / "two"), file));
  CHECK_FALSE(fs::is_symlink(link_target(folder.path() / "two")));
  CHECK(link_target(folder.path() / "three") == folder.path() / "later");
  fs::create_symlink("round", folder.path() / "and");
  fs::create_symlink("and", folder.path() / "round");
  CHECK(link_target(folder.path() / "and") == folder.path() / "and");
}

#if !defined(_WIN32)
TEST_CASE("devices and open files keep their names") {
  for (const char* const name : {"/dev/null", "/dev/fd/1", "/proc/self/fd/1"}) {
    CHECK(link_target(name) == name);
  }
  const test_files::TemporaryFolder folder;
  const fs::path link = folder.path() / "link";
  fs::create_symlink("/dev/null", link);
  CHECK(fs::is_character_file(link_target(link)));
  fs::remove(link);
  fs::create_symlink("/dev/stdout", link);
  CHECK(open_file_number(link_target(link)) == 1);
}

TEST_CASE("names of open files") {
  CHECK(open_file_number("/dev/stdout") == 1);
  CHECK(open_file_number("/dev/stderr") == 2);
  CHECK(open_file_number("/dev/fd/7") == 7);
  CHECK(open_file_number("/proc/self/fd/12") == 12);
  for (const char* const name : {"/dev/null", "/dev/fd", "/dev/fd/", "/dev/fd/x", "/dev/fd/-1",
                                 "/dev/fd/99999999999", "fd/1", "/tmp/1"}) {
    CAPTURE(name);
    CHECK_FALSE(open_file_number(name));
  }
}
#endif
