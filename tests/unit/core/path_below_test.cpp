#include <doctest/doctest.h>

#include <eigenvit/core/path_below.hpp>

#include "../io/test_files.hpp"

namespace fs = std::filesystem;
using eigenvit::path_below;

TEST_CASE("names in a folder, whether there is a file or not") {
  const test_files::TemporaryFolder folder;
  fs::create_directory(folder.path() / "deep");
  folder.write("deep/a.png", "x");
  for (const char* const name :
       {"deep/a.png", "deep/none.png", "none/none.png", "..png", "a..b", "...", "deep/./a.png"}) {
    CAPTURE(name);
    const auto path = path_below(folder.path(), name);
    REQUIRE(path);
    CHECK(*path == folder.path() / name);
  }
}

TEST_CASE("names that lead out of the folder") {
  const test_files::TemporaryFolder folder;
  fs::create_directories(folder.path() / "photos" / "deep");
  fs::create_directory(folder.path() / "photos2");
  folder.write("secret.png", "x");
  folder.write("photos/a.png", "x");
  const fs::path photos = folder.path() / "photos";
  for (const char* const name :
       {"/etc/passwd", "../secret.png", "deep/../../secret.png", "..", "deep/../a.png"}) {
    CAPTURE(name);
    CHECK_FALSE(path_below(photos, name));
  }
  std::error_code error;
  fs::create_symlink(folder.path() / "secret.png", photos / "link.png", error);
  if (error) return;  // Windows does not let everybody make links
  fs::create_directory_symlink(folder.path(), photos / "up");
  fs::create_directory_symlink(folder.path() / "photos2", photos / "beside");
  fs::create_symlink("a.png", photos / "inside.png");
  fs::create_symlink("round", photos / "round");
  for (const char* const name : {"link.png", "up/secret.png", "beside/none.png", "round"}) {
    CAPTURE(name);
    CHECK_FALSE(path_below(photos, name));
  }
  CHECK(path_below(photos, "inside.png"));
  const fs::path before = fs::current_path();
  fs::current_path(photos);
  CHECK(path_below("", "a.png") == fs::path("a.png"));
  CHECK(path_below("", "inside.png"));
  CHECK_FALSE(path_below("", "link.png"));
  CHECK_FALSE(path_below("", "up/secret.png"));
  fs::current_path(before);
  // The folder may itself be reached through a link.
  fs::create_directory_symlink(photos, folder.path() / "linked");
  CHECK(path_below(folder.path() / "linked", "a.png"));
  CHECK_FALSE(path_below(folder.path() / "linked", "link.png"));
}
