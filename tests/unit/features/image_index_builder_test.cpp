#include <limits>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/image_index.hpp>
#include <eigenvit/features/image_index_builder.hpp>

#include "../io/test_files.hpp"
#include "index_files.hpp"

using namespace eigenvit;
using eigenvit::detail::ImageIndexFile;
using test_files::contains;
using test_files::message_of;

namespace {

constexpr Index width = 4;

const Matrix<float> vectors = index_files::unit_vectors(6, width);
const std::vector<std::string> names = index_files::names(6);

FileStamp stamp(std::size_t i) {
  return {100 + std::int64_t(i), 7};
}

/// Adds those of the six that it does not have; gives their number.
std::size_t add(ImageIndexBuilder& builder, std::size_t first, std::size_t last) {
  std::size_t added = 0;
  for (std::size_t i = first; i < last; ++i) {
    if (builder.has(names[i], stamp(i))) continue;
    builder.add(names[i], stamp(i), vectors.row(Index(i)).transpose());
    ++added;
  }
  builder.flush();
  return added;
}

/// Checks that the index holds the images of these numbers.
void check_index(const std::filesystem::path& path, const std::vector<Index>& numbers) {
  const auto index = ImageIndexFile::open(path);
  REQUIRE(index.size() == Index(numbers.size()));
  for (Index row = 0; row < index.size(); ++row) {
    const auto number = std::size_t(numbers[std::size_t(row)]);
    CHECK(index.names()[std::size_t(row)] == names[number]);
    CHECK(index.stamp(row) == stamp(number));
    Vector<float> vector(width);
    index.read(row, 1, vector.data());
    CHECK(vector == vectors.row(Index(number)).transpose());
  }
}

}  // namespace

TEST_CASE("an index is built in the order that is asked for") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  ImageIndexBuilder builder(path, index_files::info(width));
  CHECK(add(builder, 0, 6) == 6);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(builder.commit({names[4], names[0], "unreadable.jpg", names[5]}) == 3);
  check_index(path, {4, 0, 5});
  CHECK(index_files::files_in(folder.path()) == 1);
}

TEST_CASE("what was flushed survives, and goes on") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 2);
    add(builder, 2, 4);
  }
  ImageIndexBuilder builder(path, index_files::info(width));
  CHECK(builder.has(names[3], stamp(3)));
  CHECK_FALSE(builder.has(names[3], stamp(2)));
  CHECK(add(builder, 0, 6) == 2);
  CHECK(builder.commit(names) == 6);
  check_index(path, {0, 1, 2, 3, 4, 5});
}

TEST_CASE("an index is renewed: what has not changed is taken over") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 4);
    builder.commit({names[0], names[1], names[2], names[3]});
  }
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    CHECK(add(builder, 0, 6) == 2);
    // Another vector for a file that has changed.
    builder.add(names[1], stamp(1), vectors.row(1).transpose());
    CHECK(builder.commit({names[5], names[1], names[3]}) == 3);
  }
  check_index(path, {5, 1, 3});
  const auto before = std::filesystem::last_write_time(path);
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    CHECK(builder.commit({names[5], names[1], names[3]}) == 3);
    CHECK(std::filesystem::last_write_time(path) == before);
  }
  CHECK(index_files::files_in(folder.path()) == 1);
  // The same images in another order, or of another folder, are another index.
  auto moved = index_files::info(width);
  moved.folder = "/elsewhere";
  {
    ImageIndexBuilder builder(path, moved);
    builder.commit({names[5], names[1], names[3]});
  }
  CHECK(ImageIndexFile::open(path).info().folder == "/elsewhere");
}

TEST_CASE("what belongs to another model, or is no index, is not overwritten") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 2);
    builder.commit(names);
  }
  const std::string before = test_files::read_bytes(path);
  CHECK(contains(message_of<ConfigError>(
                     [&] { ImageIndexBuilder(path, index_files::info(width, "another")); }),
                 "index.safetensors: expected vectors of this model"));
  CHECK(test_files::read_bytes(path) == before);
  const auto other = folder.write("model.safetensors", test_files::safetensors_bytes("{}"));
  CHECK(
      contains(message_of<FormatError>([&] { ImageIndexBuilder(other, index_files::info(width)); }),
               "model.safetensors: expected an index of images"));
  CHECK(test_files::read_bytes(other) == test_files::safetensors_bytes("{}"));
  CHECK(index_files::files_in(folder.path()) == 2);
}

TEST_CASE("one builder at a time is at work on an index, whichever name it has") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  const auto link = folder.path() / "link";
  std::error_code error;
  std::filesystem::create_symlink("index.safetensors", link, error);
  const auto& other = error ? path : link;  // Windows does not let everybody make links
  const std::string at_work = "expected no other program to write this index, found one at work";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 3);
    CHECK(
        contains(message_of<FileError>([&] { ImageIndexBuilder(other, index_files::info(width)); }),
                 at_work));
    builder.add(names[3], stamp(3), vectors.row(3).transpose());
  }
  {
    ImageIndexBuilder builder(other, index_files::info(width));
    CHECK(add(builder, 0, 4) == 0);
    CHECK(builder.commit(names) == 4);
  }
  check_index(path, {0, 1, 2, 3});
  CHECK(std::filesystem::is_symlink(link) == !error);
  CHECK(index_files::files_in(folder.path()) == (error ? 1 : 2));
}

TEST_CASE("what is refused leaves the journal of another model as it is") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 2);
    builder.commit(names);
  }
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 4);
  }
  CHECK_THROWS_AS(ImageIndexBuilder(path, index_files::info(width, "another")), ConfigError);
  CHECK(ImageIndexBuilder(path, index_files::info(width)).has(names[3], stamp(3)));
}

TEST_CASE("the journal of another model is discarded") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    add(builder, 0, 3);
  }
  ImageIndexBuilder builder(path, index_files::info(width, "another"));
  CHECK(add(builder, 0, 3) == 3);
}

TEST_CASE("what cannot be built is said, and leaves nothing") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.safetensors";
  {
    ImageIndexBuilder builder(path, index_files::info(width));
    CHECK(contains(message_of<FileError>([&] { builder.commit(names); }),
                   "expected at least one image that can be read, found none"));
    CHECK(contains(
        message_of<ShapeError>([&] { builder.add("a", {}, Vector<float>::Ones(width + 1)); }),
        "image 'a': expected a vector of 4 values, found 5"));
    for (const std::string& name : {std::string(), std::string("a\0b", 3)}) {
      CHECK(contains(
          message_of<FormatError>([&] { builder.add(name, {}, vectors.row(0).transpose()); }),
          "expected a name without zero bytes"));
    }
    Vector<float> vector = Vector<float>::Ones(width);
    CHECK(contains(message_of<ShapeError>([&] { builder.add("a", {}, vector); }),
                   "image 'a': expected a vector of length 1, found one of another length"));
    vector[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK(contains(message_of<ShapeError>([&] { builder.add("a", {}, vector); }),
                   "expected a vector of length 1, found one of values that are not finite"));
    const std::string longest(std::size_t{1} << 18, 'n');
    CHECK(contains(message_of<FormatError>(
                       [&] { builder.add(longest + 'n', {}, vectors.row(0).transpose()); }),
                   "expected a name of at most 262144 bytes, found one of 262145"));
  }
  CHECK(index_files::files_in(folder.path()) == 0);
  CHECK(contains(message_of<FileError>([&] {
                   ImageIndexBuilder(folder.path() / "none" / "index", index_files::info(width));
                 }),
                 "cannot be written"));
}
