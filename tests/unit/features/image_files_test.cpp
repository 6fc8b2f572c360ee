#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/image_files.hpp>

#include "../io/test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

TEST_CASE("images are found in all folders, in the order of their names") {
  const test_files::TemporaryFolder folder;
  for (const char* const name : {"b", "b/deep", ".hidden", "a.d"}) {
    std::filesystem::create_directory(folder.path() / name);
  }
  for (const char* const name :
       {"b.PNG", "b/2.jpeg", "b/10.jpg", "b/deep/x.ppm", "a.d/y.gif", "notes.txt", ".dot.png",
        ".hidden/z.png", "jpg", "a.d/\xC3\xBC.bmp"}) {
    folder.write(name, "x");
  }
  const ImageFiles files = find_image_files(folder.path());
  CHECK(files.names == std::vector<std::string>{"a.d/y.gif", "a.d/\xC3\xBC.bmp", "b.PNG",
                                                "b/10.jpg", "b/2.jpeg", "b/deep/x.ppm"});
  CHECK(files.errors.empty());
  for (std::size_t i = 0; i < files.names.size(); ++i)
    CHECK(std::filesystem::exists(files.path(i)));
}

TEST_CASE("links to folders are not followed, links to files are") {
  const test_files::TemporaryFolder folder;
  folder.write("a.png", "x");
  std::error_code error;
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "loop", error);
  if (error) return;  // Windows does not let everybody make links
  std::filesystem::create_symlink(folder.path() / "a.png", folder.path() / "b.png", error);
  std::filesystem::create_symlink(folder.path() / "nothing", folder.path() / "c.png", error);
  CHECK(find_image_files(folder.path()).names == std::vector<std::string>{"a.png", "b.png"});
}

TEST_CASE("a folder without images is an error") {
  const test_files::TemporaryFolder folder;
  CHECK(contains(message_of<FileError>([&] { find_image_files(folder.path()); }),
                 ": expected images (PNG, JPEG, BMP, GIF, TGA or PNM files), found none"));
  const auto file = folder.write("a.txt", "x");
  CHECK(contains(message_of<FileError>([&] { find_image_files(file); }),
                 "a.txt: expected a folder of images, found a file"));
  CHECK(contains(message_of<FileError>([&] { find_image_files(folder.path() / "none"); }),
                 "none: expected a folder of images, found nothing there"));
}
