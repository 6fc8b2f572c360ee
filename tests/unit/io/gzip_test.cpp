#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/gzip.hpp>

#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

// Python's gzip.compress(b"a b\n" * 40, mtime=0).
const std::string packed(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x54\x48\xe2\x4a\x1c\xc4\x18\x00\x6c\x7c\xa2\xbf"
    "\xa0\x00\x00\x00",
    27);

std::string unpacked_line() {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "a b\n";
  return text;
}

/// The file with a flag, and what it says is between header and stream.
std::string with_header(char flags, const std::string& between) {
  std::string file = packed;
  file[3] = flags;
  return file.insert(10, between);
}

}  // namespace

TEST_CASE("files of gzip are unpacked") {
  CHECK(detail::read_gzip(packed, "x.gz", 160) == unpacked_line());
  CHECK(detail::read_gzip(with_header(8, std::string("name\0", 5)), "x.gz", 160) ==
        unpacked_line());
  CHECK(detail::read_gzip(with_header(4 | 8 | 16 | 2, std::string("\2\0ab"
                                                                  "n\0"
                                                                  "c\0"
                                                                  "xy",
                                                                  10)),
                          "x.gz", 160) == unpacked_line());
}

TEST_CASE("damaged files of gzip are refused in one line") {
  const auto error = [](const std::string& file, std::size_t most = 1000) {
    return message_of<FormatError>([&] { detail::read_gzip(file, "x.gz", most); });
  };
  CHECK(error(packed, 159) == "x.gz: expected at most 159 bytes unpacked, found more");
  CHECK(error("") == "x.gz: expected a file packed by gzip, found a damaged file");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    CHECK(contains(error(packed.substr(0, size)), "found a damaged file"));
  }
  // Bits behind the end of the stream mean nothing.
  for (std::size_t i = 10; i < packed.size(); ++i) {
    std::string changed = packed;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    CAPTURE(i);
    if (const std::string found = error(changed); found == "(no exception)") {
      CHECK(detail::read_gzip(changed, "x.gz", 1000) == unpacked_line());
    } else {
      CHECK(contains(found, "found a damaged file"));
    }
  }
  CHECK(contains(error(packed + "x"), "found a damaged file"));
  CHECK(contains(error(with_header(4, "\xff\xff")), "found a damaged file"));
}
