#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/class_folders.hpp>

#include "../io/test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

void write(const test_files::TemporaryFolder& folder, const char* name, const char* bytes = "x") {
  std::filesystem::create_directories((folder.path() / name).parent_path());
  folder.write(name, bytes);
}

}  // namespace

TEST_CASE("each folder is a class, but for those of systems") {
  const test_files::TemporaryFolder folder;
  for (const char* const name :
       {"dog/b.png", "dog/deep/a.png", "cat/c.png", "@anna/1.jpg", "@eaDir/cat/thumb.jpg",
        "__MACOSX/cat/._c.png", ".git/a.png", "cat/@eaDir/c.png", "notes.txt", "stray.png"}) {
    write(folder, name);
  }
  const ClassFolders found = find_class_folders(folder.path());
  CHECK(found.labels == std::vector<std::string>{"@anna", "cat", "dog"});
  CHECK(found.classes == std::vector<Index>{0, 1, 2, 2});
  REQUIRE(found.paths.size() == 4);
  CHECK(found.paths[0].filename() == "1.jpg");
  CHECK(found.paths[3] == folder.path() / "dog" / "deep" / "a.png");
  CHECK(found.errors.empty());
  CHECK(found.passed_over.text() ==
        "1 outside of the folders of classes, 1 other file, 1 hidden file or folder, 3 folders or "
        "files of systems (@eaDir, __MACOSX)");
}

TEST_CASE("a class without an image is named, with what was passed over there") {
  const test_files::TemporaryFolder folder;
  for (const char* const name : {"cat/c.png", "dog/d.png", "bird/1.tif", "bird/2.tif"}) {
    write(folder, name);
  }
  const std::string message = message_of<FileError>([&] { find_class_folders(folder.path()); });
  CHECK(contains(message, "bird: expected images ("));
  CHECK(contains(message, "found none; passed over: 2 TIFF"));
}

TEST_CASE("linked classes, and links that lead above") {
  const test_files::TemporaryFolder folder;
  for (const char* const name : {"classes/cat/c.png", "elsewhere/d.png"}) write(folder, name);
  const auto classes = folder.path() / "classes";
  std::error_code error;
  std::filesystem::create_directory_symlink("../elsewhere", classes / "dog", error);
  if (error) return;  // Windows does not let everybody make links
  std::filesystem::create_directory_symlink("..", classes / "up");
  std::filesystem::create_directory_symlink(".", classes / "here");
  write(folder, "more/m.png");
  std::filesystem::create_directory_symlink("../../more", classes / "cat" / "more");
  write(folder, "classes/bird/b.png");
  std::filesystem::create_directory_symlink("../bird", classes / "cat" / "birds");
  const ClassFolders found = find_class_folders(classes);
  CHECK(found.labels == std::vector<std::string>{"bird", "cat", "dog"});
  CHECK(found.classes == std::vector<Index>{0, 1, 1, 2});
  CHECK(found.passed_over.known_links == PassedOver::Names{{"birds", 1}, {"here", 1}, {"up", 1}});
}

TEST_CASE("what is no folder of classes is said") {
  const test_files::TemporaryFolder folder;
  write(folder, "cat/c.png");
  write(folder, "#recycle/c.png");
  CHECK(
      contains(message_of<FileError>([&] { find_class_folders(folder.path()); }),
               ": expected at least 2 folders, one for each class, found 1; passed over: 1 folder "
               "or file of a system (#recycle)"));
  CHECK(contains(message_of<FileError>([&] { find_class_folders(folder.path() / "none"); }),
                 "none: the folder cannot be read: "));
}
