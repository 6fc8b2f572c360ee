#include <doctest/doctest.h>

#include <eigenvit/core/flush_to_disk.hpp>

#include "../io/test_files.hpp"

TEST_CASE("a file is flushed and stays as it is; what is not there is reported") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("file", "content");
  CHECK(eigenvit::detail::flush_to_disk(path));
  CHECK(test_files::read_bytes(path) == "content");
  CHECK_FALSE(eigenvit::detail::flush_to_disk(folder.path() / "nothing"));
  CHECK_FALSE(eigenvit::detail::flush_to_disk(folder.path()));
}
