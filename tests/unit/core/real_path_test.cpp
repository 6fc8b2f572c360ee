#include <fstream>

#include <doctest/doctest.h>

#include <eigenvit/core/real_path.hpp>

#include "../io/test_files.hpp"

using namespace eigenvit;
namespace fs = std::filesystem;

TEST_CASE("reparse points are told by their attribute, whatever else they are") {
  CHECK(detail::is_reparse_point(0x400));
  CHECK(detail::is_reparse_point(0x410));   // a junction
  CHECK(detail::is_reparse_point(0x1620));  // a file that is in a cloud
  CHECK_FALSE(detail::is_reparse_point(0x10));
  CHECK_FALSE(detail::is_reparse_point(0x80));
  CHECK_FALSE(detail::is_reparse_point(0));
  CHECK_FALSE(detail::is_reparse_point(0xFFFFFFFF));  // there is no such file
}

TEST_CASE("real paths are absolute and without detours, folders and files are no links") {
  const test_files::TemporaryFolder folder;
  fs::create_directories(folder.path() / "deep" / "er");
  folder.write("deep/file", "x");
  std::error_code error;
  const fs::path root = detail::real_path(folder.path(), error);
  CHECK_FALSE(error);
  CHECK(root.is_absolute());
  const fs::path place = detail::real_path(folder.path() / "deep" / "." / "er" / "..", error);
  CHECK(place == root / "deep");
  CHECK(detail::real_path(place, error) == place);
  CHECK_FALSE(detail::is_link(fs::directory_entry(folder.path() / "deep")));
  CHECK_FALSE(detail::is_link(fs::directory_entry(folder.path() / "deep" / "file")));
  CHECK_FALSE(detail::is_link(fs::directory_entry(folder.path() / "nothing", error)));
  CHECK(detail::real_path(folder.path() / "nothing", error).empty());
  CHECK(error);
}

#if !defined(_WIN32)
TEST_CASE("links are followed to where they lead") {
  const test_files::TemporaryFolder folder;
  fs::create_directory(folder.path() / "real");
  fs::create_symlink("real", folder.path() / "link");
  std::error_code error;
  CHECK(detail::is_link(fs::directory_entry(folder.path() / "link")));
  CHECK(detail::real_path(folder.path() / "link", error) ==
        detail::real_path(folder.path(), error) / "real");
}
#endif
