#include <filesystem>
#include <iterator>
#include <string>

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
      "out.bin: cannot be written: the folder is missing or read-only"));
  const auto taken = folder.path() / "taken";
  std::filesystem::create_directories(taken / "inside");
  CHECK(contains(message_of<FileError>([&] {
                   detail::ReplacedFile file(taken);
                   file.commit();
                 }),
                 "taken: cannot be written: "));
  CHECK(files_in(folder.path()) == 1);
}
