#include <cstring>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/image_index_file.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

#include "../io/test_files.hpp"
#include "index_files.hpp"

using namespace eigenvit;
using eigenvit::detail::ImageIndexFile;
using test_files::contains;
using test_files::message_of;

namespace {

/// The parts of an index of two vectors, to be bent.
struct Parts {
  std::vector<std::uint64_t> embeddings = {2, 3};
  std::string names = std::string("a.jpg\0b/c.jpg\0", 14);
  std::vector<std::uint64_t> stamps = {2, 2};
  DType dtype = DType::i64;
  std::string format = ImageIndexFile::format();

  std::filesystem::path write(const test_files::TemporaryFolder& folder) const {
    const auto path = folder.path() / "index.safetensors";
    SafetensorsWriter writer(
        path,
        {{"embeddings", embeddings},
         {"names", {names.size()}, DType::u8},
         {"stamps", stamps, dtype}},
        {{"format", format}, {"fingerprint", "f"}, {"architecture", "a"}, {"folder", "/photos"}});
    const std::vector<float> values = {1, 0, 0, 0, 1, 0};
    std::uint64_t count = 1;
    for (const auto size : embeddings) count *= size;
    writer.write(0, 0, values.data(), std::size_t(count));
    writer.write_elements(1, 0, names.data(), names.size());
    const std::vector<std::int64_t> numbers = {5, -6, 7, std::int64_t{1} << 60};
    count = 1;
    for (const auto size : stamps) count *= size;
    writer.write_elements(2, 0, numbers.data(), std::size_t(count));
    writer.commit();
    return path;
  }

  std::string message() const {
    const test_files::TemporaryFolder folder;
    const auto path = write(folder);
    return message_of<FormatError>([&] { ImageIndexFile::open(path); });
  }
};

}  // namespace

TEST_CASE("an index is read back") {
  const test_files::TemporaryFolder folder;
  const auto index = ImageIndexFile::open(Parts().write(folder));
  CHECK(index.size() == 2);
  CHECK(index.names() == std::vector<std::string>{"a.jpg", "b/c.jpg"});
  CHECK(index.stamp(0) == FileStamp{5, -6});
  CHECK(index.stamp(1) == FileStamp{7, std::int64_t{1} << 60});
  CHECK(index.info().width == 3);
  CHECK(index.info().fingerprint == "f");
  CHECK(index.info().architecture == "a");
  CHECK(index.info().folder == "/photos");
  Vector<float> row(3);
  index.read(1, 1, row.data());
  CHECK(row == Vector<float>::Unit(3, 1));
}

TEST_CASE("what is no index is refused") {
  Parts parts;
  parts.format = "another";
  CHECK(contains(parts.message(), "index.safetensors: expected an index of images"));
  parts = {};
  parts.embeddings = {6};
  CHECK(contains(parts.message(), "tensor 'embeddings': expected F32 with 2 sizes, found F32 [6]"));
  parts.embeddings = {0, 3};
  CHECK(contains(parts.message(), "tensor 'embeddings': expected vectors, found F32 [0, 3]"));
  parts.embeddings = {1, 6};
  CHECK(contains(parts.message(), "tensor 'stamps': expected I64 [1, 2], found I64 [2, 2]"));
  parts = {};
  parts.stamps = {1, 4};
  CHECK(contains(parts.message(), "tensor 'stamps': expected I64 [2, 2], found I64 [1, 4]"));
  parts.dtype = DType::u64;
  CHECK(contains(parts.message(), "tensor 'stamps': expected I64 with 2 sizes, found U64 [1, 4]"));
  for (const std::string& names : {std::string("a\0b", 3), std::string("a\0", 2), std::string(),
                                   std::string("a\0b\0c\0", 6), std::string("\0\0x", 3)}) {
    parts = {};
    parts.names = names;
    CHECK(contains(parts.message(), "tensor 'names': expected 2 names that end in a zero byte"));
  }
  CHECK(contains(message_of<FileError>([] { ImageIndexFile::open("/nonexistent/index"); }),
                 "index: expected a file, found nothing there"));
}

TEST_CASE("vectors of another model or width are told apart") {
  const ImageIndexInfo info = index_files::info(8);
  info.check(info, "index");
  CHECK(
      message_of<ConfigError>([&] { index_files::info(8, "feed").check(info, "i.safetensors"); }) ==
      "i.safetensors: expected vectors of this model and these options ('vit_test', fingerprint "
      "'0123456789abcdef', width 8), found those of another ('vit_test', fingerprint 'feed', "
      "width 8)");
  CHECK(contains(message_of<ConfigError>([&] { index_files::info(9).check(info, "index"); }),
                 "width 9"));
}

TEST_CASE("a stamp changes with the file") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.write("x", "abc");
  const FileStamp before = stamp_of(path);
  CHECK(before.bytes == 3);
  CHECK(before == stamp_of(path));
  std::filesystem::last_write_time(
      path, std::filesystem::last_write_time(path) + std::chrono::seconds(2));
  CHECK_FALSE(stamp_of(path) == before);
  folder.write("x", "abcd");
  CHECK(stamp_of(path).bytes == 4);
  CHECK(stamp_of(folder.path() / "nothing") == FileStamp{});
}
