#include <doctest/doctest.h>

#include <eigenvit/core/flush_folder.hpp>

#include "../io/test_files.hpp"

using eigenvit::detail::flush_folder;

TEST_CASE("a folder is flushed and stays as it is; what is no folder is reported") {
  const test_files::TemporaryFolder folder;
  const auto file = folder.write("file", "content");
  CHECK(flush_folder(folder.path()));
  CHECK(flush_folder({}));
  CHECK(test_files::read_bytes(file) == "content");
#if !defined(_WIN32)
  CHECK_FALSE(flush_folder(folder.path() / "nothing"));
  CHECK_FALSE(flush_folder(file));
#endif
}
