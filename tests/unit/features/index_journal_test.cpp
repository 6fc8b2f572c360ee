#if !defined(_WIN32)
#include <sys/resource.h>
#endif

#include <csignal>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/index_journal.hpp>

#include "../io/test_files.hpp"
#include "index_files.hpp"

using namespace eigenvit;
using detail::IndexJournal;
using test_files::contains;
using test_files::message_of;

namespace {

constexpr Index width = 5;

/// A journal of three records and a path for it.
struct Written {
  test_files::TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "index.partial";
  Matrix<float> vectors = index_files::unit_vectors(3, width);

  Written() {
    IndexJournal journal(path, index_files::info(width));
    for (Index i = 0; i < 3; ++i) {
      journal.add("name " + std::to_string(i), {10 + i, -20 - i}, vectors.row(i).data());
    }
    journal.flush();
  }

  /// How many records are found, each checked.
  std::size_t found() const {
    IndexJournal journal(path, index_files::info(width));
    for (std::size_t i = 0; i < journal.found().size(); ++i) {
      const auto& record = journal.found()[i];
      CHECK(record.name == "name " + std::to_string(i));
      CHECK(record.stamp == FileStamp{10 + Index(i), -20 - Index(i)});
      Vector<float> vector(width);
      journal.read(record, vector.data());
      CHECK(vector == vectors.row(Index(i)).transpose());
    }
    return journal.found().size();
  }
};

}  // namespace

TEST_CASE("a journal goes on where it ended") {
  Written written;
  CHECK(written.found() == 3);
  {
    IndexJournal journal(written.path, index_files::info(width));
    const Matrix<float> more = index_files::unit_vectors(1, width, 7);
    const auto begin = journal.add("name 3", {13, -23}, more.data());
    Vector<float> vector(width);
    journal.read({"name 3", {13, -23}, begin}, vector.data());
    CHECK(vector == more.row(0).transpose());
    written.vectors.conservativeResize(4, width);
    written.vectors.row(3) = more.row(0);
  }
  CHECK(written.found() == 4);
}

TEST_CASE("of a journal that was cut anywhere, the whole records are left") {
  const Written written;
  const std::string whole = test_files::read_bytes(written.path);
  const std::size_t record = 4 + 16 + 4 * width + 6 + 8;
  const std::size_t header = whole.size() - 3 * record;
  for (std::size_t size = header; size <= whole.size(); ++size) {
    CAPTURE(size);
    written.folder.write("index.partial", whole.substr(0, size));
    CHECK(written.found() == (size - header) / record);
    if (size > header + record) {
      CHECK(std::filesystem::file_size(written.path) == size - (size - header) % record);
    }
  }
}

TEST_CASE("a bit that flipped is found, and what comes after it is not trusted") {
  const Written written;
  const std::string whole = test_files::read_bytes(written.path);
  const std::size_t record = 4 + 16 + 4 * width + 6 + 8;
  for (std::size_t at = whole.size() - 2 * record; at < whole.size() - record; ++at) {
    CAPTURE(at);
    std::string bytes = whole;
    bytes[at] = char(bytes[at] ^ 16);
    written.folder.write("index.partial", bytes);
    CHECK(written.found() == 1);
  }
}

TEST_CASE("journals of other models and other files are begun anew") {
  const Written written;
  const std::string whole = test_files::read_bytes(written.path);
  auto moved = index_files::info(width);
  moved.folder = "/elsewhere";
  for (const auto& info :
       {index_files::info(width, "another"), index_files::info(width + 1), moved}) {
    written.folder.write("index.partial", whole);
    {
      IndexJournal journal(written.path, info);
      CHECK(journal.found().empty());
      const Vector<float> vector = Vector<float>::Ones(info.width);
      journal.add("x", {}, vector.data());
    }
    CHECK(IndexJournal(written.path, info).found().size() == 1);
  }
  for (const std::string bytes : {"", "x", "some other file that is longer than a header is"}) {
    written.folder.write("index.partial", bytes);
    CHECK(IndexJournal(written.path, index_files::info(width)).found().empty());
  }
}

TEST_CASE("an empty journal leaves nothing behind") {
  const test_files::TemporaryFolder folder;
  const auto path = folder.path() / "index.partial";
  { IndexJournal journal(path, index_files::info(width)); }
  CHECK_FALSE(std::filesystem::exists(path));
  const Vector<float> vector = Vector<float>::Ones(width);
  {
    IndexJournal journal(path, index_files::info(width));
    journal.add("x", {}, vector.data());
    journal.remove();
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a journal that cannot be written, or that others write to, is an error") {
  const test_files::TemporaryFolder folder;
  CHECK(contains(message_of<FileError>([&] {
                   IndexJournal(folder.path() / "none" / "index.partial", index_files::info(width));
                 }),
                 "index.partial: cannot be written"));
  const Written written;
  IndexJournal journal(written.path, index_files::info(width));
  std::string bytes = test_files::read_bytes(written.path);
  bytes[bytes.size() - 20] = char(bytes[bytes.size() - 20] ^ 1);
  written.folder.write("index.partial", bytes);
  Vector<float> vector(width);
  CHECK(contains(message_of<FormatError>([&] { journal.read(journal.found()[2], vector.data()); }),
                 "expected the record of 'name 2' at byte "));
}

TEST_CASE("a vector is read only as that of its own image") {
  const Written written;
  IndexJournal journal(written.path, index_files::info(width));
  Vector<float> vector(width);
  for (int other = 0; other < 4; ++other) {
    IndexJournal::Record record = journal.found()[1];
    if (other == 0) record.name = "name 2";
    if (other == 1) record.stamp.bytes += 1;
    if (other == 2) record.stamp.time -= 1;
    if (other == 3) record.begin = journal.found()[2].begin;
    CAPTURE(other);
    CHECK(contains(message_of<FormatError>([&] { journal.read(record, vector.data()); }),
                   "found another: did a second program write to it?"));
  }
  journal.read(journal.found()[1], vector.data());
  CHECK(vector == written.vectors.row(1).transpose());
}

TEST_CASE("one journal at a time is open, and the next goes on after it") {
  Written written;
  {
    IndexJournal journal(written.path, index_files::info(width));
    CHECK(contains(
        message_of<FileError>([&] { IndexJournal(written.path, index_files::info(width)); }),
        "index.partial: expected no other program to write this index, found one at work"));
    CHECK(journal.found().size() == 3);
  }
  CHECK(written.found() == 3);
}

#if !defined(_WIN32)
TEST_CASE("a journal that cannot be begun is not left") {
  const test_files::TemporaryFolder folder;
  ::rlimit usual;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
  ::rlimit small = usual;
  small.rlim_cur = 10;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string message = message_of<FileError>(
      [&] { IndexJournal(folder.path() / "index.partial", index_files::info(width)); });
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &usual) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(contains(message, "index.partial: writing failed: the disk is full or went away"));
  CHECK(index_files::files_in(folder.path()) == 0);
}
#endif
